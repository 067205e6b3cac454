import type { Static } from 'typebox'
import type { Failure } from '../../domain/failure.ts'
import { rfc3339 } from '../../domain/human.ts'
import type { FailureSchema } from './failure-schemas.ts'

export type FailureView = Static<typeof FailureSchema>

/** A failure as `FailureSchema` says: field by field, so that what a record gains later is not shown by accident. */
export const failureView = ({ receivedAt, ...rest }: Failure): FailureView => ({
  id: rest.id,
  receivedAt: rfc3339(receivedAt),
  source: rest.source,
  tenant: rest.tenant,
  endpoint: rest.endpoint,
  url: rest.url,
  code: rest.code,
  cause: rest.cause,
  message: rest.message,
  traceId: rest.traceId,
  ...(rest.mark === 'simulated' && { simulated: true as const }),
})
