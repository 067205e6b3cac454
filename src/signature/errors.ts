import { AppError } from '../errors.ts'

/** 401: a header that the signature needs is not there. */
export const signatureMissing = (detail: string): AppError => new AppError('signature_missing', detail)

/** 401: the signature was not made with a known key over these bytes. One sentence for all reasons: it helps no forger. */
export const signatureInvalid = (): AppError =>
  new AppError('signature_invalid', 'the signature does not match the request and any known key')

/** 401: the signed time is too far from this service's clock. */
export const signatureExpired = (tolerance: number): AppError =>
  new AppError(
    'signature_expired',
    `the signed timestamp is more than ${Math.round(tolerance / 1_000)} seconds from this service's clock`,
  )
