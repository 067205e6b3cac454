import { domainToUnicode } from 'node:url'
import { looksLikeId, looksLikeRandomLabel, plainText } from '../text/secret-shape.ts'

/** Most characters of a canonical URL: it is a label value, and Prometheus users read it in a legend. */
export const MAX_URL_LENGTH = 255
/** Stands for a path segment or host label that looks like an id, a token or a secret. */
export const ID = '{id}'
/** Last segment of a canonical URL whose path was too long. */
export const CUT = '{cut}'

/** An http(s) URL in normal form, with its ids still in it: for matching only, never for showing. */
export interface NormalUrl {
  /** Scheme, host and, where it is not the default, port. */
  readonly origin: string
  /** The path between its slashes, percent-encoding normalised; `/` is one empty segment. */
  readonly segments: readonly string[]
}

/**
 * Normal form after the WHATWG URL standard (case, default port, dot segments, IDN) and RFC 3986 section 6.2.2
 * (percent-encoding); without userinfo, query, fragment, and path parameters (`;jsessionid=…`), and without the root dot of
 * the host. Stricter than URL parsing: control characters, white space at the ends, a missing host and host names beyond
 * letters, digits, `-` and `_` are no URL.
 */
export function parseHttpUrl(text: string): NormalUrl | undefined {
  if (!/^https?:\/\/[^/\\?#]/i.test(text) || /[\0-\x1f\x7f-\x9f]|^\s|\s$/.test(text)) return undefined
  const url = URL.parse(shortened(text))
  if (!url) return undefined
  const host = url.hostname.endsWith('.') ? url.hostname.slice(0, -1) : url.hostname
  if (!isHost(host)) return undefined
  // Setting the path resolves what became a dot segment with its parameters gone, as in `/a/..;x/b`.
  if (/;|%3b/i.test(url.pathname)) url.pathname = url.pathname.replace(/(?:;|%3b)[^/]*/gi, '')
  const port = url.port === '' ? '' : `:${url.port}`
  return { origin: `${url.protocol}//${host}${port}`, segments: url.pathname.slice(1).split('/').map(normalSegment) }
}

/** Bounds the work on what is cut to 255 characters in the end; reports hold at most 2,048. */
function shortened(text: string): string {
  if (text.length <= MAX_PARSED_LENGTH) return text
  const place = text.replace(/[?#].*$/s, '')
  return place.length <= MAX_PARSED_LENGTH
    ? place
    : `${place.slice(0, place.lastIndexOf('/', MAX_PARSED_LENGTH))}/${CUT}`
}
const MAX_PARSED_LENGTH = 2_048

/**
 * The URL as it may be shown: in labels, spans, logs, the API. Scheme, host, port and path in normal form; path segments
 * and host labels that look like ids, tokens or secrets are `{id}`; ASCII; at most 255 characters, where a longer path
 * ends in `{cut}`. Never throws; applying it again changes nothing.
 *
 * Hosts: of a random-looking label (a tunnel's, a pod's) only that label is masked, so the domain stays readable; numbers,
 * addresses and the last label stay.
 * @returns undefined if the text is no absolute http(s) URL with a host
 */
export function canonicalUrl(text: string): string | undefined {
  const url = parseHttpUrl(text)
  return url && render(url)
}

/** A URL in normal form as it may be shown: see `canonicalUrl`. */
export function render({ origin, segments }: NormalUrl): string {
  let result = shownOrigin(origin)
  let word = ''
  for (const [index, segment] of segments.entries()) {
    const shown = segment === CUT ? CUT : isId(segment, word) ? ID : segment
    if (segment !== '') word = plainText(segment) ?? ''
    const isLast = index === segments.length - 1
    // Room for the mark is kept until the last segment.
    if (result.length + 1 + shown.length + (isLast ? 0 : 1 + CUT.length) > MAX_URL_LENGTH) return `${result}/${CUT}`
    result += `/${shown}`
  }
  return result
}

/** What follows such a segment is a secret even where it reads like a word. */
const SECRET_WORD = /^(?:passw(?:or)?d|passwd|pwd|passphrase|secret|api[-_]?key|access[-_]?token|auth[-_]?token)s?$/i
/** What follows such a segment is a secret unless it reads like a word, as in `/oauth/token/refresh`. */
const KEY_WORD = /^(?:token|key|sig|signature|auth|session|sid|otp|pin|code)s?$/i

/** @param before the last segment that was not empty */
const isId = (segment: string, before: string): boolean =>
  segment !== '' &&
  (segment === ID ||
    SECRET_WORD.test(before) ||
    (KEY_WORD.test(before) && !/^(?:[A-Za-z_.-]+|v\d)$/.test(segment)) ||
    looksLikeId(segment))

function isHost(host: string): boolean {
  if (host.startsWith('[')) return true
  return host.length <= 253 && host.split('.').every((label) => label === ID || /^[a-z0-9_-]{1,63}$/.test(label))
}

function shownOrigin(origin: string): string {
  const [, scheme = '', host = '', port = ''] = /^(https?:\/\/)(\[.*\]|[^:]*)(.*)$/.exec(origin) ?? []
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return origin
  const labels = host.split('.')
  const last = labels.length - 1
  const shown = labels.map((label, index) => {
    const readable = label.startsWith('xn--') ? domainToUnicode(label) : label
    return (index < last || last === 0) && label !== ID && looksLikeRandomLabel(readable) ? ID : label
  })
  // A host that leaves no room for a path loses labels from the left; what is left names the domain.
  while (shown.length > 2 && shown.join('.').length > 200) shown.splice(0, 2, ID)
  return `${scheme}${shown.join('.')}${port}`
}

/** Unreserved characters are decoded, hexadecimal digits in upper case, everything that is no path character encoded. */
function normalSegment(segment: string): string {
  const decoded = segment.replace(/%([0-9a-f]{2})?/gi, (octet, hex: string | undefined) => {
    if (hex === undefined) return '%25'
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase()
  })
  if (decoded === '%7Bid%7D') return ID
  if (decoded === '%7Bcut%7D') return CUT
  return decoded.replace(/[^A-Za-z0-9._~!$&'()*+,;=:@%-]/g, (character) => encodeURIComponent(character))
}
