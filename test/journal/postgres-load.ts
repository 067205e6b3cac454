import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { openPostgresJournal, type PostgresJournalOptions } from '../../src/journal/postgres/journal.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { EventLog, entry, INCIDENTS } from './entries.ts'

/** A journal as the service opens it, but quicker in everything that waits. */
export function quickJournal(
  url: string,
  options: Partial<PostgresJournalOptions> = {},
): ReturnType<typeof openPostgresJournal> {
  return openPostgresJournal({
    url,
    events: new EventLog(),
    clock: Date.now,
    incidents: INCIDENTS,
    retention: { age: 30 * 86_400_000, size: 2 ** 40 },
    retry: { min: 50, max: 400 },
    commitDeadline: 1_000,
    tick: 200,
    leaseTerm: 1_000,
    ...options,
  })
}

/**
 * Quick journals that end with the test. Belongs directly in a `describe`: it registers the suite's hooks.
 * @returns opens one more
 */
export function quickJournals(): (
  ...args: Parameters<typeof quickJournal>
) => Promise<ReturnType<typeof quickJournal>> {
  const journals: ReturnType<typeof quickJournal>[] = []
  afterEach(async () => {
    await Promise.all(journals.splice(0).map((journal) => journal.close(2_000)))
  })
  return async (...args) => {
    const journal = quickJournal(...args)
    journals.push(journal)
    await journal.open()
    return journal
  }
}

export interface Outcome {
  readonly acknowledged: number
  /** Of those, found in the database. */
  readonly found: number
  readonly lost: number
  /** Reports with an id of the sender that are there more than once. */
  readonly doubled: number
  /** Endpoints with more than one incident, or with one that counts other than the failures that are there. */
  readonly miscounted: number
}

/**
 * Senders that report without a pause. Every other report carries an id, and is sent again under it until it is
 * acknowledged or the load ends.
 */
export class Load {
  readonly acknowledged = new Set<string>()
  /** Ids of senders, by the id that their acknowledgement had. */
  readonly #keyOf = new Map<string, string>()
  /** Codes of refusals. */
  readonly refused = new Set<string>()
  #stopped = false
  #senders: Promise<unknown> | undefined
  #keys = 0
  /** Called with the moment from which a new acknowledgement counts as recovery. */
  #onAcknowledged: (() => void) | undefined

  start(journals: readonly Pick<Journal, 'record'>[], senders = 16): this {
    this.#senders = Promise.all(
      Array.from({ length: senders }, (_, index) => this.#send(journals[index % journals.length]!)),
    )
    return this
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#senders
  }

  /** Milliseconds until the next report that is handed in from now on is acknowledged. */
  recovery(): Promise<number> {
    const begun = performance.now()
    return new Promise((resolve) => {
      this.#onAcknowledged = () => resolve(performance.now() - begun)
    })
  }

  /**
   * @param byKey whether a report with an id of its sender counts as found under any id: a spill cannot know that the
   *   database has it already under another one
   */
  async outcome(server: PostgresServer, url: string, byKey = false): Promise<Outcome> {
    const database = url.match(/test_\w+/)![0]
    const rows = await server.query('SELECT id, message FROM webhook_errors.failures', database)
    const there = new Set(rows.map(({ id }) => id as string))
    const keys = new Set(rows.map(({ message }) => message as string))
    const doubled = await server.query(
      `SELECT message FROM webhook_errors.failures WHERE message LIKE 'key %' GROUP BY message HAVING count(*) > 1`,
      database,
    )
    const found = [...this.acknowledged].filter(
      (id) => there.has(id) || (byKey && keys.has(this.#keyOf.get(id) ?? '')),
    ).length
    const miscounted = await server.query(
      `SELECT 1 FROM (SELECT endpoint, count(*) AS n FROM webhook_errors.failures GROUP BY endpoint) f
       JOIN (SELECT endpoint, count(*) AS n, sum((incident::json ->> 'failures')::int) AS failures
         FROM webhook_errors.incidents GROUP BY endpoint) i ON i.endpoint = f.endpoint
       WHERE i.n > 1 OR i.failures <> f.n`,
      database,
    )
    return {
      acknowledged: this.acknowledged.size,
      found,
      lost: this.acknowledged.size - found,
      doubled: doubled.length,
      miscounted: miscounted.length,
    }
  }

  async #send(journal: Pick<Journal, 'record'>): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      const key = count % 2 === 0 ? `key ${++this.#keys}` : undefined
      do {
        const report = entry({
          endpoint: `endpoint-${count % 7}`,
          isTracked: count % 7 < 4,
          ...(key ? { key, message: key } : {}),
        })
        const asked = this.#onAcknowledged
        try {
          const { id } = await journal.record(report)
          this.acknowledged.add(id)
          if (key) this.#keyOf.set(id, key)
          asked?.()
          break
        } catch (error) {
          this.refused.add((error as { code: string }).code)
          await sleep(10 + Math.random() * 20)
        }
      } while (key && !this.#stopped)
    }
  }
}

/**
 * Prints what a load found after a fault.
 * @param recovery milliseconds of each run
 */
export function show(
  name: string,
  runs: number,
  { acknowledged, found, lost, doubled, miscounted }: Outcome,
  recovery: readonly number[],
): void {
  const seconds = recovery.length > 0 ? (Math.max(...recovery) / 1_000).toFixed(2) : '-'
  console.log(
    `      ${name}: ${runs} runs, ${acknowledged} acknowledged, ${found} found, ${lost} lost, ${doubled} doubled, ${miscounted} incidents wrong, recovered in at most ${seconds} s`,
  )
}
