import { looksLikeId, looksLikeToken } from '../secret-shape.ts'
import { knownKeyAt } from './known-keys.ts'
import { MASK } from './tokens.ts'

/** A line break as mail, headers and shells wrap lines with it. */
const BREAK = String.raw`[=\\]?\r?\n[ \t]{0,8}`
const RUN = '[A-Za-z0-9_+/.~-]'
const CONTINUED = new RegExp(String.raw`(?<=\*\*\*)(?:${BREAK}${RUN}+={0,2}(?![^\r\n"'\`,;]))+`, 'g')
const LINE = new RegExp(String.raw`(${BREAK})(${RUN}+={0,2})`, 'g')
const SPLIT = new RegExp(`(?<!${RUN})(${RUN}{3,})${BREAK}(${RUN}+)`, 'g')

/**
 * Masks credentials that go on in the next line: behind a masked one what looks like the rest of it, and runs that only together
 * have the shape of one. Linear, never throws.
 */
export function maskWrapped(text: string): string {
  if (!text.includes('\n')) return text
  return text
    .replace(CONTINUED, (lines) => {
      let isRest = true
      return lines.replace(LINE, (line, before: string, run: string) => {
        isRest &&= looksLikeId(run)
        return isRest ? before + MASK : line
      })
    })
    .replace(SPLIT, (split, first: string, rest: string) => {
      const isKey = knownKeyAt(first) < 0 && knownKeyAt(rest) < 0 && knownKeyAt(first + rest) >= 0
      return isKey || (looksLikeId(first) && looksLikeId(rest) && looksLikeToken(first + rest)) ? MASK : split
    })
}
