import { maskEncoded } from './redact/encoded.ts'
import { maskNamed } from './redact/named.ts'
import { maskSpoken } from './redact/spoken.ts'
import { MASK } from './redact/tokens.ts'
import { maskUrls } from './redact/urls.ts'
import { maskWrapped } from './redact/wrapped.ts'

/**
 * Text of strangers as it may be stored in records, logged and shown: well-formed Unicode without NUL, URLs canonical (no
 * userinfo, query, ids), and whatever looks like a credential replaced by `***`. Words that tell the fault stay. Never
 * throws, runs in linear time, and applying it again changes nothing. For text that may be long see `safeMessage`.
 *
 * A UUID alone stays: it is a request's id and opens nothing. What a heuristic cannot know is a secret that reads like
 * words and has no name before it.
 * @param isCut whether the text goes on after its end: then a quoted value that does not end within it reaches to the end
 */
export function redact(text: string, isCut = false): string {
  let masked = text.toWellFormed().replaceAll('\0', '\uFFFD')
  let named = maskNames(masked, isCut)
  // What is masked, decoded or cut off a URL may have stood between a name and its value, or between two runs: repeat until
  // nothing changes. URLs take most of the time, and need another look only if a mask or decoding changed what is around them.
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = masked
    masked = maskUrls(named)
    if (masked === before) break
    named = maskNames(masked, isCut)
    if (named === masked && !(masked.includes(MASK) || masked.includes('%') || before.includes('%'))) break
  }
  return masked
}
const MAX_PASSES = 5

const maskNames = (text: string, isCut: boolean): string => {
  const mask = (plain: string) => maskSpoken(maskNamed(maskPrivateKeys(plain), isCut))
  return maskWrapped(maskEncoded(mask(text), (plain) => maskUrls(mask(plain))))
}

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
