import { CONNECTION_REMEDIES } from './connection-remedies.ts'
import type { Remedy, RemedyId } from './remedy.ts'
import { RESPONSE_REMEDIES } from './response-remedies.ts'

/** The single source for the API, log fields, span events, alerts, runbooks and docs/remedies.md. */
export const REMEDIES: Readonly<Record<RemedyId, Remedy>> = { ...CONNECTION_REMEDIES, ...RESPONSE_REMEDIES }
