import { createHash } from 'node:crypto'
import { failureValues } from './columns.ts'
import type { StoredRecord } from './records.ts'

/** SHA-256 over records in the given order. A NUL in a text counts as U+FFFD, since PostgreSQL stores none. */
export class RecordDigest {
  readonly #hash = createHash('sha256')

  add({ failure, raw, idempotency }: StoredRecord): void {
    const values = failureValues(failure)
    const text = JSON.stringify([...values, idempotency?.key ?? null, idempotency?.digest ?? null, raw.byteLength])
    this.#hash.update(text.replaceAll('\\u0000', '\uFFFD')).update(raw)
  }

  hex(): string {
    return this.#hash.digest('hex')
  }
}
