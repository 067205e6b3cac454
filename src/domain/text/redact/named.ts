import { looksLikeId, looksLikeName, looksLikeWords } from '../secret-shape.ts'
import { knownKeyAt } from './known-keys.ts'
import { MASK, withoutClosing } from './tokens.ts'

const HEADER = '(?:proxy-)?authorization|(?:set-)?cookies?'
/** Long enough to be meant wherever they appear, as in `DB_PASSWORD` and `clientSecret`. */
const NAME =
  'passwor[dt]|passw?d|passphrase|passcode|secret|token|credentials?|signature|private[-_ ]?key|(?:api|access|auth|account|signing|encryption|subscription|functions?)[-_ ]?key|session[-_]?(?:id|key)|j?sessionid|phpsessid|connection[-_]?string'
/** Names only as whole words. */
const SHORT_NAME = '(?<![a-z0-9])(?:pwd|pw|pass|sig|sid|otp|pin|hmac|jwt|auth|key|x-[a-z-]{0,30}-key)'
/** Between name and value: `: `, `=`, `":"`, `[0]=`, `%3D`, `>` of a tag, the space behind `--name`. */
const BETWEEN = String.raw`(?:\[\w{0,20}\])?(?:["'\\\]]|%22|%27){0,4}\s{0,8}(?:=>|:=|[:=]|%3[ad]|>(?=[^\s<]))\s{0,8}|(?<=--[a-z0-9-]{0,40})[ \t]{1,8}`
const SCHEME = '(?<![a-z0-9])(?:bearer|basic)'
const BEHIND_SCHEME = String.raw`[ \t]{1,8}(?:[:=][ \t]{0,4})?|[:=][ \t]{0,4}`

/** A name whose value is a credential, with what is between the two; or a scheme of HTTP authentication. */
const NAMED = new RegExp(
  `(?:(?<header>${HEADER})|(?<name>(?:${NAME}|${SHORT_NAME})(?:[-_][a-z0-9]{1,20}|s)?))(?<between>${BETWEEN})|(?<scheme>${SCHEME})(?:${BEHIND_SCHEME})(?=[^ \\t])`,
  'gi',
)

/** What stands after `token:` or `Bearer` in an error message and is no value. */
const DIAGNOSTIC = new RegExp(
  `^(?:(?:realm|error)=|(?:${[
    'a|absent|already|an|and|any|are|at|auth|authentication|authenticator|authorization|authorized|bad|but|by|can|cannot|contains|context|could|credentials?|decode|decoding|decryption',
    'denied|dial|did|disabled|does|empty|error|errors|exceeded|expected|expired|expires|failed|failure|failing|for|format|forbidden|from|get|has|have|header|http|illegal|in|incorrect',
    'inactive|insufficient|invalid|invalid_[a-z_]+|is|issuer|it|jwt|key|length|lookup|malformed|match|may|mismatch|missing|must|no|none|not|null|nil|of|on|open|or|parse|parsing|password|permission|post|read',
    'realm|refused|rejected|required|revoked|scheme|secret|segments?|server|should|signature|stat|status|the|timeout|timed|token|tokens|too|type|unable|unauthorized|undefined',
    'unexpected|unknown|unparseable|unsupported|unverifiable|usage|user|value|verification|verify|was|were|while|with|wrong|x509|oauth2|oidc|tls|ssl|dns|[1-5]\\d\\d|<nil>',
    // Nothing but these words: `POST /oauth/token: EOF`, `Post "https://shop.example/token": http2: …`.
    String.raw`eof(?=[\s"'),.;\]}]|$)|http2(?=:\s)|i/o(?=\stimeout)`,
  ].join('|')})(?![A-Za-z0-9_+/=-]))`,
  'i',
)
const HTTP_SCHEME = /^(?:bearer|basic|token|apikey|negotiate|ntlm|key)[ \t]{1,8}/i

/**
 * Masks the values that follow a name of credentials (`password: …`), a header that carries them (RFC 9110, RFC 6265)
 * or a scheme of HTTP authentication (RFC 7617, RFC 6750). The name stays. Linear in the text's length, never throws.
 * @param isCut whether the text goes on after its end
 */
export function maskNamed(text: string, isCut = false): string {
  let result = ''
  let from = 0
  NAMED.lastIndex = 0
  for (let found = NAMED.exec(text); found; found = NAMED.exec(text)) {
    const { header, name, between, scheme } = found.groups as Record<string, string | undefined>
    const start = found.index + found[0].length
    if (isReasonBehindUrl(text, found.index, start, header !== undefined)) continue
    const end = header
      ? (queryEnd(text, found.index, start) ?? headerEnd(text, start, header, isCut))
      : name
        ? isNoValue(text, found.index, { name, between: between!, start })
          ? start
          : namedEnd(text, start, isCut)
        : schemeEnd(text, start, scheme!, isCut)
    if (end <= start) continue
    const quote = QUOTE.exec(text.slice(start, start + 2))?.[0] ?? ''
    result += text.slice(from, start) + quote + MASK
    from = end
    NAMED.lastIndex = end
  }
  return result + text.slice(from)
}

/**
 * Whether the name is the last word of a URL's path, and words follow the URL: the reason of a failure, as in
 * `Post "https://shop.example/oauth/token": EOF`. A quoted value, one with a digit, and a single word behind a URL without
 * quotes may be a credential.
 */
function isReasonBehindUrl(text: string, nameStart: number, valueStart: number, isHeader: boolean): boolean {
  if (!/:[ \t]+$/.test(text.slice(Math.max(nameStart, valueStart - 9), valueStart))) return false
  if (/^\\?["'`[{<]/.test(text.slice(valueStart, valueStart + 2))) return false
  const value = text.slice(valueStart, valueEnd(text, valueStart))
  if (!DIAGNOSTIC.test(text.slice(valueStart, valueStart + 40))) {
    if (/[\d=]/.test(value) || looksLikeId(value)) return false
    const isUrlQuoted = /["'`]:/.test(text.slice(nameStart, valueStart))
    // A header's value may have several words.
    if (!isUrlQuoted && (isHeader || !/^[ \t]+[^\s"'`]/.test(text.slice(valueStart + value.length)))) return false
  }
  let start = nameStart
  while (start > 0 && URL_CHARACTER.test(text[start - 1]!)) start--
  return /:\/\/[^/]+\/[\w.~%{}/-]*$/.test(text.slice(start, nameStart))
}
/** None that may separate a URL from a name: `https://shop.example/x,token: …`. */
const URL_CHARACTER = /[^\s"'`<>\\?#,;&=]/

/**
 * Where the value ends of a URL's parameter that is named like a header: `…?authorization=abc failed, reason: …`. A header has
 * the rest of its line; a parameter ends with its URL, if a quote or the sentence goes on there. Undefined for anything else.
 */
function queryEnd(text: string, nameStart: number, valueStart: number): number | undefined {
  if (!/[?&]/.test(text[nameStart - 1] ?? '') || text[valueStart - 1] !== '=') return undefined
  let start = nameStart
  while (start > 0 && QUERY_CHARACTER.test(text[start - 1]!)) start--
  if (!/:\/\/[^/?]/.test(text.slice(start, nameStart))) return undefined
  const scheme = HTTP_SCHEME.exec(text.slice(valueStart, valueStart + 24))
  const end = valueEnd(text, valueStart + (scheme?.[0].length ?? 0))
  return end > valueStart && BEHIND_URL.test(text.slice(end, end + 20)) ? end : undefined
}
const QUERY_CHARACTER = /[^\s"'`<>\\]/
const BEHIND_URL = /^(?:["'`)]|[ \t]{1,4}(?:failed|timed out|returned|responded|could not|due to)(?![A-Za-z0-9_-]))/

function headerEnd(text: string, start: number, header: string, isCut: boolean): number {
  const enclosed = enclosedEnd(text, start, isCut)
  if (enclosed !== undefined) return enclosed
  if (/cookies?$/i.test(header)) {
    const isProse = DIAGNOSTIC.test(text.slice(start, start + 40)) && !/^.*[=\d]/.test(text.slice(start, start + 200))
    return isProse ? start : lineEnd(text, start)
  }
  const scheme = HTTP_SCHEME.exec(text.slice(start, start + 24))
  if (scheme) return valueEnd(text, start + scheme[0].length)
  if (DIAGNOSTIC.test(text.slice(start, start + 40))) return start
  return text.startsWith(MASK, start) ? start + MASK.length : lineEnd(text, start)
}

/** Names members of any kind: `missing key: items[0].sku`. */
const KEY = /^keys?(?:[-_]|$)/i
/** What has these names may also be a word: `credentials: same-origin`, `token_type=bearer`. */
const WEAK_NAME = /^auth$|s$|[-_](?:count|expired|length|method|mode|name|policy|status|type)$/i
/** A parser's token is no credential. */
const PARSER = /expected[ \t]$/i
/** A value that holds nothing, and numbers too short to open anything. */
const EMPTY =
  /^(?:null|nil|none|true|false|yes|no|undefined|invalid|missing|expired|\d{1,3}|\[\s?\]|\{\s?\}|(\\?["'`])\1)(?=[\s,;&)\]}]|$)/i
/** In quotes or a list too: `"password": ["is required"]`. */
const QUOTED_REASON =
  /^\[?\s{0,4}(\\?["'`])(?:is|was|must|can|cannot|could|should|may|has|does|did|not|missing|invalid|required|too|wrong|incorrect) [a-z ]{1,100}\.?\1/i
/** The sentence goes on: a word, but none that names another value. */
const NEXT_WORD = /^[ \t]+[("'`]?[a-z]+(?![\w=:])/i

/**
 * Whether what follows the name of a credential tells the fault and is no value: `credentials: file not found`,
 * `unknown key: "amount"`. A word with more words behind it is none; one alone may be a password.
 */
function isNoValue(
  text: string,
  nameStart: number,
  { name, between, start }: { readonly name: string; readonly between: string; readonly start: number },
): boolean {
  const ahead = text.slice(start, start + 120)
  if (EMPTY.test(ahead) || QUOTED_REASON.test(ahead)) return true
  const isProse = /^["']?[ \t]?:[ \t]+$/.test(between)
  if (/^[[{<]/.test(ahead)) return /^(?::[ \t]+|[ \t]+)$/.test(between) && /^[a-z]+$/i.test(name)
  if ((isProse || /^[ \t]+$/.test(between)) && DIAGNOSTIC.test(ahead)) return true
  const quote = QUOTE.exec(ahead)?.[0] ?? ''
  const from = start + quote.length
  const value = text.slice(from, valueEnd(text, from))
  if (KEY.test(name)) return /^[\w.:/$[\]-]{0,200}$/.test(value) && looksLikeName(value) && knownKeyAt(value) < 0
  if (PARSER.test(text.slice(Math.max(0, nameStart - 10), nameStart))) return value.length < 2 || looksLikeWords(value)
  if (!looksLikeWords(value)) return false
  return (
    WEAK_NAME.test(name) ||
    (isProse &&
      quote === '' &&
      (value.includes('/') || NEXT_WORD.test(text.slice(from + value.length, from + value.length + 60))))
  )
}

function namedEnd(text: string, start: number, isCut: boolean): number {
  const enclosed = enclosedEnd(text, start, isCut)
  if (enclosed !== undefined) return enclosed
  const scheme = HTTP_SCHEME.exec(text.slice(start, start + 24))
  return valueEnd(text, start + (scheme?.[0].length ?? 0))
}

function schemeEnd(text: string, start: number, scheme: string, isCut: boolean): number {
  if (DIAGNOSTIC.test(text.slice(start, start + 40))) return start
  // "basic usage" is prose; Base64 of name and password has a capital, a digit or padding, and that soon.
  const isProse = (to: number) => /basic/i.test(scheme) && !/[A-Z0-9=]/.test(text.slice(start, to))
  if (isProse(start + 100)) return start
  const end = enclosedEnd(text, start, isCut) ?? valueEnd(text, start)
  return isProse(end) ? start : end
}

/**
 * Where a value in quotes or brackets ends: before its closing quote, after its closing bracket, at the line's end where
 * neither comes, or at the text's end if the closing quote may have been cut off; undefined if the value starts with none.
 */
function enclosedEnd(text: string, start: number, isCut: boolean): number | undefined {
  const quote = QUOTE.exec(text.slice(start, start + 2))?.[0]
  if (quote === undefined) return bracketEnd(text, start)
  let at = start + quote.length
  while (at < text.length && !text.startsWith(quote, at)) at += quote.length === 1 && text[at] === '\\' ? 2 : 1
  if (at < text.length) return at
  return isCut ? text.length : lineEnd(text, start)
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
  return start + withoutClosing(text.slice(start, end)).length
}
const VALUE_CHARACTER = /[^\s"'`<>]/
const NEXT_NAME = /[&;,][\w.-]{1,40}=/y
