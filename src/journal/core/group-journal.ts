import type { EndpointState, IncidentEvent } from '../../domain/incident/incident.ts'
import type { RecoveryEvent } from '../../domain/incident/recovery.ts'
import type {
  Applied,
  CanaryMoments,
  Entry,
  Journal,
  JournalStatus,
  Recorded,
  SeriesTotal,
  SignalEntry,
} from '../../domain/ports/journal.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { Fault } from './fault.ts'
import { GroupCommit, type Written } from './group-commit.ts'
import type { GroupSettings } from './group-options.ts'
import type { LifeCycle } from './life-cycle.ts'
import type { Command, Commands } from './queue.ts'
import type { JournalReader } from './reader.ts'

/** What hooks and recoveries read and remove besides what goes through the queue. */
export type HookStore = Pick<Journal, 'pendingEvents' | 'removeEvents' | 'recoveries'>

/** What an adapter does for the journal. Errors of `open` and `write` take the journal down. */
export interface Store<W extends Written = Written> {
  readonly reads: JournalReader
  readonly hooks: HookStore
  /** Opens it, again after each fault. */
  open(): Promise<Opened>
  /** The journal is up. */
  opened?(): void
  /** Resolves once the group is durable; rejects where that is not known. */
  write(commands: readonly Command[]): Promise<W>
  /**
   * Whether it may be given the next group while it writes one: it writes them in order, and after a group that failed it
   * writes none before it is opened again.
   */
  readonly queuesGroups?: boolean
  /** Called before the senders are answered. */
  written?(commands: readonly Command[], written: W): void
  /** Releases what an opening took. What is under way fails. */
  release(): void
  /** Entries of a group with an unknown outcome. */
  unknown?(entries: readonly Entry[]): void
  noteCanary(moments: Parameters<Journal['noteCanary']>[0]): Promise<CanaryMoments>
  resetSeries(unseenSince: number): Promise<number>
  status(): Partial<JournalStatus> & Pick<JournalStatus, 'size'>
  /** One run of retention; does nothing while another one runs. */
  expire(): void
  /** Looks at the size. */
  measure(): void
  /** The journal was up, and all groups are written: the last words to the store, until `late` resolves. */
  finish?(late: Promise<void>): Promise<void>
  /** Releases everything; nothing is opened again. */
  close(late: Promise<void>): Promise<void>
}

export interface Opened {
  readonly totals: readonly SeriesTotal[]
  readonly endpoints: readonly EndpointState[]
  /** What was found missing, where fewer failures are there than were acknowledged. */
  readonly lost?: Fault | undefined
}

/** The journal over a store: queue, group commit, and life cycle, the same for every adapter. */
export class GroupJournal<W extends Written = Written> implements Journal {
  readonly #options: GroupSettings
  readonly #life: LifeCycle
  readonly #store: Store<W>
  readonly #groups: GroupCommit<W>
  readonly #upHandlers: (() => void)[] = []
  /** For as long as the process runs: who looks into it comes later. */
  #lossWarning: string | undefined

  readonly get: Journal['get'] = (...of) => this.#store.reads.get(...of)
  readonly list: Journal['list'] = (...of) => this.#store.reads.list(...of)
  readonly stream: Journal['stream'] = (...of) => this.#store.reads.stream(...of)
  readonly countFailures: Journal['countFailures'] = (...of) => this.#store.reads.countFailures(...of)
  readonly incident: Journal['incident'] = (...of) => this.#store.reads.incident(...of)
  readonly incidents: Journal['incidents'] = (...of) => this.#store.reads.incidents(...of)
  readonly recoveries: Journal['recoveries'] = () => this.#whenUp(() => this.#store.hooks.recoveries())
  readonly pendingEvents: Journal['pendingEvents'] = (...of) =>
    this.#whenUp(() => this.#store.hooks.pendingEvents(...of))
  readonly removeEvents: Journal['removeEvents'] = (...of) => this.#whenUp(() => this.#store.hooks.removeEvents(...of))
  readonly noteCanary: Journal['noteCanary'] = (...of) => this.#whenUp(() => this.#store.noteCanary(...of))
  readonly resetSeries: Journal['resetSeries'] = (...of) => this.#whenUp(() => this.#store.resetSeries(...of))

  constructor(options: GroupSettings, life: LifeCycle, store: Store<W>) {
    this.#options = options
    this.#life = life
    this.#store = store
    this.#groups = new GroupCommit({
      limits: options,
      write: (commands) => store.write(commands),
      queuesGroups: store.queuesGroups === true,
      onWritten: (commands, written) => store.written?.(commands, written),
      onCommitted: (entries, seconds) => options.events.onCommitted(entries, seconds),
      onFault: (error) => life.fail(error),
    })
  }

  get isUp(): boolean {
    return this.#life.isUp
  }

  /** Registers what to do each time it was opened. */
  onUp(handler: () => void): void {
    this.#upHandlers.push(handler)
  }

  async open(): Promise<void> {
    if (!this.#life.isNew) return
    this.#life.every(this.#options.retentionInterval, () => this.#store.expire())
    this.#life.every(this.#options.sizeInterval, () => this.#store.measure())
    await this.#life.open({
      open: () => this.#open(),
      onFault: (fault) => {
        this.#store.release()
        this.#rejectPending()
        this.#report(fault)
      },
    })
  }

  record(entry: Entry): Promise<Recorded> {
    return this.#add<'entry'>({ kind: 'entry', entry })
  }

  recordAll(entries: readonly (Entry | SignalEntry)[]): readonly Promise<Recorded>[] {
    const refusal = this.#life.refusal()
    return refusal ? entries.map(() => Promise.reject(refusal)) : this.#groups.addAll(entries)
  }

  apply(endpoint: string, event: IncidentEvent): Promise<Applied> {
    return this.#add<'event'>({ kind: 'event', endpoint, event })
  }

  recover(id: string, event: RecoveryEvent): ReturnType<Journal['recover']> {
    return this.#add<'recovery'>({ kind: 'recovery', id, event })
  }

  receiveCanary(nonce: string, at: number): Promise<void> {
    return this.#add<'canary'>({ kind: 'canary', nonce, at })
  }

  status(): JournalStatus {
    const { warnings = [], ...status } = this.#store.status()
    return {
      ...this.#life.status(),
      pending: this.#groups.pending,
      pendingLimit: this.#options.pendingLimit,
      ...status,
      warnings: this.#lossWarning === undefined ? warnings : [...warnings, this.#lossWarning],
    }
  }

  expectedCommit(): number {
    return this.#life.isUp ? this.#groups.expectedCommit() : 0
  }

  async close(deadline: number): Promise<void> {
    const wasUp = this.#life.startClosing()
    if (wasUp === undefined) return
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, deadline)
    if (wasUp) await Promise.race([this.#finish(late), late])
    this.#rejectPending()
    await this.#store.close(late)
    clearTimeout(timer)
    this.#life.closed()
  }

  async #finish(late: Promise<void>): Promise<void> {
    await this.#groups.drainAll()
    await this.#store.finish?.(late)
  }

  async #open(): Promise<void> {
    const { events } = this.#options
    const { totals, endpoints, lost } = await this.#store.open().catch((error) => {
      if (this.#life.isClosing) this.#store.release()
      throw error
    })
    // Closed meanwhile.
    if (!this.#life.isDown) return this.#store.release()
    this.#life.up()
    if (lost) this.#report(lost)
    events.onOpened(totals)
    events.onSnapshot(endpoints)
    this.#store.opened?.()
    this.#store.expire()
    for (const handler of this.#upHandlers) handler()
  }

  #add<K extends keyof Commands>(
    command: Commands[K]['command'] & Command & { kind: K },
  ): Promise<Commands[K]['done']> {
    const refusal = this.#life.refusal()
    return refusal ? Promise.reject(refusal) : this.#groups.add<K>(command)
  }

  async #whenUp<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#life.isUp) throw this.#life.unavailable()
    return work()
  }

  #report({ kind, detail, lost }: Fault): void {
    const { clock, events } = this.#options
    if (lost !== undefined) this.#lossWarning = `found at ${rfc3339(clock())}: ${detail}`
    events.onFault(kind, detail, lost)
  }

  /** Nothing that is pending is acknowledged. */
  #rejectPending(): void {
    const unknown = this.#groups.rejectPending(this.#life.unavailable(), this.#life.unavailable(true))
    this.#store.unknown?.(unknown)
  }
}
