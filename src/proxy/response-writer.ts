import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RawHeaders, ResponseHead } from './attempt.ts'
import { responseHeaders, responseTrailers } from './headers.ts'

/** A reason phrase that Node.js can send. undici has read it as UTF-8; it carries nothing (RFC 9112, 4), so others are left out. */
const PHRASE = /^[\t\x20-\x7e]*$/

function flushHeader(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders()
}

/** Writes the application's response to the platform, no faster than the platform reads. */
export class ResponseWriter {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #source: { resume(): void }
  #waits = false

  /** @param source resumed when more may be written after `write` returned false */
  constructor(request: IncomingMessage, response: ServerResponse, source: { resume(): void }) {
    this.#request = request
    this.#response = response
    this.#source = source
  }

  /** Whether the platform has yet to read what was written. */
  get isWaiting(): boolean {
    return this.#response.headersSent && this.#response.writableLength > 0
  }

  /** Passes an interim response on, as far as the platform understands it (RFC 9110 section 15.2). */
  inform(status: number, head: ResponseHead): void {
    // Only links are known to be of use early (RFC 8297).
    if (status !== 103 || this.#request.httpVersionMinor < 1 || this.#response.headersSent) return
    const pairs = responseHeaders(head, { canHaveTrailers: false, canHaveLength: false }) ?? []
    const links = pairs.filter((_, index) => index % 2 === 1 && pairs[index - 1]!.toLowerCase() === 'link')
    if (links.length === 0) return
    try {
      this.#response.writeEarlyHints({ link: links })
    } catch {
      // Node.js takes fewer forms of links than RFC 8288 has. A hint may be left out, a response may not.
    }
  }

  /** @returns false if the header cannot be sent on */
  begin(status: number, statusText: string, head: ResponseHead): boolean {
    const response = this.#response
    if (response.destroyed) return true
    const isBodiless = this.#request.method === 'HEAD' || status === 204 || status === 304
    const canHaveTrailers = !isBodiless && this.#request.httpVersionMinor >= 1
    const headers = responseHeaders(head, { canHaveTrailers, canHaveLength: status !== 204 })
    if (!headers) return false
    try {
      response.writeHead(status, PHRASE.test(statusText) ? statusText : '', headers)
    } catch {
      return false
    }
    // Together with the part of the body that came with the header, if any did.
    process.nextTick(flushHeader, response)
    return true
  }

  /** @returns false if nothing more may be written until `resume` is called */
  write(chunk: Buffer): boolean {
    const response = this.#response
    if (response.destroyed || response.write(chunk)) return true
    if (!this.#waits) {
      this.#waits = true
      response.once('drain', () => {
        this.#waits = false
        this.#source.resume()
      })
    }
    return false
  }

  end(trailers: RawHeaders): void {
    const response = this.#response
    if (response.destroyed) return
    if (trailers.length > 0 && response.chunkedEncoding) response.addTrailers(responseTrailers(trailers))
    response.end()
  }
}
