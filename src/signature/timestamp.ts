import { signatureExpired, signatureInvalid } from './errors.ts'

/** Milliseconds that a signed timestamp may be from the clock, in either direction: what the Standard Webhooks libraries allow. */
export const DEFAULT_TOLERANCE = 300_000

/**
 * Checks a timestamp of integer seconds since the epoch.
 * @param tolerance milliseconds, both ways
 * @param now milliseconds since the epoch
 * @throws AppError `signature_invalid` where it is no such number, `signature_expired`
 */
export function checkTimestamp(text: string, { tolerance, now }: { tolerance: number; now: number }): void {
  // A leading zero could be the end of what is signed before it.
  if (!/^[1-9][0-9]{0,11}$/.test(text)) throw signatureInvalid()
  // Whole seconds are compared, as the libraries do: a request of exactly the tolerance is still accepted.
  if (Math.abs(Math.floor(now / 1_000) - Number(text)) * 1_000 > tolerance) throw signatureExpired(tolerance)
}
