import { CUT, canonicalUrl, ID } from '../../report/canonical-url.ts'
import { looksLikeId } from '../secret-shape.ts'
import { MASK, maskTokens } from './tokens.ts'

const SCHEME_CHARACTER = /[a-z0-9+.-]/i

/**
 * Makes URLs within the text canonical (WHATWG URL; without userinfo, query and ids), and masks what looks like a credential
 * between them. A URL that is no http(s) or ws(s) one keeps its scheme, host and path. Linear, never throws.
 */
export function maskUrls(text: string): string {
  let result = ''
  let from = 0
  for (let colon = text.indexOf('://'); colon >= 0; colon = text.indexOf('://', Math.max(colon + 3, from))) {
    let start = colon
    while (start > from && colon - start < 20 && SCHEME_CHARACTER.test(text[start - 1]!)) start--
    if (start === colon) continue
    const end = urlEnd(text, start, colon + 3)
    result += maskTokens(text.slice(from, start)) + shownUrl(text.slice(start, end))
    from = end
  }
  return result + maskTokens(text.slice(from))
}

function urlEnd(text: string, start: number, from: number): number {
  const characters = text[start - 1] === "'" ? QUOTED_URL_TEXT : URL_TEXT
  characters.lastIndex = from
  return closingStart(text, from, from + (characters.exec(text)?.[0].length ?? 0))
}

/** Where the punctuation begins that stands at the end of a URL and belongs to the sentence around it. */
function closingStart(text: string, from: number, to = text.length): number {
  let end = to
  while (end > from && ".,;:!?)]}'\\".includes(text[end - 1]!)) {
    if (text.startsWith(ID, end - ID.length) || text.startsWith(CUT, end - CUT.length)) break
    end--
  }
  return end
}
const URL_TEXT = /[^\s"<>`]*/y
const QUOTED_URL_TEXT = /[^\s"<>`']*/y

function shownUrl(text: string): string {
  const [, scheme = '', rest = ''] = /^([^:]*:\/\/)(.*)$/s.exec(text) ?? []
  const isHttp = /^(?:http|ws)s?:/i.test(scheme)
  const canonical = isHttp ? canonicalWebUrl(text) : undefined
  if (canonical !== undefined) return canonical
  // Passwords hold any character, so everything before the last @ may be one. A file's URL has none.
  const at = /^file:/i.test(scheme) ? -1 : rest.lastIndexOf('@')
  const place = rest.slice(at + 1).replace(/[?#].*$/s, '')
  const [host = '', ...path] = place.split('/')
  const shown = [
    maskTokens(host),
    ...path.map((part) => (part !== ID && part !== CUT && looksLikeId(part) ? ID : part)),
  ]
  const masked = `${scheme}${at < 0 || isHttp ? '' : `${MASK}@`}${shown.join('/')}`
  // What cannot be parsed may be once its end is gone.
  const end = closingStart(masked, scheme.length)
  const trimmed = isHttp ? canonicalWebUrl(masked.slice(0, end)) : undefined
  return trimmed === undefined ? masked : trimmed + masked.slice(end)
}

/** Also of WebSocket URLs, which have the same form. */
function canonicalWebUrl(text: string): string | undefined {
  return /^ws/i.test(text) ? canonicalUrl(text.replace(/^ws/i, 'http'))?.replace(/^http/, 'ws') : canonicalUrl(text)
}
