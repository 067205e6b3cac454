import type { Lease } from '../../domain/ports/lease.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** The one row of the table: everything that only one replica may do goes together. */
const NAME = 'work'

/**
 * The lease as a row that runs out by the server's clock. The holder counts from before it asked, by a clock that never
 * jumps, so it always releases the lease first.
 */
export class PostgresLease implements Lease {
  readonly #holder: string
  readonly #term: number
  readonly #handlers = new Set<(fence: number | null) => void>()
  #fence: number | null = null
  /** By the monotonic clock. */
  #endsAt = 0
  #timer: NodeJS.Timeout | undefined
  /** Whether this process is done with it: a renewal that was on its way must not take it again. */
  #closed = false

  /**
   * @param holder a name that no other process has
   * @param term milliseconds from a renewal to the moment when another replica may take it
   */
  constructor(holder: string, term: number) {
    this.#holder = holder
    this.#term = term
  }

  fence(): number | null {
    // A process that was paused may get here before its timers run.
    if (performance.now() >= this.#endsAt) this.#set(null)
    return this.#fence
  }

  onChange(handler: (fence: number | null) => void): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Takes it where it is free, renews it where it is ours. */
  async renew(session: Session): Promise<void> {
    if (this.#closed) return
    const asked = performance.now()
    const [row] = await session.query<[number]>(
      `INSERT INTO ${SCHEMA}.leases AS l (name, holder, fence, expires_at)
       VALUES ($1, $2, 1, now() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
         fence = l.fence + CASE WHEN l.holder = excluded.holder AND l.expires_at > now() THEN 0 ELSE 1 END
       WHERE l.holder = excluded.holder OR l.expires_at <= now()
       RETURNING fence`,
      [NAME, this.#holder, this.#term],
    )
    if (this.#closed) return
    if (!row) return this.#set(null)
    clearTimeout(this.#timer)
    this.#endsAt = asked + this.#term
    const left = this.#endsAt - performance.now()
    if (left <= 0) return this.#set(null)
    this.#timer = setTimeout(() => this.#set(null), left).unref()
    this.#set(row[0])
  }

  /**
   * Releases the lease permanently, so that another replica need not wait for the term's end.
   * @param session the one that renews: its statements run in order, so a renewal on its way is undone too
   */
  async release(session: Session): Promise<void> {
    this.drop()
    await session.execute(`UPDATE ${SCHEMA}.leases SET expires_at = now() WHERE name = $1 AND holder = $2`, [
      NAME,
      this.#holder,
    ])
  }

  /** Stops acting as the holder permanently, without telling the database. */
  drop(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#set(null)
  }

  #set(fence: number | null): void {
    if (fence === this.#fence) return
    this.#fence = fence
    for (const handler of this.#handlers) handler(fence)
  }
}

/** A condition for the holder's own statements: false once another replica took over. Parameter: the fence. */
export const fenced = (parameter: string): string =>
  `EXISTS (SELECT 1 FROM ${SCHEMA}.leases WHERE name = '${NAME}' AND fence = ${parameter} AND expires_at > now())`
