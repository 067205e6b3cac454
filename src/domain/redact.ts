import { CUT, canonicalUrl, ID } from './canonical-url.ts'
import { knownKeyAt, looksLikeId, looksLikeToken } from './secret-shape.ts'

const MASK = '***'

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
    masked = maskUrls(maskNamed(maskPrivateKeys(before)), maskTokens)
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

const HEADER = '(?:proxy-)?authorization|(?:set-)?cookies?'
/** Long enough to be meant wherever they stand, as in `DB_PASSWORD` and `clientSecret`. */
const NAME =
  'passwor[dt]|passw?d|passphrase|passcode|secret|token|credentials?|signature|private[-_ ]?key|(?:api|access|auth|account|signing|encryption|subscription|functions?)[-_ ]?key|session[-_]?(?:id|key)|j?sessionid|phpsessid|connection[-_]?string'
/** Names only as whole words. */
const SHORT_NAME = '(?<![a-z0-9])(?:pwd|pw|pass|sig|sid|otp|pin|hmac|jwt|auth|key|x-[a-z-]{0,30}-key)'
/** Between name and value: `: `, `=`, `":"`, `[0]=`, `%3D`, `>` of a tag, the space behind `--name`. */
const BETWEEN = String.raw`(?:\[\w{0,20}\])?(?:["'\\\]]|%22|%27){0,4}\s{0,8}(?:=>|:=|[:=]|%3[ad]|>(?=[^\s<]))\s{0,8}|(?<=--[a-z0-9-]{0,40})[ \t]{1,8}`
const SCHEME = '(?<![a-z0-9])(?:bearer|basic)'
const BEHIND_SCHEME = String.raw`[ \t]{1,8}(?:[:=][ \t]{0,4})?|[:=][ \t]{0,4}`

/** A name whose value is a credential, with what stands between the two; or a scheme of HTTP authentication. */
const NAMED = new RegExp(
  `(?:(?<header>${HEADER})|(?<name>(?:${NAME}|${SHORT_NAME})(?:[-_][a-z0-9]{1,20}|s)?))(?<between>${BETWEEN})|(?<scheme>${SCHEME})(?:${BEHIND_SCHEME})(?=[^ \\t])`,
  'gi',
)

/** What stands after `token:` or `Bearer` in an error message and is no value. */
const DIAGNOSTIC = new RegExp(
  `^(?:(?:realm|error)=|(?:${[
    'a|an|and|any|are|at|auth|authentication|authenticator|authorization|authorized|bad|but|by|can|cannot|contains|context|could|credentials?|decode|decoding|decryption',
    'denied|dial|did|does|empty|error|errors|exceeded|expected|expired|expires|failed|failure|failing|for|format|forbidden|from|get|has|have|header|http|illegal|in|incorrect',
    'insufficient|invalid|invalid_[a-z_]+|is|issuer|it|jwt|key|length|lookup|malformed|match|may|mismatch|missing|must|no|none|not|null|nil|of|on|open|or|parse|parsing|password|permission|post|read',
    'realm|refused|rejected|required|revoked|scheme|secret|segments?|server|should|signature|stat|status|the|timeout|timed|token|tokens|too|type|unable|unauthorized|undefined',
    'unexpected|unknown|unparseable|unsupported|unverifiable|usage|user|value|verification|verify|was|were|while|with|wrong|x509|oauth2|oidc|tls|ssl|dns|[1-5]\\d\\d|<nil>',
  ].join('|')})(?![A-Za-z0-9_+/=-]))`,
  'i',
)
const HTTP_SCHEME = /^(?:bearer|basic|token|apikey|negotiate|ntlm|key)[ \t]{1,8}/i

function maskNamed(text: string): string {
  let result = ''
  let from = 0
  NAMED.lastIndex = 0
  for (let found = NAMED.exec(text); found; found = NAMED.exec(text)) {
    const { header, name, between, scheme } = found.groups as Record<string, string | undefined>
    const start = found.index + found[0].length
    const end = header
      ? headerEnd(text, start, header)
      : name
        ? namedEnd(text, start, /^(?::\s+|[ \t]+)$/.test(between!) && /^[a-z]+$/i.test(name))
        : schemeEnd(text, start, scheme!)
    if (end <= start) continue
    const quote = QUOTE.exec(text.slice(start, start + 2))?.[0] ?? ''
    result += text.slice(from, start) + quote + MASK
    from = end
    NAMED.lastIndex = end
  }
  return result + text.slice(from)
}

function headerEnd(text: string, start: number, header: string): number {
  const enclosed = enclosedEnd(text, start)
  if (enclosed !== undefined) return enclosed
  if (/cookies?$/i.test(header)) return lineEnd(text, start)
  const scheme = HTTP_SCHEME.exec(text.slice(start, start + 24))
  if (scheme) return valueEnd(text, start + scheme[0].length)
  if (DIAGNOSTIC.test(text.slice(start, start + 40))) return start
  return text.startsWith(MASK, start) ? start + MASK.length : lineEnd(text, start)
}

function namedEnd(text: string, start: number, isProse: boolean): number {
  if (isProse && (DIAGNOSTIC.test(text.slice(start, start + 40)) || /^[[{<]/.test(text[start] ?? ''))) return start
  const enclosed = enclosedEnd(text, start)
  if (enclosed !== undefined) return enclosed
  const scheme = HTTP_SCHEME.exec(text.slice(start, start + 24))
  return valueEnd(text, start + (scheme?.[0].length ?? 0))
}

function schemeEnd(text: string, start: number, scheme: string): number {
  if (DIAGNOSTIC.test(text.slice(start, start + 40))) return start
  const end = enclosedEnd(text, start) ?? valueEnd(text, start)
  // "basic usage" is prose; Base64 of name and password has a capital, a digit or padding.
  return /basic/i.test(scheme) && !/[A-Z0-9=]/.test(text.slice(start, end)) ? start : end
}

/**
 * Where a value in quotes or brackets ends: before its closing quote, after its closing bracket, at the line's end where
 * neither comes; undefined where the value starts with none.
 */
function enclosedEnd(text: string, start: number): number | undefined {
  const quote = QUOTE.exec(text.slice(start, start + 2))?.[0]
  if (quote === undefined) return bracketEnd(text, start)
  let at = start + quote.length
  while (at < text.length && !text.startsWith(quote, at)) at += quote.length === 1 && text[at] === '\\' ? 2 : 1
  return at < text.length ? at : lineEnd(text, start)
}
const QUOTE = /^\\?["'`]/

function bracketEnd(text: string, start: number): number | undefined {
  if (!'[{<'.includes(text[start] ?? ' ')) return undefined
  let depth = 0
  for (let at = start; at < text.length && !'\r\n'.includes(text[at]!); at++) {
    if ('[{<'.includes(text[at]!)) depth++
    if (']}>'.includes(text[at]!) && --depth === 0) return at + 1
  }
  return lineEnd(text, start)
}

function lineEnd(text: string, start: number): number {
  LINE_END.lastIndex = start
  return LINE_END.exec(text)?.index ?? text.length
}
const LINE_END = /[\r\n]/g

/** Where an unquoted value ends: at white space, a quote, or a separator that another name follows. */
function valueEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && VALUE_CHARACTER.test(text[end]!)) {
    NEXT_NAME.lastIndex = end
    if (NEXT_NAME.test(text)) break
    end++
  }
  while (end > start && CLOSING.includes(text[end - 1]!)) end--
  return end
}
const VALUE_CHARACTER = /[^\s"'`<>]/
const NEXT_NAME = /[&;,][\w.-]{1,40}=/y
const CLOSING = '.,;:!?)]}&\\'

const SCHEME_CHARACTER = /[a-z0-9+.-]/i

/** Makes URLs within the text canonical and applies `outside` to what is between them. */
function maskUrls(text: string, outside: (text: string) => string): string {
  let result = ''
  let from = 0
  for (let colon = text.indexOf('://'); colon >= 0; colon = text.indexOf('://', Math.max(colon + 3, from))) {
    let start = colon
    while (start > from && colon - start < 20 && SCHEME_CHARACTER.test(text[start - 1]!)) start--
    if (start === colon) continue
    const end = urlEnd(text, start, colon + 3)
    result += outside(text.slice(from, start)) + shownUrl(text.slice(start, end))
    from = end
  }
  return result + outside(text.slice(from))
}

function urlEnd(text: string, start: number, from: number): number {
  URL_TEXT.lastIndex = from
  let end = from + (URL_TEXT.exec(text)?.[0].length ?? 0)
  if (text[start - 1] === "'") {
    const quote = text.indexOf("'", from)
    if (quote >= 0 && quote < end) end = quote
  }
  return closingStart(text, from, end)
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
  const mended = isHttp ? canonicalWebUrl(masked.slice(0, end)) : undefined
  return mended === undefined ? masked : mended + masked.slice(end)
}

/** Also of WebSocket URLs, which have the same form. */
function canonicalWebUrl(text: string): string | undefined {
  return /^ws/i.test(text) ? canonicalUrl(text.replace(/^ws/i, 'http'))?.replace(/^http/, 'ws') : canonicalUrl(text)
}

/** Keys with a documented prefix, long random runs, and `user:password@host`. */
function maskTokens(text: string): string {
  return maskUserinfo(text).replace(/[A-Za-z0-9_+/.~%-]+={0,2}/g, (run) => {
    if (run.length < 8) return run
    const key = knownKeyAt(run)
    const before = key < 0 ? run : run.slice(0, key)
    return looksLikeToken(before) ? MASK : before + (key < 0 ? '' : MASK)
  })
}

/** `user:password@host` without a scheme. */
function maskUserinfo(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    let colon = -1
    while (start > from && USERINFO_CHARACTER.test(text[start - 1]!) && !(colon >= 0 && text[start - 1] === '/')) {
      start--
      if (text[start] === ':') colon = start
    }
    if (colon >= 0 && HOST_CHARACTER.test(text[at + 1] ?? '')) result += text.slice(from, start) + MASK
    else result += text.slice(from, at)
    from = at
  }
  return result + text.slice(from)
}
const USERINFO_CHARACTER = /[^\s"'<>@]/
const HOST_CHARACTER = /[^\s"'<>@]/

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
