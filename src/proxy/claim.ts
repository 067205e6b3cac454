import type { IncomingHttpHeaders } from 'node:http'

/** A request that may be the platform's. */
export interface Claim {
  /** Whether it says who sent the request; otherwise anyone may have. */
  readonly identifies: boolean
  /** Each chunk of the body, in order. */
  update(chunk: Uint8Array): void
  /** Whether it holds. Call it once, at the end of the body. */
  holds(): boolean
}

/** Recognizes what the platform sends. @returns undefined where the header alone shows that somebody else sent the request */
export type Recognizer = (headers: IncomingHttpHeaders) => Claim | undefined
