import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type OutboundAnswer, OutboundFault, type OutboundRequest } from '../domain/ports/outbound-client.ts'
import { request as httpRequest } from '../node-http.ts'
import { endOfStream, exchangeFault } from './fault.ts'

/** Bytes of one head. With the interim ones (1xx) a peer can make us parse four of them at most: 64 KiB. */
const HEAD_LIMIT = 16_384
const MOST_INTERIM = 3

/**
 * One request over a connected socket. Nothing of the answer after `answerLimit` is read: the connection is destroyed as
 * soon as the answer is known, or when anything fails.
 * @throws OutboundFault, or the signal's reason
 */
export function exchange(
  socket: Socket,
  url: URL,
  { method, headers = {}, body, answerLimit = 0 }: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  let answered = false
  socket.on('error', (error) => reject(exchangeFault(error)))
  socket.once('close', () => answered || reject(endOfStream()))
  try {
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': 'webhook-error-exporter',
        accept: '*/*',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        ...lowerCased(headers),
      },
      maxHeaderSize: HEAD_LIMIT,
      insecureHTTPParser: false,
    })
    let interim = 0
    request.on('information', () => {
      interim += 1
      if (interim > MOST_INTERIM) reject(new OutboundFault('protocol', 'the server sends endless interim answers'))
    })
    request.on('upgrade', () => reject(new OutboundFault('protocol', 'the answer switches to another protocol')))
    request.on('error', (error) => reject(exchangeFault(error)))
    request.on('response', (response) => {
      answered = true
      const { location, allow, 'retry-after': retryAfter } = response.headers
      const head = {
        status: response.statusCode ?? 0,
        allows: Boolean(allow),
        ...(location === undefined ? {} : { location }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }
      readText(response, answerLimit).then((text) => resolve({ ...head, body: text }), reject)
    })
    request.end(body)
  } catch {
    reject(new OutboundFault('unknown', 'a configured header contains characters that HTTP does not allow'))
  }
  return promise.finally(() => {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  })
}

/** The first bytes of an answer's body. @throws OutboundFault */
function readText(response: IncomingMessage, limit: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  let length = 0
  const end = () => resolve(Buffer.concat(chunks).subarray(0, limit).toString())
  response.on('error', (error) => reject(exchangeFault(error)))
  response.once('close', () => reject(endOfStream()))
  if (limit === 0) {
    end()
    return promise
  }
  response.once('end', end)
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= limit) end()
  })
  return promise
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
