import type { IncomingMessage } from 'node:http'
import type { OtherReason } from '../domain/report/delivery.ts'
import { type Claim, type Recognizer, UNIDENTIFIED } from '../signature/recognizer.ts'

export type RetryMode = 'none' | 'safe' | 'idempotent'

/** A route as configured; durations in milliseconds. */
export interface Route {
  readonly endpoint: string
  /** Exact, or with a final `/*` for everything below. */
  readonly path: string
  /** Of deliveries; requests with others pass through. */
  readonly methods: readonly string[]
  /** Recognises the platform's requests; absent where nothing identifies it. */
  readonly recognize?: Recognizer
  /** Origin of the application. */
  readonly upstream: string
  readonly patience: number
  readonly retry: RetryMode
  /** Retried in addition to 502, 503 and 504. */
  readonly statuses: readonly number[]
  /** Half of the patience if absent. */
  readonly attemptTimeout?: number | undefined
}

/** What a decoded path must not contain: segments that servers resolve, and control characters, at which some stop reading. */
const UNSAFE = /(?:^|[/\\])\.{1,2}(?:$|[/\\;?#])|[\0-\x1f\x7f]/
/** Bytes that are no UTF-8, by which a lax decoder is given a dot or a slash in more bytes than it has (RFC 3629 section 10). */
const OVERLONG = /[\xc0\xc1\xf8-\xff]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/
/** Times that a path is decoded: once by the application, and once more by what is in front of it or behind. */
const ROUNDS = 3

/**
 * The path of a target in origin form (RFC 9112 section 3.2.1); undefined for any other form, and for one that a server
 * may read as another path.
 */
export function pathOf(target: string): string | undefined {
  if (!target.startsWith('/') || target.includes('#')) return undefined
  const [path = ''] = target.split('?', 1)
  let decoded = path
  for (let round = 0; ; round++) {
    if (UNSAFE.test(decoded) || OVERLONG.test(decoded) || /%u/i.test(decoded)) return undefined
    const next = decoded.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === decoded) return path
    if (round === ROUNDS) return undefined
    decoded = next
  }
}

/** What the header of a request says: why it is no delivery, or what is still to be shown. */
export function claimOf(
  { methods, path, recognize }: Route,
  { method, headers }: IncomingMessage,
): Claim | OtherReason {
  if (!methods.includes(method!)) return 'method'
  if (recognize) return recognize(headers) ?? 'unsigned'
  return path.endsWith('/*') ? 'path' : UNIDENTIFIED
}

/** Finds the route of a path. The cost does not grow with the number of routes. */
export function routeFinder<R extends { readonly path: string }>(
  routes: readonly R[],
): (path: string) => R | undefined {
  const exact = new Map<string, R>()
  const below = new Map<string, R>()
  for (const route of routes)
    if (route.path.endsWith('/*')) below.set(route.path.slice(0, -1), route)
    else exact.set(route.path, route)
  return (path) => {
    const found = exact.get(path)
    if (found || below.size === 0) return found
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const route = below.get(path.slice(0, slash + 1))
      if (route) return route
    }
    return undefined
  }
}
