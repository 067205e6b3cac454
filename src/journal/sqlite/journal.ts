import { setTimeout as pause } from 'node:timers/promises'
import type { CanaryMoments, Journal, JournalSize, JournalStatus } from '../../domain/ports/journal.ts'
import type { Written } from '../core/group-commit.ts'
import {
  GroupJournal,
  type HookStore,
  type Opened as JournalOpened,
  type Store as JournalStore,
} from '../core/group-journal.ts'
import { LifeCycle } from '../core/life-cycle.ts'
import { bootId } from '../core/machine-clock.ts'
import type { Command } from '../core/queue.ts'
import type { JournalReader } from '../core/reader.ts'
import type { BatchLimits, StoredRecord, StoredSignal } from '../core/records.ts'
import type { Thread } from '../core/thread.ts'
import { Notices } from './notices.ts'
import { DEFAULTS, type Settings, type SqliteJournalOptions, storeOptions } from './options.ts'
import { Reader } from './reader.ts'
import { groupOf, totalOf } from './rows.ts'
import type { Clocks, Notice } from './store-types.ts'
import type { Writing } from './worker.ts'
import { faultOf, stall } from './writer-faults.ts'
import { writerThread } from './writer-thread.ts'

export type { SqliteJournalOptions }

/** Milliseconds before another reading may have a file checked: what its check does not find must not keep it down. */
const DISTRUST_PAUSE = 600_000

/** A journal with records that can be moved to another one. */
export interface DrainableJournal extends Journal {
  /** The oldest records and signals, whole, in their order. @throws AppError `journal_unavailable` */
  oldest(limits: BatchLimits): Promise<readonly (StoredRecord | StoredSignal)[]>
  /** Removes records and signals; totals and incidents stay. @throws AppError `journal_unavailable` */
  remove(ids: readonly string[]): Promise<void>
}

/** The journal as a SQLite file. Nothing happens before `open`. */
export function openSqliteJournal(options: SqliteJournalOptions): DrainableJournal {
  const settings = { ...DEFAULTS, ...options }
  const life = new LifeCycle({ ...settings, faultOf: (error) => faultOf(error, options.path) })
  const store = new SqliteStore(settings, life)
  return Object.assign(new GroupJournal(settings, life, store), {
    oldest: (limits: BatchLimits) => store.oldest(limits),
    remove: (ids: readonly string[]) => store.remove(ids),
  })
}

/** The main thread's half: it passes each group to the writing thread, and never waits on a file itself. */
class SqliteStore implements JournalStore {
  readonly hooks: HookStore = {
    pendingEvents: (hook, limit) => this.#call('pendingEvents', { hook, limit }),
    removeEvents: (sequences) => this.#call('removeEvents', sequences),
    recoveries: () => this.#call('recoveries', null),
  }
  readonly queuesGroups = true
  readonly #options: Settings
  readonly #life: LifeCycle
  readonly #reader: Reader
  readonly #notices: Notices
  readonly #boot = bootId()
  #writer: Thread<Writing> | undefined
  /** Null until it was opened for the first time. */
  #size: JournalSize | null = null
  #expiring = false
  /** Of the monotonic clock: when a reading last took it down. */
  #distrustedAt = Number.NEGATIVE_INFINITY

  constructor(options: Settings, life: LifeCycle) {
    this.#options = options
    this.#life = life
    this.#reader = new Reader(options.readerIdle, (kind, detail) => {
      options.events.onReadFault?.(kind, detail)
      if (kind === 'corrupt') this.#distrust(detail)
    })
    this.#notices = new Notices(options.events, options.path)
  }

  get reads(): JournalReader {
    return this.#reader.reads
  }

  async open(): Promise<JournalOpened> {
    const { stallAfter } = this.#options
    // Label sets lose their place at a start, not when the file is opened again.
    const isFirst = this.#size === null
    // A later opening that hangs follows a fault that was reported.
    const timer = isFirst && setTimeout(() => this.#life.fail(stall('opening', this.#options)), stallAfter)
    try {
      this.#writer ??= this.#spawn()
      const opening = { options: storeOptions(this.#options), clocks: this.#readClocks(), forget: isFirst }
      const { lost, size, file, volatile, ...opened } = await this.#writer.call('open', opening)
      if (this.#life.isDown) {
        this.#size = size
        this.#reader.start(file)
        this.#notices.opened(volatile)
      }
      return { totals: opened.totals.map(totalOf), endpoints: opened.endpoints, lost }
    } finally {
      if (timer) clearTimeout(timer)
    }
  }

  async write(commands: readonly Command[]): Promise<Written> {
    const timer = setTimeout(() => this.#life.fail(stall('a commit', this.#options)), this.#options.stallAfter)
    try {
      const group = groupOf(commands)
      const committed = this.#writer!.call('commit', { ...group, clocks: this.#readClocks() }, [group.bodies])
      const { results, endpoints, seconds, bytes } = await committed
      if (this.#size) this.#size = { ...this.#size, bytes }
      const states = new Map(endpoints.map((state) => [state.endpoint, state]))
      return { results, stateOf: (endpoint) => states.get(endpoint)!, seconds }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The reading connection ends too: nothing may keep a file open that is opened again. */
  release(): void {
    this.#expiring = false
    this.#reader.stop(false)
  }

  noteCanary(moments: Parameters<Journal['noteCanary']>[0]): Promise<CanaryMoments> {
    return this.#call('noteCanary', moments)
  }

  resetSeries(unseenSince: number): Promise<number> {
    return this.#call('forget', unseenSince)
  }

  oldest(limits: BatchLimits): Promise<readonly (StoredRecord | StoredSignal)[]> {
    return this.#call('oldest', limits)
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#call('remove', ids)
  }

  status(): Partial<JournalStatus> & Pick<JournalStatus, 'size'> {
    return {
      size: this.#size,
      warnings: this.#notices.warnings(),
      ...(this.#notices.step !== undefined && { opening: this.#notices.step }),
      ...(this.#notices.stop && { retentionStop: this.#notices.stop }),
    }
  }

  async close(late: Promise<void>): Promise<void> {
    this.#reader.stop(true)
    if (this.#writer) await Promise.race([this.#writer.call('close', null).catch(() => {}), late])
    this.#writer?.end()
    this.#writer = undefined
  }

  #readClocks(): Clocks {
    const { clock, monotonic, retention } = this.#options
    return { reading: { wall: clock(), uptime: monotonic(), boot: this.#boot }, age: retention.age }
  }

  #spawn(): Thread<Writing> {
    const writer: Thread<Writing> = writerThread(this.#options.writerHeap, {
      onNotice: (notice) => this.#take(notice as Notice),
      onEnd: (reason) => {
        if (this.#writer !== writer) return
        this.#writer = undefined
        this.#life.fail(new Error(`the writing thread ended: ${reason}`))
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

  /** Step by step; each step is one message, so that groups are written in between. */
  expire(): void {
    if (!this.#life.isUp || this.#expiring) return
    this.#expiring = true
    const step = async (): Promise<void> => {
      const begun = performance.now()
      const { retentionBatch: batch, events } = this.#options
      const { failures, reason, more, stop } = await this.#call('expire', { ...this.#readClocks(), batch })
      if (failures > 0) events.onExpired(failures, reason)
      if (!more) {
        this.#notices.retention(stop)
        // Until now, the rows of a large file were being counted.
        if (this.#size?.failures === null) this.measure()
        return
      }
      // Twice as long for reports as for the removal: a backlog of old failures must not slow them down.
      await pause(2 * (performance.now() - begun), undefined, { ref: false })
      if (this.#life.isUp) return step()
    }
    step()
      .catch(() => {})
      .finally(() => {
        this.#expiring = false
      })
  }

  /** Nothing more is acknowledged into a file that a reading found to be damaged, unless a check of all of it finds it whole. */
  #distrust(detail: string): void {
    const now = performance.now()
    if (!this.#life.isUp || now - this.#distrustedAt < DISTRUST_PAUSE) return
    this.#distrustedAt = now
    this.#call('distrust', detail).catch(() => {})
  }

  /** Also while it is down, when the free bytes matter most. */
  measure(): void {
    if (this.#size === null) return
    this.#writer?.call('size', null).then(
      (size) => {
        this.#size = size
      },
      () => {},
    )
  }

  /** @throws AppError `journal_unavailable`; the fault that caused it has been reported by then */
  async #call<K extends Exclude<keyof Writing, 'open' | 'commit' | 'size' | 'close'>>(
    operation: K,
    argument: Parameters<Writing[K]>[0],
  ): Promise<ReturnType<Writing[K]>> {
    if (!this.#life.isUp) throw this.#life.unavailable()
    const { generation } = this.#life
    try {
      return (await this.#writer!.call(operation, argument)) as ReturnType<Writing[K]>
    } catch (error) {
      if (generation === this.#life.generation) this.#life.fail(error)
      throw this.#life.unavailable()
    }
  }
}
