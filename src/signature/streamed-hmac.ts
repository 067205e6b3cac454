import { createHmac } from 'node:crypto'
import { sameBytes } from './constant-time.ts'
import type { HmacAlgorithm } from './hmac.ts'

/** Says of a body that passes by whether it was signed. Nothing of it is kept. */
export interface StreamedHmac {
  update(chunk: Uint8Array): void
  /** Whether one of the keys made one of the signatures. Call it once, at the end of the body. */
  matches(): boolean
}

export function streamedHmac(
  signatures: readonly Uint8Array[],
  signed: {
    readonly algorithm: HmacAlgorithm
    readonly keys: readonly Uint8Array[]
    /** What is signed before and after the body. */
    readonly around: readonly [before: string, after: string]
  },
): StreamedHmac {
  const [before, after] = signed.around
  const hmacs = signed.keys.map((key) => createHmac(signed.algorithm, key).update(before))
  return {
    update(chunk) {
      for (const hmac of hmacs) hmac.update(chunk)
    },
    matches: () =>
      hmacs
        .map((hmac) => hmac.update(after).digest())
        .some((expected) => signatures.some((each) => sameBytes(each, expected))),
  }
}
