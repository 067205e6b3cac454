import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { memoize } from '../domain/text/memoize.ts'
import type { ResponseHead } from './attempt.ts'

/** Headers that are meant for one connection only (RFC 9110 section 7.6.1), with those that older software sends. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])
/** Never removed, whatever `Connection` names: the request would be another one without them. */
const END_TO_END = new Set([
  'host',
  'content-length',
  'content-type',
  'authorization',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
])
/** We answer `Expect: 100-continue` ourselves; trailers are dropped (RFC 9110 section 6.5.1), so none are announced. */
const NOT_PASSED = new Set([...HOP_BY_HOP, 'expect', 'trailer'])

/** What says where a request came from, or what it asked for first. Many servers read an underscore as a hyphen. */
const FORWARDING =
  /^(?:x-)?(?:original-)?forwarded(?:-|$)|^(?:[a-z]+-)*(?:real|client|connecting|remote)-(?:ip|addr)$|^x-(?:original|rewrite)-(?:url|host)$/

export interface ForwardedFor {
  /** The platform's address, as we see it. */
  readonly address: string | undefined
  readonly isEncrypted: boolean
  /** Obfuscated identifier of this process (RFC 7239 section 6.3), by which a loop is recognised. */
  readonly by: string
  /** Whether the sender's own word on where the request came from counts. */
  readonly isTrusted: boolean
  /** Takes the place of the request's own trace context; undefined where that is valid, and stays. */
  readonly traceparent: string | undefined
}

/** Processes of this kind that a request has passed, as their elements name them: also those of a sender whose word does not count. */
const PASSED = /by=_[0-9a-f]{16}/g
/** Those that are passed on. */
const MOST_PASSED = 10

/** Whether the request has passed this process already. */
export function hasPassed({ headers }: IncomingMessage, by: string): boolean {
  return String(headers['forwarded'] ?? '').includes(`by=${by}`)
}

/**
 * The header of the request as the application gets it: without what belongs to the platform's connection, and with
 * where it came from (RFC 7239, and the older X-Forwarded-*), in place of what an untrusted sender claims. Other names, order
 * and values stay as they are.
 * @returns names and values in turn
 */
export function requestHeaders(request: IncomingMessage, about: ForwardedFor): string[] {
  const { rawHeaders, headers } = request
  const isConnectionOnly = connectionOptions(headers['connection'])
  const result: string[] = []
  const chain: string[] = []
  const elements = about.isTrusted ? [] : (headers['forwarded']?.match(PASSED) ?? []).slice(-MOST_PASSED)
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    const { key, isForwarding, isPassed } = meaningOf(name)
    if (isForwarding && !about.isTrusted) continue
    if (!isPassed || isConnectionOnly?.(key)) continue
    const value = rawHeaders[index + 1]!
    if (key === 'x-forwarded-for') chain.push(value)
    else if (key === 'forwarded') {
      // A quote that is left open would swallow our element.
      if (/^(?:[^"]|"(?:[^"\\]|\\.)*")*$/s.test(value)) elements.push(value)
    } else if (about.traceparent === undefined || (key !== 'traceparent' && key !== 'tracestate'))
      result.push(name, value)
  }
  const { host } = headers
  const protocol = about.isEncrypted ? 'https' : 'http'
  const { address, node } = peerOf(about.address ?? 'unknown')
  const element = `for=${node}${host === undefined ? '' : `;host=${quoted(host)}`};proto=${protocol};by=${about.by}`
  result.push('Forwarded', elements.length === 0 ? element : `${elements.join(', ')}, ${element}`)
  if (about.address !== undefined) chain.push(address)
  if (chain.length > 0) result.push('X-Forwarded-For', chain.length === 1 ? chain[0]! : chain.join(', '))
  const isKept = (name: string) => about.isTrusted && headers[name] !== undefined
  if (!isKept('x-forwarded-proto')) result.push('X-Forwarded-Proto', protocol)
  if (!isKept('x-forwarded-host') && host !== undefined) result.push('X-Forwarded-Host', host)
  if (about.traceparent !== undefined) result.push('traceparent', about.traceparent)
  return result
}

const meaningOf = memoize((name) => {
  const key = name.toLowerCase()
  const hyphened = key.replaceAll('_', '-')
  // A server that reads Content_Length as Content-Length would find another end of the body than we did.
  const isPassed = !NOT_PASSED.has(hyphened) && (hyphened !== 'content-length' || key === hyphened)
  return { key, isForwarding: FORWARDING.test(hyphened), isPassed }
})

const peerOf = memoize((text) => {
  const address = text.replace(/^::ffff:(?=\d)/, '')
  return { address, node: isIPv6(address) ? `"[${address}]"` : address }
})

/** A value of RFC 7239: a token as it is, anything else quoted. */
const quoted = memoize((text) => (/^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`))

/** The same request once more: only `webhook-attempt` tells the two apart. */
export const repeated = (headers: readonly string[], attempt: number): string[] => [
  ...without(headers, (key) => key === 'webhook-attempt'),
  'webhook-attempt',
  String(attempt),
]

/**
 * The header of a response as the platform gets it.
 * @returns names and values in turn; undefined if its body is in another transfer coding than chunks
 */
export function responseHeaders({ raw, read }: ResponseHead, status: number): string[] | undefined {
  const result: string[] = []
  let connection: string | undefined
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = latin1(raw[index]!)
    const key = name.toLowerCase()
    // undici has decoded it already; where a name is repeated, it has joined its values.
    const once = read[key]
    const value = typeof once === 'string' ? once : latin1(raw[index + 1]!)
    if (key === 'connection' && value !== 'keep-alive') connection = `${connection ?? ''},${value}`
    // Of several codings undici takes the chunks off, and what remains could not be read (RFC 9112 section 6.1).
    if (key === 'transfer-encoding' && value.toLowerCase() !== 'chunked') return undefined
    if (!NOT_PASSED.has(key) && (key !== 'content-length' || status !== 204)) result.push(name, value)
  }
  const isConnectionOnly = connectionOptions(connection)
  return isConnectionOnly ? without(result, isConnectionOnly) : result
}

function without(pairs: readonly string[], isLeftOut: (key: string) => boolean | undefined): string[] {
  const result: string[] = []
  for (let index = 0; index < pairs.length; index += 2)
    if (!isLeftOut(pairs[index]!.toLowerCase())) result.push(pairs[index]!, pairs[index + 1]!)
  return result
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1')

/** @returns whether `Connection` names a header as one for this connection only; undefined if it names none */
function connectionOptions(value: string | undefined): ((key: string) => boolean) | undefined {
  if (value === undefined || NO_OPTIONS.test(value)) return undefined
  const options = new Set(value.split(',').map((option) => option.trim().toLowerCase()))
  return (key) => options.has(key) && !END_TO_END.has(key)
}

const NO_OPTIONS = /^,?\s*(?:keep-alive|close)?\s*$/i
