import type { ServerResponse } from 'node:http'
import type { ResponseHead } from './attempt.ts'
import { responseHeaders } from './headers.ts'

/** A reason phrase that Node.js can send. undici has read it as UTF-8; it carries nothing (RFC 9112, 4), so others are left out. */
const PHRASE = /^[\t\x20-\x7e]*$/

function flushHeader(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders()
}

/** Writes the application's response to the platform, no faster than the platform reads. */
export class ResponseWriter {
  readonly #response: ServerResponse
  readonly #source: { resume(): void }
  #waits = false

  /** @param source resumed when more may be written after `write` returned false */
  constructor(response: ServerResponse, source: { resume(): void }) {
    this.#response = response
    this.#source = source
  }

  /** Whether the platform has yet to read what was written. */
  get isWaiting(): boolean {
    return this.#response.headersSent && this.#response.writableLength > 0
  }

  /** @returns false if the header cannot be sent on */
  begin(status: number, statusText: string, head: ResponseHead): boolean {
    const response = this.#response
    if (response.destroyed) return true
    const headers = responseHeaders(head, status)
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

  end(): void {
    if (!this.#response.destroyed) this.#response.end()
  }
}
