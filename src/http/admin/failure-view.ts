import type { Static } from 'typebox'
import type { Failure } from '../../domain/report/failure.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { FailureSchema } from './failure-schemas.ts'

export type FailureView = Static<typeof FailureSchema>

/** A failure as `FailureSchema` says: field by field, so that what a record gains later is not shown by accident. */
export function failureView(failure: Failure): FailureView {
  // Literals and no spread: an export makes thousands of these per second.
  const view: FailureView = {
    id: failure.id,
    receivedAt: rfc3339(failure.receivedAt),
    source: failure.source,
    tenant: failure.tenant,
    endpoint: failure.endpoint,
    url: failure.url,
    code: failure.code,
    cause: failure.cause,
    message: failure.message,
    traceId: failure.traceId,
  }
  return failure.mark === 'simulated' ? { ...view, simulated: true } : view
}
