/**
 * Machine codes of all errors that a caller may see. The set is closed.
 * HTTP and the command line each render errors in one place; an error that is not an AppError becomes `internal`, and its
 * text goes only to the log.
 */
export const ERROR_CODES = [
  'invalid_request',
  'invalid_encoding',
  'invalid_json',
  'invalid_batch',
  'idempotency_key_invalid',
  'idempotency_key_conflict',
  'no_credentials',
  'credential_missing',
  'credential_unknown',
  'signature_missing',
  'signature_invalid',
  'signature_expired',
  'forbidden',
  'canary_invalid',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'conflict',
  'canary_replayed',
  'simulation_replayed',
  'too_large',
  'misdirected_request',
  'unsupported_media_type',
  'unsupported_encoding',
  'invalid_report',
  'idempotency_key_reused',
  'too_many_requests',
  'journal_unavailable',
  'journal_full',
  'journal_refused',
  'answer_timeout',
  'overloaded',
  'keys_unavailable',
  'shutting_down',
  'configuration_invalid',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** One invalid field: `pointer` is a JSON pointer (RFC 6901) into the document, or a parameter's name. */
export interface FieldFault {
  readonly pointer: string
  readonly detail: string
}

export interface AppErrorOptions {
  readonly faults?: readonly FieldFault[]
  /** Seconds after which the same request may succeed (Retry-After, RFC 9110 section 10.2.3). */
  readonly retryAfter?: number
  /** Whether what was asked for may have been done all the same. */
  readonly mayBeDone?: boolean
  readonly cause?: unknown
}

/** An error that a caller may see. The original error stays in `cause`, for the log only. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly FieldFault[]
  readonly retryAfter: number | undefined
  readonly mayBeDone: boolean

  /** @param message a sentence that is safe to show: no secret, no path, no text of another error */
  constructor(
    code: ErrorCode,
    message: string,
    { faults = [], retryAfter, mayBeDone = false, cause }: AppErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AppError'
    this.code = code
    this.faults = faults
    this.retryAfter = retryAfter
    this.mayBeDone = mayBeDone
  }
}

/** An AppError unchanged; any other error becomes `internal` with the original as its cause. */
export function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('internal', 'an internal error occurred', { cause: error })
}
