import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../domain/clock.ts'
import type { Failure } from '../../domain/failure.ts'
import type { IncidentEvent } from '../../domain/incident.ts'
import type {
  Applied,
  CanaryMoments,
  Entry,
  FailureFilter,
  FailurePage,
  IncidentFilter,
  IncidentPage,
  IncidentRecord,
  Journal,
  JournalSize,
  JournalStatus,
  Recorded,
} from '../../domain/journal.ts'
import { AppError } from '../../errors.ts'
import { type Fault, FaultError } from '../core/fault.ts'
import { GroupCommit, type Written } from '../core/group-commit.ts'
import { GROUP_DEFAULTS, type GroupOptions } from '../core/group-options.ts'
import { bootId, type ClockReading, monotonicClock } from '../core/machine-clock.ts'
import type { Work, Works } from '../core/queue.ts'
import type { StoredRecord } from '../core/records.ts'
import { Thread } from '../core/thread.ts'
import { Notices } from './notices.ts'
import { Reader } from './reader.ts'
import { groupOf, totalOf } from './rows.ts'
import type { Committed, Notice, Opened, StoreOptions } from './store.ts'
import type { Writing } from './worker.ts'

export interface SqliteJournalOptions extends GroupOptions {
  /** The database file; beside it `-wal` and `-shm` (SQLite's), `.lock` and `.mark`. The folder is made where missing. */
  readonly path: string
  /** Milliseconds after which a commit that does not come back counts as failed. */
  readonly stallAfter?: number
  /** Milliseconds without a reading after which the reading thread ends. */
  readonly readerIdle?: number
  /** Most MiB of the writing thread's heap. */
  readonly writerHeap?: number
  /** Milliseconds of a clock that nobody sets, for tests; by default the kernel's. */
  readonly monotonic?: Clock
  /** Whether `opened` is called when the rows of a large file were counted, not before. */
  readonly countFirst?: boolean
  /** statfs(2) type instead of the file system's own, for tests. */
  readonly filesystem?: number
}

const DEFAULTS = {
  ...GROUP_DEFAULTS,
  retry: { min: 100, max: 10_000 },
  stallAfter: 10_000,
  retentionBatch: 200,
  readerIdle: 60_000,
  monotonic: monotonicClock,
  // Room for the totals of 100,000 label sets.
  writerHeap: 128,
} as const

type Settings = SqliteJournalOptions & Required<Pick<SqliteJournalOptions, keyof typeof DEFAULTS>>

/** A journal whose records move on to another one. */
export interface DrainableJournal extends Journal {
  /** The oldest records, whole. @throws AppError `journal_unavailable` */
  oldest(limit: number): Promise<readonly StoredRecord[]>
  /** Removes records; totals and incidents stay. @throws AppError `journal_unavailable` */
  remove(ids: readonly string[]): Promise<void>
}

/** The journal as a SQLite file. Nothing happens before `open`. */
export function openSqliteJournal(options: SqliteJournalOptions): DrainableJournal {
  return new SqliteJournal(options)
}

/** The main thread's half: it hands each group to the writing thread, and never waits on a file itself. */
class SqliteJournal implements DrainableJournal {
  readonly #options: Settings
  readonly #groups: GroupCommit
  readonly #reader: Reader
  readonly #notices: Notices
  readonly #boot = bootId()
  #writer: Thread<Writing> | undefined
  #state: 'new' | 'up' | 'down' | 'closing' | 'closed' = 'new'
  /** Raised by every fault, so that what belongs to an earlier opening is told from what belongs to this one. */
  #generation = 0
  #since: number
  #fault: Fault | undefined
  #size: JournalSize | null = null
  #attempts = 0
  #opening: Promise<void> | undefined
  #timers: NodeJS.Timeout[] = []
  #retry: NodeJS.Timeout | undefined
  #expiring = false

  constructor(options: SqliteJournalOptions) {
    this.#options = { ...DEFAULTS, ...options }
    this.#groups = new GroupCommit({
      limits: this.#options,
      write: (works) => this.#write(works),
      onCommitted: (entries, seconds) => options.events.onCommitted(entries, seconds),
      onFault: (error) => this.#down(error),
    })
    this.#reader = new Reader(this.#options.readerIdle, (kind, detail) => options.events.onReadFault?.(kind, detail))
    this.#notices = new Notices(options.events, options.path)
    this.#since = options.clock()
  }

  async open(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'down'
    const every = (milliseconds: number, work: () => void) => this.#timers.push(setInterval(work, milliseconds).unref())
    every(this.#options.retentionInterval, () => this.#expire())
    every(this.#options.sizeInterval, () => this.#look())
    const stalled = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      this.#down(stall('opening', this.#options))
      stalled.resolve()
    }, this.#options.stallAfter)
    await Promise.race([this.#attempt(), stalled.promise])
    clearTimeout(timer)
  }

  record(entry: Entry): Promise<Recorded> {
    return this.#add<'entry'>({ kind: 'entry', entry })
  }

  recordAll(entries: readonly Entry[]): readonly Promise<Recorded>[] {
    const rejection = this.#rejection()
    return rejection ? entries.map(() => Promise.reject(rejection)) : this.#groups.addAll(entries)
  }

  apply(endpoint: string, event: IncidentEvent): Promise<Applied> {
    return this.#add<'event'>({ kind: 'event', endpoint, event })
  }

  receiveCanary(nonce: string, at: number): Promise<void> {
    return this.#add<'canary'>({ kind: 'canary', nonce, at })
  }

  async noteCanary(moments: Parameters<Journal['noteCanary']>[0]): Promise<CanaryMoments> {
    if (this.#state !== 'up') throw unavailable(this.#retryAfter())
    return this.#ask('noteCanary', moments)
  }

  incident(id: string): Promise<IncidentRecord | undefined> {
    return this.#reader.reads.incident(id)
  }

  incidents(filter: IncidentFilter, page: { readonly limit: number; readonly before?: string }): Promise<IncidentPage> {
    return this.#reader.reads.incidents(filter, page)
  }

  get(id: string): Promise<Failure | undefined> {
    return this.#reader.reads.get(id)
  }

  list(filter: FailureFilter, page: { readonly limit: number; readonly before?: string }): Promise<FailurePage> {
    return this.#reader.reads.list(filter, page)
  }

  stream(filter: FailureFilter, page?: { readonly before?: string }): AsyncIterable<Failure> {
    return this.#reader.reads.stream(filter, page)
  }

  async oldest(limit: number): Promise<readonly StoredRecord[]> {
    if (this.#state !== 'up') throw unavailable(this.#retryAfter())
    return this.#ask('oldest', limit)
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (this.#state !== 'up') throw unavailable(this.#retryAfter())
    return this.#ask('remove', ids)
  }

  async resetSeries(unseenSince: number): Promise<number> {
    if (this.#state !== 'up') throw unavailable(this.#retryAfter())
    return this.#ask('forget', unseenSince)
  }

  status(): JournalStatus {
    return {
      up: this.#state === 'up' || (this.#state === 'closing' && this.#fault === undefined),
      since: this.#since,
      ...(this.#fault ? { fault: this.#fault } : {}),
      pending: this.#groups.pending,
      pendingLimit: this.#options.pendingLimit,
      size: this.#size,
      warnings: this.#notices.warnings(),
      ...(this.#notices.step !== undefined && { opening: this.#notices.step }),
      ...(this.#notices.stop && { retentionStop: this.#notices.stop }),
    }
  }

  expectedCommit(): number {
    return this.#state === 'up' ? this.#groups.expectedCommit() : 0
  }

  async close(deadline: number): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return
    const wasUp = this.#state === 'up'
    this.#state = 'closing'
    clearTimeout(this.#retry)
    for (const timer of this.#timers) clearInterval(timer)
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, deadline)
    if (wasUp) await Promise.race([this.#groups.drain(), late])
    this.#reject(unavailable(5))
    this.#reader.stop(true)
    if (this.#writer) await Promise.race([this.#writer.call('close', null).catch(() => {}), late])
    clearTimeout(timer)
    this.#writer?.end()
    this.#writer = undefined
    this.#state = 'closed'
  }

  #add<K extends keyof Works>(work: Works[K]['work'] & Work & { kind: K }): Promise<Works[K]['done']> {
    const rejection = this.#rejection()
    return rejection ? Promise.reject(rejection) : this.#groups.add<K>(work)
  }

  /** Why nothing can be written now. */
  #rejection(): AppError | undefined {
    if (this.#state === 'closing' || this.#state === 'closed')
      return new AppError('shutting_down', 'the service is shutting down', { retryAfter: 5 })
    return this.#state === 'up' ? undefined : unavailable(this.#retryAfter())
  }

  async #write(works: readonly Work[]): Promise<Written> {
    const timer = setTimeout(() => this.#down(stall('a commit', this.#options)), this.#options.stallAfter)
    try {
      const group = groupOf(works)
      const uptime = this.#options.monotonic()
      const committed = await this.#writer!.call('commit', { ...group, uptime }, [group.bodies])
      const { results, endpoints, seconds } = JSON.parse(committed) as Committed
      const states = new Map(endpoints.map((state) => [state.endpoint, state]))
      return { results, stateOf: (endpoint) => states.get(endpoint)!, seconds }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Opens; on a fault tries again later. Never rejects. */
  #attempt(): Promise<void> {
    if (this.#state !== 'down') return Promise.resolve()
    this.#opening ??= this.#openWriter().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openWriter(): Promise<void> {
    const { retention, events } = this.#options
    // Label sets lose their place at a start, not at a reopening.
    const forget = this.#size === null
    this.#attempts++
    try {
      this.#writer ??= this.#spawn()
      const clocks = { reading: this.#readClocks(), age: retention.age }
      const opened = await this.#writer.call('open', { clocks, forget })
      if (this.#state !== 'down') return
      this.#up(opened)
      events.onOpened(opened.totals.map(totalOf))
      events.onSnapshot(opened.endpoints)
      this.#expire()
    } catch (error) {
      // Where the thread's end was told already, another attempt is due.
      if (this.#state === 'down' && this.#retry === undefined) this.#down(error)
    }
  }

  #readClocks(): ClockReading {
    const { clock, monotonic } = this.#options
    return { wall: clock(), uptime: monotonic(), boot: this.#boot }
  }

  #spawn(): Thread<Writing> {
    const { path, retention, incidents, filesystem, writerHeap, countFirst = false } = this.#options
    const data: StoreOptions = {
      path,
      incidents,
      countFirst,
      retentionSize: retention.size,
      ...(filesystem === undefined ? {} : { filesystem }),
    }
    const writer: Thread<Writing> = new Thread(new URL('./worker.ts', import.meta.url), {
      data,
      heap: writerHeap,
      onNotice: (notice) => this.#take(notice as Notice),
      onEnd: (reason) => {
        if (this.#writer !== writer) return
        this.#writer = undefined
        this.#down(new Error(`the writing thread ended: ${reason}`))
      },
    })
    return writer
  }

  #take(notice: Notice): void {
    if (notice.type === 'checkpoint' && this.#size) {
      const { walBytes: bytes, walLimit: limit } = notice.checkpoint
      this.#size = { ...this.#size, wal: { bytes, limit } }
    }
    this.#notices.take(notice)
  }

  #up({ lost, size, file, volatile }: Opened): void {
    if (lost) this.#options.events.onFault(lost.kind, lost.detail)
    this.#state = 'up'
    this.#attempts = 0
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#since = this.#options.clock()
    this.#fault = undefined
    this.#size = size
    this.#reader.start(file)
    this.#notices.opened(volatile)
  }

  /** It cannot be written: nothing of what waits is acknowledged, and opening is tried again. */
  #down(error: unknown): void {
    const { clock, events, retry, path } = this.#options
    const fault =
      error instanceof FaultError
        ? error.fault
        : ({ kind: 'io', detail: `${path} cannot be written (${(error as Error).message}); see the log` } as const)
    this.#generation++
    this.#expiring = false
    const wasUp = this.#state === 'up'
    if (wasUp || this.#fault === undefined) this.#since = clock()
    this.#fault = fault
    // The reading connection ends too: nothing may hold on to a file that is opened anew.
    this.#reader.stop(false)
    this.#reject(unavailable(this.#retryAfter()))
    events.onFault(fault.kind, fault.detail)
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#state = 'down'
    const wait = Math.min(retry.max, retry.min * 2 ** Math.min(this.#attempts, 16)) * (0.5 + Math.random() / 2)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      void this.#attempt()
    }, wait)
  }

  #reject(reason: AppError): void {
    const { underWay, waiting } = this.#groups.takeBack()
    for (const { reject } of [...underWay, ...waiting]) reject(reason)
  }

  /** Retention, step by step; each step is one message, so that groups go between. */
  #expire(): void {
    if (this.#state !== 'up' || this.#expiring) return
    this.#expiring = true
    const step = async (): Promise<void> => {
      const begun = performance.now()
      const { retention, retentionBatch: batch, events } = this.#options
      const reading = this.#readClocks()
      const { failures, reason, more, stop } = await this.#ask('expire', { reading, age: retention.age, batch })
      if (failures > 0) events.onExpired(failures, reason)
      if (!more) {
        this.#notices.retention(stop)
        // Until now the rows of a large file were being counted.
        if (this.#size?.failures === null) this.#look()
        return
      }
      // Twice as long for the reports as for the removal: a backlog of old failures must not be felt.
      await pause(2 * (performance.now() - begun), undefined, { ref: false })
      if (this.#state === 'up') return step()
    }
    step()
      .catch(() => {})
      .finally(() => {
        this.#expiring = false
      })
  }

  /** Also while it is down: then the free bytes matter most. A look that fails leaves the last one. */
  #look(): void {
    if (this.#size === null) return
    this.#writer?.call('size', null).then(
      (size) => {
        this.#size = size
      },
      () => {},
    )
  }

  /** @throws AppError `journal_unavailable`; the fault that caused it has been told by then */
  async #ask<K extends 'expire' | 'forget' | 'noteCanary' | 'oldest' | 'remove'>(
    operation: K,
    argument: Parameters<Writing[K]>[0],
  ): Promise<ReturnType<Writing[K]>> {
    const generation = this.#generation
    try {
      return (await this.#writer!.call(operation, argument)) as ReturnType<Writing[K]>
    } catch (error) {
      if (generation === this.#generation) this.#down(error)
      throw unavailable(this.#retryAfter())
    }
  }

  /** Seconds: a sender that waits the longest backoff finds it tried again. */
  #retryAfter(): number {
    return Math.max(1, Math.ceil(Math.min(this.#options.retry.max, 5_000) / 1_000))
  }
}

const unavailable = (retryAfter: number) =>
  new AppError('journal_unavailable', 'the report is not known to be stored; send it again', { retryAfter })

const stall = (what: string, { path, stallAfter }: { path: string; stallAfter: number }) =>
  new FaultError('io', `${what} of ${path} has been waiting for ${stallAfter} ms; look at the volume under it`)
