import {
  type Entry,
  isSignalEntry,
  type Journal,
  type JournalEvents,
  type JournalStatus,
  type Recorded,
  type SignalEntry,
} from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'
import { RefusedError } from '../core/complete.ts'
import { FaultError } from '../core/fault.ts'
import { idOf } from '../core/records.ts'
import { RecentIds } from './recent-ids.ts'
import { SpillFile, type SpillOptions } from './spill-file.ts'
import type { Move, SpillTarget } from './spill-target.ts'

export interface SpillingOptions {
  readonly spill: Omit<SpillOptions, 'onFault'>
  readonly events: Pick<JournalEvents, 'onFault'>
  /** Milliseconds between two attempts to flush. */
  readonly tick?: number
}

/** A journal around another one: while that is unreachable, reports are recorded in a local file, and flushed when it is back. */
export class SpillingJournal implements Journal {
  readonly #target: SpillTarget
  readonly #options: SpillingOptions
  readonly #spill: SpillFile
  readonly #recent = new RecentIds()
  #isOpen = false
  #flushing = false
  #timer: NodeJS.Timeout | undefined

  readonly apply: Journal['apply'] = (...of) => this.#target.apply(...of)
  readonly recover: Journal['recover'] = (...of) => this.#target.recover(...of)
  readonly recoveries: Journal['recoveries'] = (...of) => this.#target.recoveries(...of)
  readonly pendingEvents: Journal['pendingEvents'] = (...of) => this.#target.pendingEvents(...of)
  readonly removeEvents: Journal['removeEvents'] = (...of) => this.#target.removeEvents(...of)
  readonly receiveCanary: Journal['receiveCanary'] = (...of) => this.#target.receiveCanary(...of)
  readonly noteCanary: Journal['noteCanary'] = (...of) => this.#target.noteCanary(...of)
  readonly get: Journal['get'] = (...of) => this.#target.get(...of)
  readonly list: Journal['list'] = (...of) => this.#target.list(...of)
  readonly stream: Journal['stream'] = (...of) => this.#target.stream(...of)
  readonly countFailures: Journal['countFailures'] = (...of) => this.#target.countFailures(...of)
  readonly incident: Journal['incident'] = (...of) => this.#target.incident(...of)
  readonly incidents: Journal['incidents'] = (...of) => this.#target.incidents(...of)
  readonly resetSeries: Journal['resetSeries'] = (...of) => this.#target.resetSeries(...of)
  readonly expectedCommit: Journal['expectedCommit'] = (...of) => this.#target.expectedCommit(...of)

  constructor(target: SpillTarget, options: SpillingOptions) {
    this.#target = target
    this.#options = options
    this.#spill = new SpillFile({
      ...options.spill,
      onFault: ({ kind, detail, lost }) => options.events.onFault(kind, detail, lost),
    })
    target.onUp(() => void this.#flush())
  }

  async open(): Promise<void> {
    this.#isOpen = true
    this.#timer = setInterval(() => void this.#flush(), this.#options.tick ?? 5_000).unref()
    await Promise.all([this.#spill.open(), this.#target.open()])
    // What an earlier process left may have been found only after the database was.
    void this.#flush()
  }

  async record(entry: Entry): Promise<Recorded> {
    if (this.#takesOver()) return this.#recordInSpill(entry)
    if (this.#mayBeInSpill(entry)) return this.#recordWhileFlushing(entry)
    return this.#orSpill(entry, this.#target.record(entry))
  }

  recordAll(entries: readonly (Entry | SignalEntry)[]): readonly Promise<Recorded>[] {
    if (this.#takesOver()) {
      if (entries.some((entry) => !isSignalEntry(entry) && this.#recent.has(entry)))
        return entries.map((entry) => this.#recordInSpill(entry))
      const recordings = this.#spill.recordAll(entries)
      return recordings.map(async (recording, index) => this.#registered(entries[index]!, await recording))
    }
    // Where the spill may know one of their ids, each has to be looked up first; and signals wait behind earlier ones.
    if (entries.some((entry) => (isSignalEntry(entry) ? this.#isBehindSpill(entry) : this.#mayBeInSpill(entry))))
      return entries.map((entry) => (isSignalEntry(entry) ? this.#recordSignal(entry) : this.record(entry)))
    return this.#target
      .recordAll(entries)
      .map((recording, index) => this.#orSpill(entries[index]!, recording, entries.length === 1))
  }

  status(): JournalStatus {
    return { ...this.#target.status(), spill: this.#spill.status() }
  }

  async close(deadline: number): Promise<void> {
    this.#isOpen = false
    clearInterval(this.#timer)
    await this.#target.close(deadline)
    await this.#spill.close(deadline)
  }

  #takesOver(): boolean {
    return this.#isOpen && !this.#target.isUp && this.#spill.usable
  }

  #mayBeInSpill(entry: Entry): boolean {
    // A full spill cannot be asked, since asking it is recording there.
    return this.#isOpen && this.#target.isUp && this.#spill.usable && this.#spill.mayKnow(entry)
  }

  /**
   * Whether a signal has to wait: enabled first and disabled afterwards, an endpoint would stay disabled. Early warnings need
   * no order, and must not wait if something keeps the spill from being moved.
   */
  #isBehindSpill({ signal }: SignalEntry): boolean {
    return signal.type !== 'failing' && this.#isOpen && this.#spill.usable && !this.#spill.isEmpty
  }

  /**
   * What the target answers; if it becomes unreachable meanwhile, the spill takes over, and what it refuses is set aside.
   * @param isAlone false for one of several entries of a request, of which any may be refused
   */
  async #orSpill(entry: Entry | SignalEntry, recording: Promise<Recorded>, isAlone = true): Promise<Recorded> {
    try {
      const recorded = await recording
      if (!isSignalEntry(entry)) this.#recent.add(entry, recorded.id)
      return recorded
    } catch (error) {
      if (error instanceof RefusedError) {
        if (!isAlone) return this.#orSpill(entry, this.#target.recordAll([entry])[0]!)
        return this.#setAside(entry, error)
      }
      const isUnavailable = error instanceof AppError && error.code === 'journal_unavailable'
      if (!isUnavailable || !this.#takesOver()) throw error
      // Its outcome may be unknown: the spill keeps its id, by which it is stored once.
      return this.#recordInSpill(entry)
    }
  }

  async #recordInSpill(entry: Entry | SignalEntry): Promise<Recorded> {
    if (isSignalEntry(entry)) return this.#registered(entry, await this.#spill.recordAll([entry])[0]!)
    const id = this.#recent.find(entry)
    if (id !== undefined) return { id, duplicate: true }
    const handBack = this.#target.takeOver(entry)
    try {
      return this.#registered(entry, await this.#spill.record(entry))
    } catch (error) {
      handBack()
      throw error
    }
  }

  /** As durable as the spill, and for a person to look at. @throws `error` where that is impossible too */
  async #setAside(entry: Entry | SignalEntry, error: RefusedError): Promise<Recorded> {
    if (!this.#isOpen) throw error
    await this.#spill.setAside([{ record: entry, reason: error.reason }]).catch(() => {
      throw error
    })
    return this.#registered({ ...entry, isTracked: false }, { id: idOf(entry), duplicate: false })
  }

  /** One whose sender's id waits in the spill too is a duplicate when that moves on: it is stored once. */
  #recordSignal(entry: SignalEntry): Promise<Recorded> {
    if (this.#isBehindSpill(entry)) return this.#recordInSpill(entry)
    return this.#orSpill(entry, this.#target.recordAll([entry])[0]!)
  }

  /** The spill knows only its own incidents; the answer is about those of the target. */
  #registered(entry: Entry | SignalEntry, { id, duplicate }: Recorded): Recorded {
    if (duplicate) return { id, duplicate }
    const incident = this.#target.registerSpilled(entry)
    return { id, duplicate, ...(incident && { incident }) }
  }

  /** The sender's id may be known in the spill or in the target, which then answers. */
  async #recordWhileFlushing(entry: Entry): Promise<Recorded> {
    if ((await this.#target.findByKey(entry)) !== undefined || !this.#spill.mayKnow(entry)) {
      return this.#orSpill(entry, this.#target.record(entry))
    }
    const recorded = await this.#spill.record(entry)
    if (recorded.duplicate) return recorded
    // The first record may have moved on between the two questions; then the one just spilled is left out at its turn.
    const id = await this.#target.findByKey(entry)
    if (id !== undefined && id !== entry.failure.id) return this.#orSpill(entry, this.#target.record(entry))
    return this.#registered(entry, recorded)
  }

  /** Moves on what the spill holds. Never rejects; the next tick tries again. */
  async #flush(): Promise<void> {
    if (this.#flushing || !this.#target.isUp || this.#spill.status().waiting === 0) return
    this.#flushing = true
    let move: Move | undefined
    try {
      move = await this.#target.startMove(this.#spill.series())
      const { store } = move
      await this.#spill.flush(async (entries, isEarlier) => {
        const refused = await store(entries, isEarlier)
        for (const entry of entries) if (!isSignalEntry(entry)) this.#recent.add(entry, entry.failure.id)
        return refused
      })
    } catch (error) {
      // The spill itself has reported what is wrong with its file.
      if (error instanceof AppError || !this.#target.isUp) return
      const { kind, detail } =
        error instanceof FaultError ? error.fault : ({ kind: 'io', detail: String(error) } as const)
      this.#options.events.onFault(kind, `the spill: ${detail}`)
    } finally {
      move?.end()
      this.#flushing = false
    }
  }
}
