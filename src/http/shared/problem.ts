import { visible, visibleText } from '../../domain/text/external-text.ts'
import { type AppError, asAppError, type ErrorCode } from '../../errors.ts'

/** HTTP status and title of every error that can be answered; the only mapping between the two. */
const ANSWERS: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, 'Invalid request'],
  invalid_encoding: [400, 'Invalid text encoding'],
  invalid_json: [400, 'Invalid JSON'],
  invalid_batch: [400, 'No valid event'],
  idempotency_key_invalid: [400, 'Invalid idempotency key'],
  idempotency_key_conflict: [400, 'Conflicting idempotency keys'],
  no_credentials: [401, 'No credentials configured'],
  credential_missing: [401, 'Credential missing'],
  credential_unknown: [401, 'Credential unknown'],
  signature_missing: [401, 'Signature missing'],
  signature_invalid: [401, 'Signature invalid'],
  signature_expired: [401, 'Signature expired'],
  forbidden: [403, 'Forbidden'],
  canary_invalid: [403, 'Canary not accepted'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  request_timeout: [408, 'Request timeout'],
  conflict: [409, 'Conflict'],
  canary_replayed: [409, 'Canary replayed'],
  simulation_replayed: [409, 'Simulated report replayed'],
  too_large: [413, 'Content too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  unsupported_encoding: [415, 'Unsupported content encoding'],
  misdirected_request: [421, 'Misdirected request'],
  invalid_report: [422, 'Invalid report'],
  idempotency_key_reused: [422, 'Idempotency key reused'],
  too_many_requests: [429, 'Too many requests'],
  internal: [500, 'Internal error'],
  journal_unavailable: [503, 'Journal unavailable'],
  journal_full: [503, 'Too many reports waiting'],
  journal_refused: [503, 'Refused by the journal'],
  answer_timeout: [503, 'Not known to be durable in time'],
  overloaded: [503, 'Overloaded'],
  keys_unavailable: [503, 'Signing keys unavailable'],
  shutting_down: [503, 'Shutting down'],
  configuration_invalid: [503, 'Configuration invalid'],
}

/** A query may contain thousands of faulty parameters, whose names are the client's. */
const MOST_FAULTS = 20
const LONGEST_FAULT = 500

/** RFC 9457's media type. */
export const PROBLEM_TYPE = 'application/problem+json'

/** A problem document (RFC 9457). `type` is a stable name, not an address; `code` is the same for programs. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** The HTTP status with which an error is answered. */
export const statusOf = (code: ErrorCode): number => ANSWERS[code][0]

function problem(error: AppError): Problem {
  const [status, title] = ANSWERS[error.code]
  return {
    type: `urn:webhook-error-exporter:problem:${error.code.replaceAll('_', '-')}`,
    title,
    status,
    detail: visibleText(error.message),
    code: error.code,
    ...(error.faults.length > 0 && { errors: visible(error.faults.slice(0, MOST_FAULTS), LONGEST_FAULT) }),
  }
}

/** Status, header fields and body of the answer to an error. */
export function errorAnswer(thrown: unknown): { status: number; headers: Record<string, string>; body: Problem } {
  const error = asAppError(thrown)
  const body = problem(error)
  const headers: Record<string, string> = { 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' }
  if (body.status === 503 || body.status === 429) headers['Retry-After'] = String(error.retryAfter ?? 1)
  if (body.status === 401) headers['WWW-Authenticate'] = 'Bearer realm="webhook-error-exporter"'
  // The rest of what is too slow is not waited for.
  if (body.status === 408) headers['Connection'] = 'close'
  return { status: body.status, headers, body }
}
