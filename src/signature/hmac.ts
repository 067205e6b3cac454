import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'
import { decode, sameBytes } from './constant-time.ts'
import { signatureInvalid, signatureMissing } from './errors.ts'
import { checkTimestamp, DEFAULT_TOLERANCE } from './timestamp.ts'

export type HmacAlgorithm = 'sha1' | 'sha256' | 'sha512'

/** How a sender signs with a shared secret. */
export interface HmacScheme {
  /** Name of the header that carries the signature, in any letter case. */
  readonly header: string
  /** What precedes the signature, such as `sha256=`; in a list, only the items that begin with it count. */
  readonly prefix: string
  readonly algorithm: HmacAlgorithm
  readonly encoding: 'hex' | 'base64'
  /** `body`, or a template of `{id}`, `{timestamp}` and `{body}`. */
  readonly signed: string
  /** Where `{timestamp}` comes from; without it an item `t=` of the signature header. Seconds since the epoch. */
  readonly timestampHeader?: string
  /** Where `{id}` comes from. */
  readonly idHeader?: string
  /** Milliseconds that the timestamp may be from the clock, both ways. */
  readonly tolerance?: number
}

const MOST_SIGNATURES = 16

/** What is wrong with a template; undefined if nothing is. */
export function signedFault(signed: string): string | undefined {
  if (signed === 'body') return undefined
  if (signed.split('{body}').length !== 2) return 'must contain {body} once'
  if (/\{id\}(\{timestamp\})?\{body\}|\{body\}\{id\}/.test(signed)) return 'needs a text between {id} and {body}'
  if (/\{body\}.*\{timestamp\}.*\{id\}/.test(signed)) return 'needs {id} before {timestamp} where {body} is before both'
  return /[{}]/.test(signed.replaceAll(/\{(id|timestamp|body)\}/g, ''))
    ? 'knows only {id}, {timestamp} and {body}'
    : undefined
}

interface Values {
  readonly id: string
  readonly timestamp: string
}

/**
 * Whether the same signed text could also be another id with another time or body: whoever captured a report could then send it
 * again as a new one.
 */
function isAmbiguous(signed: string, { id, timestamp }: Values): boolean {
  const after = /\{id\}([^{}]+)\{body\}/.exec(signed)?.[1]
  if (after !== undefined && (id + after).indexOf(after) < id.length) return true
  const before = /\{body\}([^{}]+)\{id\}/.exec(signed)?.[1]
  if (before !== undefined && (before + id).lastIndexOf(before) > 0) return true
  const [, between, end] = /\{id\}([^{}]*)\{timestamp\}([^{}]*)/.exec(signed) ?? []
  if (between === undefined || end === undefined) return false
  // Any other number of digits is no time near the clock, from 2001 to 2286.
  const time = `${RegExp.escape(between)}[1-9][0-9]{9}${RegExp.escape(end)}${signed.endsWith('{timestamp}') ? '$' : ''}`
  return (new RegExp(time).exec(id + between + timestamp + end)?.index ?? id.length) < id.length
}

/** @throws AppError `signature_invalid` */
export function checkId(signed: string, values: Values): void {
  if (isAmbiguous(signed, values)) throw new AppError('signature_invalid', AMBIGUOUS)
}
const AMBIGUOUS =
  'the id contains what the signature has beside it, so that it could be read in two ways; send an id without punctuation'

/** What a request's headers say about its signature. */
export interface HmacHeaders extends Values {
  readonly signatures: readonly Buffer[]
}

/** Reads by the headers alone. @throws AppError `signature_missing`, `signature_invalid`, `signature_expired` */
export function hmacHeaders(headers: IncomingHttpHeaders, scheme: HmacScheme, now: number): HmacHeaders {
  const field = (name: string | undefined): string | undefined => {
    const value = name === undefined ? undefined : headers[name.toLowerCase()]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const needed = (name: string, value: string | undefined): string => {
    if (value === undefined) throw signatureMissing(`send the header ${name}`)
    return value
  }
  const items = needed(scheme.header, field(scheme.header)).split(/[,\s]+/, MOST_SIGNATURES)
  let id = ''
  let timestamp = ''
  if (scheme.signed.includes('{id}')) {
    const name = scheme.idHeader ?? 'webhook-id'
    id = needed(name, field(name))
  }
  if (scheme.signed.includes('{timestamp}')) {
    const name = scheme.timestampHeader
    const inline = items.find((item) => item.startsWith('t='))?.slice(2)
    timestamp = name === undefined ? needed(`${scheme.header} with t=`, inline) : needed(name, field(name))
    checkTimestamp(timestamp, { now, tolerance: scheme.tolerance ?? DEFAULT_TOLERANCE })
  }
  checkId(scheme.signed, { id, timestamp })
  const signatures = items.flatMap((item) => {
    const bytes = item.startsWith(scheme.prefix) ? decode(item.slice(scheme.prefix.length), scheme.encoding) : undefined
    return bytes ? [bytes] : []
  })
  if (signatures.length === 0) throw signatureInvalid()
  return { signatures, id, timestamp }
}

/** What is signed before and after the body. */
export function signedAround({ signed }: Pick<HmacScheme, 'signed'>, values: Values): [before: string, after: string] {
  if (signed === 'body') return ['', '']
  // No value is searched for places itself.
  const [before = '', after = ''] = signed
    .split('{body}')
    .map((text) => text.replace(/\{(id|timestamp)\}/g, (_, name: keyof Values) => values[name]))
  return [before, after]
}

/** The bytes that are signed. */
function signedBytes(raw: Uint8Array, scheme: HmacScheme, values: Values): Uint8Array {
  const [before, after] = signedAround(scheme, values)
  return before === '' && after === '' ? raw : Buffer.concat([Buffer.from(before), raw, Buffer.from(after)])
}

/** The signature of a body, as the sender makes it. */
export const hmacOf = (
  raw: Uint8Array,
  secret: string,
  scheme: HmacScheme,
  values: Values = { id: '', timestamp: '' },
): Buffer =>
  createHmac(scheme.algorithm, secret)
    .update(signedBytes(raw, scheme, values))
    .digest()

/** Finds the secret that made one of the signatures. @returns undefined if none did */
export function verifyHmac<K extends { readonly secret: string }>(
  raw: Uint8Array,
  given: HmacHeaders,
  { scheme, keys }: { scheme: HmacScheme; keys: readonly K[] },
): K | undefined {
  return keys.find(({ secret }) => {
    const expected = hmacOf(raw, secret, scheme, given)
    return given.signatures.some((each) => sameBytes(each, expected))
  })
}
