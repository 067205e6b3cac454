import type { IncomingMessage } from 'node:http'
import { AppError } from '../../errors.ts'
import { formatSize } from '../../units.ts'

/** The client disconnected before its request was complete: no answer can be sent. */
export class ClientClosed extends Error {
  constructor() {
    super('the client closed the connection')
    this.name = 'ClientClosed'
  }
}

/**
 * Milliseconds for which a body that is too large is still read and discarded: closing at once would reset the
 * connection of a client that is still sending, and it would never see the answer.
 */
const LINGER = 2_000

/**
 * Reads a request's bytes as they are (a signature is over bytes, not over a decoded string).
 * @param limit most bytes, above it nothing more is kept
 * @param timeout milliseconds for the whole body
 * @throws AppError `too_large`, `request_timeout`, `overloaded`; ClientClosed
 */
export function readBody(
  request: IncomingMessage,
  { limit, timeout }: { limit: number; timeout: number },
): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limit) return Promise.reject(discardTooLarge(request, limit))
  return read(request, { limit, timeout, isCut: false })
}

/**
 * Reads a whole body, however large, and keeps its first bytes.
 * @throws AppError `request_timeout`, `overloaded`; ClientClosed
 */
export const readStart = (
  request: IncomingMessage,
  { kept, timeout }: { kept: number; timeout: number },
): Promise<Buffer> => read(request, { limit: kept, timeout, isCut: true })

/** Most bodies arrive together with their header. Then one read gives all of it, and no listener is needed. */
async function read(request: IncomingMessage, options: ReadOptions): Promise<Buffer> {
  // The parser calls the handler before it has passed on what follows the header.
  await undefined
  const { readableLength, headers } = request
  const isWhole = readableLength > 0 && String(readableLength) === headers['content-length']
  return (isWhole && readableLength <= options.limit && request.read()) || receive(request, options)
}

interface ReadOptions {
  readonly limit: number
  readonly timeout: number
  readonly isCut: boolean
}

function receive(request: IncomingMessage, { limit, timeout, isCut }: ReadOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const kept = new KeptBytes(limit)
    let length = 0
    let isDone = false
    const timer = setTimeout(() => done(new AppError('request_timeout', 'the body did not arrive in time')), timeout)
    const done = (error?: Error) => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      // The request keeps its listeners, and with them what they refer to.
      const body = kept.take()
      if (!error) resolve(body)
      else {
        discard(request)
        reject(error)
      }
    }
    // The listeners stay: a late error of an abandoned stream must not end the process.
    // It also closes after a whole body, when an error with its stack would be made for nothing.
    const onClose = () => {
      if (!isDone) done(new ClientClosed())
    }
    if (request.destroyed) return onClose()
    request
      .on('end', () => done())
      .on('error', onClose)
      .on('close', onClose)
    request.on('data', (chunk: Buffer) => {
      if (isDone) return
      length += chunk.length
      if (length > limit && !isCut) done(tooLarge(limit))
      else if (!kept.add(chunk)) done(new AppError('overloaded', 'too many large bodies arrive at once; send it again'))
    })
  })
}

/** Bytes that all bodies together may have which have begun to arrive, and not ended: most arrive whole, and never count. */
const ARRIVING_BYTES = 64 * 2 ** 20
let arriving = 0
const EMPTY = Buffer.alloc(0)

/**
 * The first bytes of a body, in one buffer that doubles: a list of chunks of one byte each would take hundreds of times as
 * much memory as they have bytes.
 */
class KeptBytes {
  readonly #limit: number
  #bytes: Buffer = EMPTY
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns false if there is no room for it */
  add(chunk: Buffer): boolean {
    const length = Math.min(this.#length + chunk.length, this.#limit)
    if (length > this.#bytes.length && !this.#grow(length)) return false
    this.#length += chunk.copy(this.#bytes, this.#length)
    return true
  }

  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length)
    arriving -= this.#bytes.length
    this.#bytes = EMPTY
    return bytes
  }

  #grow(length: number): boolean {
    const size = Math.min(this.#limit, Math.max(length, 2 * this.#bytes.length))
    if (arriving + size - this.#bytes.length > ARRIVING_BYTES) return false
    arriving += size - this.#bytes.length
    const before = this.#bytes
    this.#bytes = Buffer.allocUnsafe(size)
    before.copy(this.#bytes, 0, 0, this.#length)
    return true
  }
}

const tooLarge = (limit: number) => new AppError('too_large', `the body is larger than ${formatSize(limit)}`)

/** Throws away a body that its header declares too large. @returns the error to answer with */
export function discardTooLarge(request: IncomingMessage, limit: number): AppError {
  discard(request)
  return tooLarge(limit)
}

function discard(request: IncomingMessage): void {
  request.resume()
  const timer = setTimeout(() => request.destroy(), LINGER).unref()
  request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
}
