import { createHash, createHmac } from 'node:crypto'
import { decode, sameBytes } from './constant-time.ts'

export type TwilioAlgorithm = 'sha1' | 'sha256'

export interface TwilioRequest {
  /** The URL as it is configured at the sender, with its query; never made from headers. */
  readonly url: string
  /** The raw body. */
  readonly raw: Uint8Array
  /** Whether the body is a form: its parameters are signed. Any other body is signed by its digest in the URL. */
  readonly isForm: boolean
}

/** Of a form: parameters by name. More than this many are not worth sorting. */
const MOST_PARAMETERS = 1_000

/**
 * Finds the secret that made a signature: HMAC over the URL followed by name and value of each parameter, sorted by name.
 * The sender is not consistent about ports and query encoding, so each spelling of the configured URL is tried.
 * @param signature the header's value, base64
 * @returns undefined if none did
 */
export function verifyTwilio<K extends { readonly secret: string }>(
  { url, raw, isForm }: TwilioRequest,
  signature: string,
  { keys, algorithm }: { keys: readonly K[]; algorithm: TwilioAlgorithm },
): K | undefined {
  const given = decode(signature, 'base64')
  const parameters = isForm ? formText(raw) : bodyIsDigested(url, raw) ? '' : undefined
  if (!given || parameters === undefined) return undefined
  const contents = urlForms(url).map((form) => Buffer.from(form + parameters))
  return keys.find(({ secret }) =>
    contents.some((content) => sameBytes(given, createHmac(algorithm, secret).update(content).digest())),
  )
}

/** Names and values without separators, sorted by name; of a repeated name its different values, sorted. */
export function formText(raw: Uint8Array): string | undefined {
  const values = new Map<string, Set<string>>()
  let count = 0
  for (const [name, value] of new URLSearchParams(Buffer.from(raw).toString())) {
    if (++count > MOST_PARAMETERS) return undefined
    values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  return [...values.keys()]
    .sort()
    .map((name) =>
      [...values.get(name)!]
        .sort()
        .map((value) => name + value)
        .join(''),
    )
    .join('')
}

/** A body that is no form is covered by `bodySHA256` in the query: without it nothing vouches for the body. */
function bodyIsDigested(url: string, raw: Uint8Array): boolean {
  const digest = URL.parse(url)?.searchParams.get('bodySHA256')
  const bytes = digest ? decode(digest, 'hex') : undefined
  return bytes !== undefined && sameBytes(bytes, createHash('sha256').update(raw).digest())
}

/**
 * Spellings of a URL that the sender may have signed: as written and as a URL parser normalizes it, each without and with
 * its port, and the normalized ones also with the query encoded the older way.
 */
export function urlForms(text: string): string[] {
  const normal = URL.parse(text)?.href ?? text
  const forms = [...portForms(text), ...portForms(normal), ...portForms(legacyQuery(normal))]
  return [...new Set(forms)]
}

function portForms(text: string): string[] {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(text)?.[0]
  if (authority === undefined) return [text]
  const rest = text.slice(authority.length)
  const bare = authority.replace(/:\d*$/, '')
  const withPort = bare === authority ? `${bare}${/^https:/i.test(text) ? ':443' : ':80'}` : authority
  return [bare + rest, withPort + rest]
}

/** The query decoded and encoded again, as Node's `querystring` does. */
function legacyQuery(text: string): string {
  const at = text.indexOf('?')
  if (at < 0 || at === text.length - 1) return text
  const pairs = [...new URLSearchParams(text.slice(at + 1))]
  return `${text.slice(0, at)}?${pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`
}

/**
 * The URL that was requested: the configured one; of a request that is no form with the query as received, because the
 * sender adds `bodySHA256` to it (the signature covers it).
 * @param requested path and query of the request
 */
export function signedUrl(configured: string, requested: string, isForm: boolean): string {
  const at = requested.indexOf('?')
  if (isForm || at < 0 || !/[?&]bodySHA256=/.test(requested)) return configured
  return configured.replace(/\?.*$/s, '') + requested.slice(at)
}
