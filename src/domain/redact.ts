import { maskNamed } from './redact/named.ts'
import { MASK } from './redact/tokens.ts'
import { maskUrls } from './redact/urls.ts'

/**
 * Text of strangers as it may be stored in records, logged and shown: well-formed Unicode without NUL, URLs canonical (no
 * userinfo, query, ids), and whatever looks like a credential replaced by `***`. Words that tell the fault stay. Never
 * throws, runs in linear time, and applying it again changes nothing. Redact first and cut afterwards: a credential that
 * was cut in two is no longer known as one.
 *
 * A UUID alone stays: it is a request's id and opens nothing. What a heuristic cannot know is a secret that reads like
 * words and has no name before it.
 */
export function redact(text: string): string {
  let masked = text.toWellFormed().replaceAll('\0', '\uFFFD')
  // A mask or decoding may join what stood apart (a name and a value, two runs), so look again until nothing changes.
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = masked
    masked = maskUrls(maskNamed(maskPrivateKeys(before)))
    if (masked === before || !(masked.includes(MASK) || masked.includes('%') || before.includes('%'))) break
  }
  return masked
}
const MAX_PASSES = 5

/** PEM (RFC 7468) blocks of private keys, to their end or, where that was cut off, to the text's. */
function maskPrivateKeys(text: string): string {
  let result = ''
  let from = 0
  for (const begin of text.matchAll(/-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY/gi)) {
    if (begin.index < from) continue
    const end = text.indexOf('-----END', begin.index)
    const tail = end < 0 ? '' : (/^-----END[A-Z0-9 ]{0,50}-{0,5}/.exec(text.slice(end, end + 70))?.[0] ?? '')
    result += text.slice(from, begin.index) + MASK
    from = end < 0 ? text.length : end + tail.length
  }
  return result + text.slice(from)
}

/** At most `limit` UTF-16 code units, with `…` at the end where it was cut; no character is cut in two. */
export function cutCharacters(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text
        .slice(0, limit - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}

/**
 * Cuts a message between characters so that it is at most `limitBytes` in UTF-8, with a mark at its end that tells how
 * long it was. Redact first.
 * @param limitBytes at least 64
 */
export function cutMessage(text: string, limitBytes = 8_192): string {
  // A UTF-16 code unit takes three bytes at most.
  if (3 * text.length <= limitBytes) return text
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= limitBytes) return text
  const mark = ` […cut, ${bytes.length} bytes]`
  let end = limitBytes - new TextEncoder().encode(mark).length
  // 10xxxxxx goes on with a character that began before.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end)) + mark
}
