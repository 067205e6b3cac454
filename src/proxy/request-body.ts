import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { COPY_LIMIT, type CopySpace } from './copies.ts'

/** Milliseconds for which the rest of a body is still read and discarded once the delivery has been answered. */
const LINGER = 2_000

/** Bytes: most of a body that is in memory while nothing reads it. What came with the header, and Node's buffer and a read above it. */
const HELD_LIMIT = 3 * 65_536

/** Chunks of a copy, before they become one: those of one byte each take hundreds of times as much memory as they have bytes. */
const MOST_CHUNKS = 64

/**
 * The body of a request: it is streamed to the application as it arrives, and what has arrived is kept for another
 * attempt as long as it fits.
 */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #space: CopySpace
  /** What has arrived, in full; undefined once part of it is gone. */
  #copy: Buffer[] | undefined = []
  /** Bytes of the copy that count against the space. */
  #kept = 0
  #hasRoom = true
  #ended = false
  #stream: Readable | undefined
  /** Whether an attempt has sent it in chunks: the next one is to be the same. */
  #isChunked = false
  readonly #onChunk: ((chunk: Buffer) => void) | undefined

  /**
   * Call it in a microtask after the request's header was parsed: bytes received with the header can be read by then.
   * @param onChunk called with each chunk, once, as it arrives
   */
  constructor(request: IncomingMessage, space: CopySpace, onChunk?: (chunk: Buffer) => void) {
    this.#request = request
    this.#space = space
    this.#onChunk = onChunk
    const first = request.read() as Buffer | null
    if (first) {
      onChunk?.(first)
      this.#copy = [first]
      this.#hasRoom = space.take(first.length)
      if (this.#hasRoom) this.#kept = first.length
    }
    // Node says so a moment later; most bodies come together with their header.
    const isWhole = first !== null && first.length === Number(request.headers['content-length'])
    if (request.complete || isWhole) {
      this.#ended = true
      // Otherwise Node would hold the next request of the connection back.
      request.resume()
      return
    }
    request.pause()
    request.on('data', (chunk: Buffer) => this.#arrived(chunk))
    request.on('end', () => {
      this.#ended = true
      this.#stream?.push(null)
    })
    // A late error of an abandoned stream must not end the process.
    request.on('error', () => {})
  }

  /** Whether everything that has been read could be sent again. */
  get canRepeat(): boolean {
    return this.#copy !== undefined
  }

  get isComplete(): boolean {
    return this.#ended
  }

  /** Bytes that this request holds while it waits for a connection. */
  get held(): number {
    const declared = Number(this.#request.headers['content-length'] ?? (this.#ended ? this.#kept : HELD_LIMIT))
    return Math.min(declared, HELD_LIMIT)
  }

  /** The body for the next attempt; null if there is none. Ends the stream of the attempt before. */
  next(): Buffer | Readable | null {
    this.detach()
    const copy = this.#copy ?? []
    if (this.#ended && this.#isChunked) return chunked(copy)
    if (this.#ended) return copy.length === 0 ? null : copy.length === 1 ? copy[0]! : Buffer.concat(copy)
    const stream = new Readable({ highWaterMark: COPY_LIMIT, read: () => this.#request.resume() })
    stream.on('error', () => {})
    for (const chunk of copy) stream.push(chunk)
    this.#stream = stream
    this.#isChunked = this.#request.headers['content-length'] === undefined
    return stream
  }

  /** Part of the body may have reached the application: what has no room is not kept any longer. */
  begun(): void {
    if (!this.#hasRoom) this.release()
  }

  /** The attempt no longer reads. */
  detach(): void {
    const stream = this.#stream
    this.#stream = undefined
    if (!stream) return
    this.#request.pause()
    stream.destroy()
  }

  /** No further attempt follows: the copy is given up. */
  release(): void {
    if (this.#kept > 0) this.#space.release(this.#kept)
    this.#kept = 0
    this.#copy = undefined
  }

  /** The delivery has been answered: what else arrives is discarded, for a while. */
  discard(): void {
    this.release()
    this.detach()
    const request = this.#request
    if (this.#ended || request.destroyed) return
    request.resume()
    const timer = setTimeout(() => request.destroy(), LINGER)
    request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
  }

  #arrived(chunk: Buffer): void {
    this.#onChunk?.(chunk)
    this.#keep(chunk)
    // Without a reader it is being discarded.
    if (this.#stream && !this.#stream.push(chunk)) this.#request.pause()
  }

  #keep(chunk: Buffer): void {
    if (!this.#copy || !this.#hasRoom) return
    if (this.#kept + chunk.length <= COPY_LIMIT && this.#space.take(chunk.length)) {
      this.#copy.push(chunk)
      this.#kept += chunk.length
      if (this.#copy.length === MOST_CHUNKS) this.#copy = [Buffer.concat(this.#copy)]
    } else this.release()
  }
}

/** A stream of a length that undici cannot tell in advance. */
function chunked(copy: readonly Buffer[]): Readable {
  const rest = [...copy]
  return new Readable({
    read() {
      this.push(rest.shift() ?? null)
    },
  })
}
