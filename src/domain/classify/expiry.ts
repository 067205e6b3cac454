/** When a certificate expired, as far as a report's text says it. Milliseconds since the epoch; null if it names no date. */
export interface ReportedExpiry {
  readonly at: number | null
}

/** OpenSSL, Java, rustls, GnuTLS and what platforms make of them. */
const EXPIRED =
  /\bcert\w{0,20}\b[^.,;]{0,60}\bexpired\b|\bexpired\b[^.,;]{0,30}\bcert|cert_has_expired|certificateexpired/i
/** Go says this of both, and then which. */
const EITHER = /expired or (?:is )?not yet valid/i
/** A date after the words that name the end of a certificate: RFC 3339, or that of Java and OpenSSL. */
const END =
  /(?:\bafter|notafter:?|\bsince|\bexpired(?: on| at)?:?) +"?(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|(?:\w{3},? )?\w{3} +\d{1,2} \d\d:\d\d:\d\d (?:(?:UTC|GMT) \d{4}|\d{4}(?: GMT)?))/i

/**
 * Whether the platform's words say that a certificate has expired, and when; undefined if they do not say so.
 * @param reportedAt milliseconds since the epoch; a later end is no end
 */
export function reportedExpiry(message: string, reportedAt: number): ReportedExpiry | undefined {
  // The platform's own certificate is another matter.
  if (!EXPIRED.test(message) || /client cert/i.test(message)) return undefined
  const end = END.exec(message)?.[1]
  if (EITHER.test(message) && end === undefined) return undefined
  const at =
    end === undefined
      ? Number.NaN
      : Date.parse(/^\d{4}-.{5}[T ]\d\d:\d\d:\d\d(?:\.\d{1,20})?$/.test(end) ? `${end}Z` : end)
  return { at: at <= reportedAt ? at : null }
}
