import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { ProbeMethod } from '../domain/probe.ts'
import { endOfStream, exchangeFault, ProbeFault } from './fault.ts'

/** Bytes of one head. With the interim ones (1xx) a peer makes us parse at most four of them: 64 KiB. */
const HEAD_LIMIT = 16_384
const MOST_INTERIM = 3

export interface Answer {
  readonly status: number
  readonly location?: string
  /** Whether an Allow header names methods. */
  readonly allows: boolean
}

/**
 * One request without a body over a connected socket. Nothing after the answer's head is read: the connection is
 * destroyed as soon as the status is known, or when anything fails.
 * @throws ProbeFault, or the signal's reason
 */
export function exchange(
  socket: Socket,
  { method, url, headers }: { method: ProbeMethod; url: URL; headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  socket.on('error', (error) => reject(exchangeFault(error)))
  socket.once('close', () => reject(endOfStream()))
  try {
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'user-agent': 'webhook-error-exporter', accept: '*/*', ...lowerCased(headers) },
      maxHeaderSize: HEAD_LIMIT,
      insecureHTTPParser: false,
    })
    let interim = 0
    request.on('information', () => {
      interim += 1
      if (interim > MOST_INTERIM) reject(new ProbeFault('protocol', 'interim answers without end'))
    })
    request.on('upgrade', () => reject(new ProbeFault('protocol', 'the answer switches to another protocol')))
    request.on('error', (error) => reject(exchangeFault(error)))
    request.on('response', (response) => {
      response.on('error', () => {})
      const { location, allow } = response.headers
      resolve({
        status: response.statusCode ?? 0,
        allows: Boolean(allow),
        ...(location === undefined ? {} : { location }),
      })
    })
    request.end()
  } catch {
    reject(new ProbeFault('unknown', 'a configured header holds characters that HTTP does not allow'))
  }
  return promise.finally(() => {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  })
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
