import { hash } from 'node:crypto'
import type { Entry } from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'

/** Ids of senders that are kept. */
const KEPT = 10_000

/**
 * The newest ids of senders that this process stored in the database, in memory: what the spill asks while the database cannot be
 * asked.
 */
export class RecentIds {
  readonly #known = new Map<string, { readonly id: string; readonly digest: string }>()

  /** @param id of the record that has the sender's id of the entry */
  add(entry: Pick<Entry, 'failure' | 'idempotency'>, id: string): void {
    if (!entry.idempotency) return
    const name = nameOf(entry)
    // As the newest one.
    this.#known.delete(name)
    this.#known.set(name, { id, digest: entry.idempotency.digest })
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value!)
  }

  has(entry: Entry): boolean {
    return entry.idempotency !== undefined && this.#known.has(nameOf(entry))
  }

  /** The record with the sender's id of an entry. @throws AppError `idempotency_key_reused` if it has another body */
  find(entry: Entry): string | undefined {
    if (!entry.idempotency) return undefined
    const known = this.#known.get(nameOf(entry))
    if (known && known.digest !== entry.idempotency.digest) throw reused()
    return known?.id
  }
}

const reused = () => new AppError('idempotency_key_reused', 'this id was used before, with another body')

const nameOf = ({ failure: { source, tenant }, idempotency }: Pick<Entry, 'failure' | 'idempotency'>): string =>
  `${source}\0${tenant}\0${idempotency?.key}`

/** 48 random bits of the id. */
export const tailOf = (id: string): number => Number.parseInt(id.slice(-12), 16)

/** 48 bits; a collision costs one more query. */
export const hashOf = (entry: Pick<Entry, 'failure' | 'idempotency'>): number =>
  hash('sha1', nameOf(entry), 'buffer').readUIntBE(0, 6)
