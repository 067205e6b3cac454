import { hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { Clock } from '../../domain/clock.ts'
import type { IncidentSettings } from '../../domain/incident.ts'
import type { Entry, Recorded, SeriesTotal, SpillStatus } from '../../domain/journal.ts'
import type { Fault } from '../core/fault.ts'
import { labelsOf } from '../core/records.ts'
import { type DrainableJournal, openSqliteJournal } from '../sqlite/journal.ts'
import { type RefusedRecord, SetAside } from './set-aside.ts'

export interface SpillOptions {
  /** The SQLite file; on a volume that outlives the process, since what it holds was acknowledged. */
  readonly path: string
  /** Bytes; a larger spill takes nothing more. */
  readonly size: number
  readonly incidents: IncidentSettings
  readonly clock: Clock
  readonly onFault: (fault: Fault) => void
}

/** Records that move on in one step. */
const BATCH = 200
/** Nothing of it may expire: it waits for as long as the database is away. Milliseconds. */
const FOREVER = 1_000 * 365 * 86_400_000

/** A SQLite journal that takes reports while the database is away. It acknowledges as any journal does: once they are durable. */
export class Spill {
  readonly #options: SpillOptions
  #journal: DrainableJournal
  #waiting = 0
  /** Reports that it is about to hold. */
  #arriving = 0
  /** Hashes of the senders' ids among what waits, and how many records there are of an earlier process, whose ids are not here. */
  readonly #keys = new Set<number>()
  #earlier = 0
  #renewing = false
  #series: readonly SeriesTotal[] = []
  /** Endpoints whose incidents are followed, so that the records do to them what they would have done. */
  readonly #tracked = new Set<string>()
  readonly #setAside: SetAside

  constructor(options: SpillOptions) {
    this.#options = options
    this.#setAside = new SetAside(`${options.path}.set-aside.ndjson`, options.size)
    this.#journal = this.#make()
  }

  async open(): Promise<void> {
    await Promise.all([this.#journal.open(), this.#setAside.open().catch((error) => this.#tell(error))])
  }

  /** Whether it can take a report now. */
  get usable(): boolean {
    const { size } = this.#journal.status()
    return this.#up && (size === null || size.bytes < this.#options.size)
  }

  get #up(): boolean {
    return this.#journal.status().up && !this.#renewing
  }

  /** Whether the sender's id may be that of a report that waits here, or is on its way here. */
  mayKnow(entry: Entry): boolean {
    return entry.idempotency !== undefined && this.#up && (this.#earlier > 0 || this.#keys.has(hashOf(entry)))
  }

  status(): SpillStatus {
    const { count } = this.#setAside
    return { usable: this.usable, waiting: this.#waiting, ...(count > 0 && { setAside: count }) }
  }

  /** Label sets of what waits since an earlier process. */
  series(): readonly SeriesTotal[] {
    return this.#series
  }

  /** @throws what `Journal.record` rejects with */
  record(entry: Entry): Promise<Recorded> {
    return this.#note(entry, this.#journal.record(entry))
  }

  /** As `record`, for the entries of one request: in one transaction. */
  recordAll(entries: readonly Entry[]): Promise<Recorded>[] {
    return this.#journal.recordAll(entries).map((recording, index) => this.#note(entries[index]!, recording))
  }

  async #note(entry: Entry, recording: Promise<Recorded>): Promise<Recorded> {
    this.#arriving++
    if (entry.idempotency) this.#keys.add(hashOf(entry))
    try {
      const recorded = await recording
      if (recorded.duplicate) return recorded
      this.#waiting++
      if (entry.isTracked) this.#tracked.add(entry.failure.endpoint)
      return recorded
    } finally {
      this.#arriving--
    }
  }

  /**
   * Hands over the oldest records until there are none, in order; then the file begins anew.
   * @param store makes a batch durable elsewhere, and returns those that are refused there whatever is tried: they are set
   *   aside. A batch is handed over again where it rejects, or where the process ends before it was removed here
   */
  async drain(store: (entries: readonly Entry[]) => Promise<readonly RefusedRecord[]>): Promise<void> {
    while (this.#waiting > 0) {
      const records = await this.#journal.oldest(BATCH)
      if (records.length === 0) {
        this.#waiting = 0
        break
      }
      const refused = await store(
        records.map((record) => ({
          ...record,
          labels: labelsOf(record.failure, false),
          isTracked: this.#tracked.has(record.failure.endpoint),
        })),
      )
      if (refused.length > 0) await this.#putAside(refused)
      await this.#journal.remove(records.map(({ failure }) => failure.id))
      this.#waiting = Math.max(0, this.#waiting - records.length)
      this.#earlier = Math.max(0, this.#earlier - records.length)
      for (const record of records) this.#keys.delete(hashOf(record))
    }
    if (this.#arriving === 0) await this.#beginAnew()
  }

  close(deadline: number): Promise<void> {
    return this.#journal.close(deadline)
  }

  #make(): DrainableJournal {
    const { path, incidents, clock, onFault } = this.#options
    return openSqliteJournal({
      path,
      incidents,
      clock,
      retention: { age: FOREVER, size: 2 ** 50 },
      sizeInterval: 1_000,
      countFirst: true,
      events: {
        // Not only by `open`: a file that an ending process still holds is opened later.
        onOpened: (totals) => {
          this.#series = totals
          this.#waiting = this.#journal.status().size?.failures ?? 0
          this.#earlier = this.#waiting
        },
        onSnapshot: (states) => {
          for (const { endpoint } of states) this.#tracked.add(endpoint)
        },
        onFault: (kind, detail) => onFault({ kind, detail: `the spill: ${detail}` }),
        onCommitted: () => {},
        onExpired: () => {},
      },
    })
  }

  async #putAside(refused: readonly RefusedRecord[]): Promise<void> {
    await this.#setAside.add(refused)
    for (const { record, reason } of refused) {
      const detail = `the spill: the database refuses report ${record.failure.id} (${reason}); it was set aside in ${this.#setAside.path}`
      this.#options.onFault({ kind: 'io', detail })
    }
  }

  #tell(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException
    this.#options.onFault({ kind: 'io', detail: `the spill: ${this.#options.path} (${code ?? message})` })
  }

  /** Totals and incidents of what has moved on are of no use here, and would grow. */
  async #beginAnew(): Promise<void> {
    if (this.#journal.status().size?.failures === 0 && this.#series.length === 0 && this.#tracked.size === 0) return
    const { path } = this.#options
    this.#renewing = true
    try {
      await this.#journal.close(5_000)
      // A report that came in between is there still: then the file stays for the next time. The database itself goes last:
      // without it, what is beside it would be taken for that of the next one.
      if (this.#waiting === 0) for (const end of ['.mark', '-wal', '-shm', '']) rmSync(`${path}${end}`, { force: true })
    } catch (error) {
      // The file is used as it is, and removed the next time.
      this.#tell(error)
    }
    this.#series = []
    this.#tracked.clear()
    this.#keys.clear()
    this.#journal = this.#make()
    await this.#journal.open()
    this.#renewing = false
  }
}

/** 48 bits; two ids that share them are merely asked about twice. */
function hashOf({ failure: { source, tenant }, idempotency }: Pick<Entry, 'failure' | 'idempotency'>): number {
  return hash('sha1', `${source}\0${tenant}\0${idempotency?.key}`, 'buffer').readUIntBE(0, 6)
}
