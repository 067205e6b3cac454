import { rmSync } from 'node:fs'
import { type IncidentSettings, startsTracking } from '../../domain/incident/incident.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import {
  type Entry,
  isSignalEntry,
  type Recorded,
  type SeriesTotal,
  type SignalEntry,
  type SpillStatus,
} from '../../domain/ports/journal.ts'
import type { Fault } from '../core/fault.ts'
import { GROUP_DEFAULTS } from '../core/group-options.ts'
import {
  type BatchLimits,
  bytesOf,
  idOf,
  isStoredSignal,
  labelsOf,
  ROW_BYTES,
  type StoredRecord,
  type StoredSignal,
} from '../core/records.ts'
import { type DrainableJournal, openSqliteJournal } from '../sqlite/journal.ts'
import { hashOf, tailOf } from './recent-ids.ts'
import { SetAside } from './set-aside.ts'
import type { Move, RefusedRecord } from './spill-target.ts'

export interface SpillOptions {
  /** The SQLite file; on a volume that outlives the process, since what it holds was acknowledged. */
  readonly path: string
  /** Bytes; a larger spill takes nothing more. */
  readonly size: number
  readonly incidents: IncidentSettings
  /** Whether failures are counted by tenant too. */
  readonly tenantLabel: boolean
  readonly clock: Clock
  readonly onFault: (fault: Fault) => void
}

/** What is moved in one step: the database has no longer for it than for a group of reports. */
const BATCH: BatchLimits = { records: 200, bytes: GROUP_DEFAULTS.groupBytes }
/** Milliseconds: nothing expires, however long the database is unreachable. */
const FOREVER = 1_000 * 365 * 86_400_000

/** A SQLite journal that takes reports while the database is unreachable, and acknowledges them once they are durable. */
export class SpillFile {
  readonly #options: SpillOptions
  #journal: DrainableJournal
  #waiting = 0
  /** Reports that are being recorded, and the bytes that they are to take. */
  #arriving = 0
  #arrivingBytes = 0
  /** Hashes of the senders' ids of waiting reports, and how many reports of an earlier process there are, whose ids are not known. */
  readonly #keys = new Set<number>()
  /** Undefined until the file was opened for the first time. */
  #earlier: number | undefined
  /** What this process has acknowledged, as long as there are reports of an earlier one. */
  readonly #own = new Set<number>()
  #isRecreating = false
  #series: readonly SeriesTotal[] = []
  /** Endpoints with incidents: flushed records change these as they would have without the spill. */
  readonly #tracked = new Set<string>()
  readonly #setAside: SetAside

  constructor(options: SpillOptions) {
    this.#options = options
    this.#setAside = new SetAside(`${options.path}.set-aside.ndjson`, options.size)
    this.#journal = this.#create()
  }

  async open(): Promise<void> {
    await Promise.all([this.#journal.open(), this.#setAside.open().catch((error) => this.#report(error))])
  }

  /** Whether it can take a report now. */
  get usable(): boolean {
    const { size } = this.#journal.status()
    return this.#up && (size?.bytes ?? 0) + this.#arrivingBytes < this.#options.size
  }

  /** Whether nothing waits here, nor is being recorded. */
  get isEmpty(): boolean {
    return this.#waiting === 0 && this.#arriving === 0
  }

  get #hasEarlier(): boolean {
    return this.#earlier !== undefined && this.#earlier > 0
  }

  get #up(): boolean {
    return this.#journal.status().up && !this.#isRecreating
  }

  /** Whether the sender's id may belong to a report that waits here or is being recorded. */
  mayKnow(entry: Entry): boolean {
    return entry.idempotency !== undefined && this.#up && (this.#hasEarlier || this.#keys.has(hashOf(entry)))
  }

  status(): SpillStatus {
    const { count } = this.#setAside
    return { usable: this.usable, waiting: this.#waiting, ...(count > 0 && { setAside: count }) }
  }

  /** Label sets of the reports of an earlier process. */
  series(): readonly SeriesTotal[] {
    return this.#series
  }

  /** @throws what `Journal.record` rejects with */
  record(entry: Entry): Promise<Recorded> {
    return this.#note(entry, this.#journal.record(entry))
  }

  /** As `record`, for the entries of one request: in one transaction. */
  recordAll(entries: readonly (Entry | SignalEntry)[]): Promise<Recorded>[] {
    return this.#journal.recordAll(entries).map((recording, index) => this.#note(entries[index]!, recording))
  }

  async #note(entry: Entry | SignalEntry, recording: Promise<Recorded>): Promise<Recorded> {
    // In the WAL, and then in the file.
    const bytes = 2 * (bytesOf(entry) + ROW_BYTES)
    this.#arriving++
    this.#arrivingBytes += bytes
    if (!isSignalEntry(entry) && entry.idempotency) this.#keys.add(hashOf(entry))
    try {
      const recorded = await recording
      if (recorded.duplicate) return recorded
      this.#waiting++
      if (this.#hasEarlier) this.#own.add(tailOf(recorded.id))
      if (entry.isTracked) this.#tracked.add((isSignalEntry(entry) ? entry.signal : entry.failure).endpoint)
      return recorded
    } finally {
      this.#arriving--
      this.#arrivingBytes -= bytes
    }
  }

  /**
   * Moves the oldest records until there are none, in order; then the file is created again.
   * @param store makes a batch durable elsewhere, and returns those that are refused there: they are set aside. A batch is
   *   moved again if it rejects, or if the process ends before the batch was removed here
   */
  async flush(store: Move['store']): Promise<void> {
    while (this.#waiting > 0) {
      const records = await this.#journal.oldest(BATCH)
      if (records.length === 0) {
        this.#waiting = 0
        break
      }
      const isEarlier = ({ failure }: Entry) => this.#hasEarlier && !this.#own.has(tailOf(failure.id))
      const refused = await store(
        records.map((record) => this.#entryOf(record)),
        isEarlier,
      )
      if (refused.length > 0) await this.setAside(refused)
      await this.#journal.remove(records.map(idOf))
      this.#waiting = Math.max(0, this.#waiting - records.length)
      for (const record of records) {
        if (this.#hasEarlier && !this.#own.delete(tailOf(idOf(record)))) this.#earlier!--
        if (!isStoredSignal(record)) this.#keys.delete(hashOf(record))
      }
    }
    if (this.#arriving === 0) await this.#recreate()
  }

  /** Whether its source reports successes is not known any more; if not, none will come. */
  #entryOf(record: StoredRecord | StoredSignal): Entry | SignalEntry {
    if (isStoredSignal(record)) {
      const { signal } = record
      // A signal that makes no endpoint known left no trace of it for the next process; it changes only what is known there.
      const event = { type: 'signal', at: signal.receivedAt, signal } as const
      return { ...record, isTracked: this.#tracked.has(signal.endpoint) || !startsTracking(event) }
    }
    const { failure } = record
    const isTracked = this.#tracked.has(failure.endpoint)
    return { ...record, labels: labelsOf(failure, this.#options.tenantLabel), isTracked, isProvable: true }
  }

  /** Keeps what the database refuses, and reports it. @throws FaultError */
  async setAside(refused: readonly RefusedRecord[]): Promise<void> {
    await this.#setAside.add(refused)
    for (const { record, reason } of refused) {
      const detail = `the spill: the database refused report ${idOf(record)} (${reason}); it was set aside in ${this.#setAside.path}`
      this.#options.onFault({ kind: 'io', detail })
    }
  }

  close(deadline: number): Promise<void> {
    return this.#journal.close(deadline)
  }

  #create(): DrainableJournal {
    const { path, incidents, clock, onFault } = this.#options
    return openSqliteJournal({
      path,
      incidents,
      clock,
      retention: { age: FOREVER, size: 2 ** 50 },
      sizeInterval: 1_000,
      isDrained: true,
      events: {
        // Not in `open`: a file that an ending process still locks is opened later.
        onOpened: (totals) => {
          this.#series = totals
          const size = this.#journal.status().size
          this.#waiting = (size?.failures ?? 0) + (size?.signals ?? 0)
          this.#earlier ??= this.#waiting
        },
        onSnapshot: (states) => {
          for (const { endpoint } of states) this.#tracked.add(endpoint)
        },
        onFault: (kind, detail, lost) =>
          onFault({ kind, detail: `the spill: ${detail}`, ...(lost !== undefined && { lost }) }),
        onCommitted: () => {},
        onExpired: () => {},
      },
    })
  }

  #report(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException
    this.#options.onFault({ kind: 'io', detail: `the spill: ${this.#options.path} (${code ?? message})` })
  }

  /** Totals and incidents of flushed reports are useless here, and would grow. */
  async #recreate(): Promise<void> {
    const size = this.#journal.status().size
    if (size?.failures === 0 && !size.signals && this.#series.length === 0 && this.#tracked.size === 0) return
    const { path } = this.#options
    this.#isRecreating = true
    try {
      await this.#journal.close(5_000)
      // A report that came in between is still there: then the file stays for the next time. The database goes last, or
      // the files next to it would be taken for those of the next one.
      if (this.#waiting === 0) for (const end of ['.mark', '-wal', '-shm', '']) rmSync(`${path}${end}`, { force: true })
    } catch (error) {
      // The file is used as it is, and removed next time.
      this.#report(error)
    }
    this.#series = []
    this.#tracked.clear()
    this.#keys.clear()
    this.#own.clear()
    this.#journal = this.#create()
    await this.#journal.open()
    this.#isRecreating = false
  }
}
