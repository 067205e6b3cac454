import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Failure } from '../../domain/failure.ts'
import { firstIdAt } from '../../domain/failure.ts'
import type { IncidentEvent } from '../../domain/incident.ts'
import {
  type Applied,
  type CanaryMoments,
  type Entry,
  type FailureFilter,
  type FailurePage,
  type IncidentFilter,
  type IncidentPage,
  type IncidentRecord,
  type Journal,
  type JournalSize,
  type JournalStatus,
  READ_FAULTS,
  type Recorded,
} from '../../domain/journal.ts'
import type { Lease } from '../../domain/lease.ts'
import { parsePostgresUrl } from '../../domain/postgres-url.ts'
import { AppError } from '../../errors.ts'
import { isAdded } from '../core/complete.ts'
import type { Fault } from '../core/fault.ts'
import { GroupCommit, type Written } from '../core/group-commit.ts'
import type { Work, Works } from '../core/queue.ts'
import { JournalReader } from '../core/reader.ts'
import { Spill } from '../spill/spill.ts'
import { noteCanary } from './canary.ts'
import { ServerClock } from './clock.ts'
import { Connector } from './connect.ts'
import { forgetEndpoints, KnownEndpoints, type Versioned } from './endpoints.ts'
import { isEntryError, isQueryError, isRetryable, NotCommittedError, postgresFault } from './fault.ts'
import { keyHolder } from './idempotency-keys.ts'
import { PostgresLease } from './lease.ts'
import { migrate } from './migrations.ts'
import { moveEntries } from './move.ts'
import { DEFAULTS, type PostgresJournalOptions, type Settings } from './options.ts'
import { proveWritable, storedAmong } from './prove.ts'
import { selectBy } from './read.ts'
import { expireAged, expireIncidents, expireOversized } from './retention.ts'
import { forgetSeries, insertSeries, Series } from './series.ts'
import type { Session } from './session.ts'
import { SessionPool } from './session-pool.ts'
import { sizeOf } from './size.ts'
import { Assuming, failureEvent, type GroupOptions, type Written as GroupWritten, writeGroup } from './write.ts'

/** Entries of unknown outcome that are looked for after a reopening. */
const UNKNOWN_LIMIT = 4_096
/** Milliseconds for a connection in the place of one that was lost while idle: senders wait 900 ms. */
const RECONNECT_DEADLINE = 600

export type { PostgresJournalOptions }

/** A journal that replicas share, and the lease that says which of them does what only one may do. */
export interface PostgresJournal extends Journal {
  readonly lease: Lease
  /** The database's clock, by which all replicas go; this process's own until it was asked for the first time. */
  now(): number
}

/**
 * The journal in a PostgreSQL database. Nothing happens before `open`.
 * @throws Error where the URL is none
 */
export function openPostgresJournal(options: PostgresJournalOptions): PostgresJournal {
  return new PooledJournal(options)
}

interface WrittenRows extends Written {
  readonly endpoints: ReadonlyMap<string, Versioned>
}

/**
 * One session writes, one looks after series and lease, one removes what is old, two read: five connections per replica at
 * most. One that was lost while idle is replaced; after any other fault of any but the readers all are closed, and opening
 * starts over.
 */
class PooledJournal implements PostgresJournal {
  readonly lease: PostgresLease
  readonly #options: Settings
  readonly #groups: GroupCommit<WrittenRows>
  readonly #connector: Connector
  readonly #readers: SessionPool
  readonly #reader: JournalReader
  readonly #serverClock: ServerClock
  readonly #series = new Series()
  readonly #endpoints = new KnownEndpoints()
  #assuming = new Assuming()
  readonly #spill: Spill | undefined
  #draining = false
  #writer: Session | undefined
  #control: Session | undefined
  #state: 'new' | 'up' | 'down' | 'closing' | 'closed' = 'new'
  /** Raised by every fault, so that what belongs to an earlier opening is told from what belongs to this one. */
  #generation = 0
  #since: number
  #fault: Fault | undefined
  #size: JournalSize | null = null
  #unknown: Entry[] = []
  #attempts = 0
  #polledAt = 0
  #retry: NodeJS.Timeout | undefined
  #ticking: NodeJS.Timeout | undefined
  #timers: NodeJS.Timeout[] = []
  #expiring = false

  constructor(options: PostgresJournalOptions) {
    this.#options = { ...DEFAULTS, ...options }
    this.#groups = new GroupCommit({
      limits: this.#options,
      write: (works) => this.#write(works),
      onWritten: (works, written) => this.#written(works, written),
      onCommitted: (entries, seconds) => options.events.onCommitted(entries, seconds),
      onFault: (error) => this.#down(error),
    })
    this.#connector = new Connector(parsePostgresUrl(options.url), {
      passwordFile: options.passwordFile,
      allowUnsafe: this.#options.allowUnsafeDurability,
    })
    this.#serverClock = new ServerClock(options.clock)
    this.#readers = new SessionPool(() => this.#connector.another(), {
      max: 2,
      waitLimit: 64,
      onError: (error) => {
        const { kind, detail } = postgresFault(error, this.#connector.where, 'read').fault
        const known = READ_FAULTS.find((each) => each === kind) ?? 'io'
        options.events.onReadFault?.(isQueryError(error) ? 'query' : known, detail)
      },
      onClosed: () => options.events.onReadFault?.('closed', 'the journal was closed while it was read'),
    })
    this.#reader = new JournalReader(
      selectBy((work) => {
        if (this.#state === 'up' || this.#state === 'closing') return this.#readers.lend(work)
        options.events.onReadFault?.('closed', 'the journal is not open')
        return Promise.reject(this.#unavailable())
      }),
    )
    this.lease = new PostgresLease(`${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`, this.#options.leaseTerm)
    this.#since = options.clock()
    const { spill, incidents, clock, events } = options
    this.#spill =
      spill && new Spill({ ...spill, incidents, clock, onFault: ({ kind, detail }) => events.onFault(kind, detail) })
  }

  now(): number {
    return this.#serverClock.now()
  }

  async open(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'down'
    const every = (milliseconds: number, work: () => void) => this.#timers.push(setInterval(work, milliseconds).unref())
    every(this.#options.retentionInterval, () => void this.#expire())
    every(this.#options.sizeInterval, () => void this.#look())
    await Promise.all([this.#spill?.open(), this.#attempt()])
    // What an earlier process left may have been found only after the database was.
    void this.#drain()
  }

  record(entry: Entry): Promise<Recorded> {
    if (this.#spillTakes(entry)) {
      return this.#state === 'up' ? this.#recordMeanwhile(entry) : this.#recordInSpill(entry)
    }
    return this.#add<'entry'>({ kind: 'entry', entry })
  }

  recordAll(entries: readonly Entry[]): readonly Promise<Recorded>[] {
    if (this.#state === 'down' && this.#spill?.usable) {
      return this.#spill.recordAll(entries).map(async (recorded, index) => this.#told(entries[index]!, await recorded))
    }
    // Where the spill may hold one of their ids, each has to be looked up first.
    if (entries.some((entry) => this.#spillTakes(entry))) return entries.map((entry) => this.record(entry))
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
    if (this.#state !== 'up') throw this.#unavailable()
    return this.#readers.lend((session) => noteCanary(session, moments))
  }

  incident(id: string): Promise<IncidentRecord | undefined> {
    return this.#reader.incident(id)
  }

  incidents(filter: IncidentFilter, page: { readonly limit: number; readonly before?: string }): Promise<IncidentPage> {
    return this.#reader.incidents(filter, page)
  }

  get(id: string): Promise<Failure | undefined> {
    return this.#reader.get(id)
  }

  list(filter: FailureFilter, page: { readonly limit: number; readonly before?: string }): Promise<FailurePage> {
    return this.#reader.list(filter, page)
  }

  stream(filter: FailureFilter, page?: { readonly before?: string }): AsyncIterable<Failure> {
    return this.#reader.stream(filter, page)
  }

  async resetSeries(unseenSince: number): Promise<number> {
    if (this.#state !== 'up') throw this.#unavailable()
    return this.#readers.lend((session) => forgetSeries(session, unseenSince))
  }

  status(): JournalStatus {
    return {
      up: this.#state === 'up' || (this.#state === 'closing' && this.#fault === undefined),
      since: this.#since,
      ...(this.#fault ? { fault: this.#fault } : {}),
      pending: this.#groups.pending,
      pendingLimit: this.#options.pendingLimit,
      size: this.#size,
      ...(this.#spill && { spill: this.#spill.status() }),
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
    clearTimeout(this.#ticking)
    for (const timer of this.#timers) clearInterval(timer)
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, deadline)
    if (wasUp) await Promise.race([this.#finish(), late])
    await this.#spill?.close(deadline)
    clearTimeout(timer)
    this.#handBack()
    this.#generation++
    this.#release()
    this.lease.drop()
    this.#state = 'closed'
  }

  async #finish(): Promise<void> {
    await this.#groups.drain()
    const control = this.#control
    if (!control) return
    try {
      await this.#series.flush(control)
      await this.lease.release(control)
    } catch {
      // The times come with the next replica's look at the rows; the lease runs out.
    }
  }

  #add<K extends keyof Works>(work: Works[K]['work'] & Work & { kind: K }): Promise<Works[K]['done']> {
    const rejection = this.#rejection()
    return rejection ? Promise.reject(rejection) : this.#groups.add<K>(work)
  }

  /** Why nothing can be written now. */
  #rejection(): AppError | undefined {
    if (this.#state === 'closing' || this.#state === 'closed')
      return new AppError('shutting_down', 'the service is shutting down', { retryAfter: 5 })
    return this.#state === 'up' ? undefined : this.#unavailable()
  }

  /** While the database is away; and until all has moved on, where the spill may hold the sender's id. */
  #spillTakes(entry: Entry): boolean {
    if (!this.#spill || this.#state === 'new' || this.#state === 'closing' || this.#state === 'closed') return false
    return this.#state === 'down' ? this.#spill.usable : this.#spill.mayKnow(entry)
  }

  async #recordInSpill(entry: Entry): Promise<Recorded> {
    return this.#told(entry, await this.#spill!.record(entry))
  }

  #told(entry: Entry, recorded: Recorded): Recorded {
    return recorded.duplicate ? recorded : this.#spilled(entry, recorded)
  }

  /** The spill knows only of its own incidents; what is told is what the failure means to those of the database. */
  #spilled(entry: Entry, { id, duplicate }: Recorded): Recorded {
    this.#series.stored(entry, false)
    const { incidents, places } = this.#options
    const incident = entry.isTracked ? this.#endpoints.foresee(failureEvent(entry), incidents, places) : undefined
    return { id, duplicate, ...(incident && { incident }) }
  }

  /** While the spill's records move on, the sender's id may be known there or in the database, which then answers. */
  async #recordMeanwhile(entry: Entry): Promise<Recorded> {
    const holder = () => this.#readers.lend((session) => keyHolder(session, entry)).catch(() => undefined)
    if ((await holder()) !== undefined || !this.#spill!.mayKnow(entry))
      return this.#add<'entry'>({ kind: 'entry', entry })
    const recorded = await this.#spill!.record(entry)
    if (recorded.duplicate) return recorded
    // It may have moved on between the two questions; then what the spill took now is left out when its turn comes.
    const id = await holder()
    if (id !== undefined && id !== entry.failure.id) return this.#add<'entry'>({ kind: 'entry', entry })
    return this.#spilled(entry, recorded)
  }

  /** Moves on what the spill holds. What is there already, by its own id or its sender's, is not added again. */
  async #drain(): Promise<void> {
    if (!this.#spill || this.#spill.status().waiting === 0 || this.#draining || this.#state !== 'up') return
    this.#draining = true
    let session: Session | undefined
    try {
      session = await this.#connector.another()
      await insertSeries(session, this.#spill.series()).catch((error) => {
        // One label set that is refused must not hold up the reports: theirs come with them.
        if (!isEntryError(error)) throw error
      })
      await this.#spill.drain(async (entries) => {
        const { endpoints, refused } = await moveEntries(session!, entries, this.#groupOptions({ unknown: () => [] }))
        if (this.#endpoints.take(endpoints.values())) this.#options.events.onSnapshot(this.#endpoints.all())
        return refused
      })
    } catch (error) {
      // The next tick tries again. Of its own file the spill has told already.
      if (error instanceof AppError) return
      const { kind, detail } = postgresFault(error, this.#connector.where).fault
      if (this.#state === 'up') this.#options.events.onFault(kind, `the spill: ${detail}`)
    } finally {
      session?.end()
      this.#draining = false
    }
  }

  #groupOptions(series: Pick<Series, 'unknown'>): GroupOptions {
    const { commitDeadline: deadline, incidents, places } = this.#options
    return { deadline, incidents, places, series, known: this.#endpoints, assuming: this.#assuming }
  }

  async #write(works: readonly Work[]): Promise<WrittenRows> {
    const { results, endpoints } = await this.#writeOnce(works)
    return { results, endpoints, stateOf: (endpoint) => endpoints.get(endpoint)!.state }
  }

  /** Repeats a group only where it is certain that nothing of it was committed and its senders may still be waiting. */
  async #writeOnce(works: readonly Work[]): Promise<GroupWritten> {
    const options = this.#groupOptions(this.#series)
    const generation = this.#generation
    const begun = performance.now()
    const last = this.#writer!
    const writer = last.isRecent || (await last.isAlive()) ? last : await this.#replaceWriter(generation)
    try {
      return await writeGroup(writer, works, options)
    } catch (error) {
      if (!(error instanceof NotCommittedError) || performance.now() - begun > RECONNECT_DEADLINE) throw error
      return writeGroup(await this.#replaceWriter(generation), works, options)
    }
  }

  /** @throws FaultError where there is no connection in time, or its server does not take writes any more */
  async #replaceWriter(generation: number): Promise<Session> {
    const writer = await this.#replace(this.#writer, generation, RECONNECT_DEADLINE)
    this.#writer = writer
    await this.#connector.check(writer)
    // Another server may have taken over under the same name, with fewer of the latest changes.
    await this.#endpoints.load(writer)
    return writer
  }

  /**
   * A connection in the place of one that was lost.
   * @param generation of whoever asks: after a fault another opening makes the connections
   * @throws FaultError, AppError
   */
  async #replace(lost: Session | undefined, generation: number, within?: number): Promise<Session> {
    if (generation !== this.#generation) throw this.#unavailable()
    lost?.end()
    const session = await this.#connector.another(within)
    if (generation === this.#generation) return session
    session.end()
    throw this.#unavailable()
  }

  #written(works: readonly Work[], { results, endpoints }: WrittenRows): void {
    for (const [index, work] of works.entries()) {
      if (work.kind === 'entry' && isAdded(results[index]!)) this.#series.stored(work.entry)
    }
    this.#endpoints.take(endpoints.values())
  }

  /** Opens; on a fault tries again later. Never rejects. */
  async #attempt(): Promise<void> {
    if (this.#state !== 'down') return
    const { retention, events, commitDeadline } = this.#options
    const generation = this.#generation
    this.#attempts++
    try {
      const writer = await this.#connector.writer()
      this.#writer = writer
      await migrate(writer, this.#connector.where)
      await proveWritable(writer, commitDeadline)
      // Label sets lose their place at a start, not at a reopening.
      const now = await this.#serverClock.sync(writer)
      if (this.#size === null) {
        await forgetSeries(writer, now - retention.age)
        await forgetEndpoints(writer, now - retention.age)
      }
      await this.#series.load(writer)
      await this.#endpoints.load(writer)
      this.#polledAt = performance.now()
      for (const entry of await storedAmong(writer, this.#unknown)) this.#series.stored(entry)
      this.#unknown = []
      const control = await this.#connector.another()
      this.#control = control
      await this.lease.renew(control)
      const size = await sizeOf(control)
      if (this.#state !== 'down' || generation !== this.#generation) return
      this.#up(size)
      events.onOpened(this.#series.totals())
      events.onSnapshot(this.#endpoints.all())
      this.#scheduleTick()
      void this.#expire()
      void this.#drain()
    } catch (error) {
      if (this.#state === 'down' && generation === this.#generation) this.#down(error)
    }
    // Closed meanwhile: what was connected since is let go too.
    if (generation !== this.#generation) this.#release()
  }

  #up(size: JournalSize): void {
    this.#state = 'up'
    this.#assuming = new Assuming()
    this.#attempts = 0
    this.#since = this.#options.clock()
    this.#fault = undefined
    this.#size = size
  }

  /** It cannot be written: nothing of what waits is acknowledged, and opening is tried again. */
  #down(error: unknown): void {
    const { clock, events, retry } = this.#options
    const { fault } = postgresFault(error, this.#connector.where)
    this.#generation++
    const wasUp = this.#state === 'up'
    if (wasUp || this.#fault === undefined) this.#since = clock()
    this.#fault = fault
    clearTimeout(this.#ticking)
    this.#release()
    const closing = this.#state === 'closing' || this.#state === 'closed'
    if (!closing) this.#state = 'down'
    this.#handBack()
    events.onFault(fault.kind, fault.detail)
    if (closing) return
    // Full jitter above a half, so that the replicas of a database that comes back do not come back in one wave.
    const wait = Math.min(retry.max, retry.min * 2 ** Math.min(this.#attempts, 16)) * (0.5 + Math.random() / 2)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#attempt(), wait)
  }

  /** Nothing of what waits is acknowledged here; where there is a spill, the entries go there. */
  #handBack(): void {
    const { underWay, waiting } = this.#groups.takeBack()
    const unknown: Entry[] = []
    for (const [index, { work, resolve, reject }] of [...underWay, ...waiting].entries()) {
      if (work.kind === 'entry' && this.#spillTakes(work.entry)) {
        // Also one of unknown outcome: the spill keeps its id, by which it is stored once.
        this.#recordInSpill(work.entry).then(resolve, reject)
        continue
      }
      if (work.kind === 'entry' && index < underWay.length) unknown.push(work.entry)
      reject(this.#unavailable())
    }
    this.#unknown = [...this.#unknown, ...unknown].slice(-UNKNOWN_LIMIT)
  }

  #release(): void {
    this.#writer?.end()
    this.#control?.end()
    this.#writer = undefined
    this.#control = undefined
    this.#readers.end()
  }

  #scheduleTick(): void {
    this.#ticking = setTimeout(() => void this.#tick(), this.#options.tick)
  }

  /** Keeps up with the other replicas. It also finds out that the database is away while no report comes. */
  async #tick(): Promise<void> {
    const generation = this.#generation
    try {
      let control = this.#control!
      if (!(await control.isAlive())) {
        control = await this.#replace(control, generation)
        this.#control = control
      }
      await this.#keepUp(control, generation)
    } catch (error) {
      if (generation === this.#generation && !isRetryable(error)) return this.#down(error)
    }
    if (generation === this.#generation && this.#state === 'up') this.#scheduleTick()
  }

  async #keepUp(control: Session, generation: number): Promise<void> {
    const { events } = this.#options
    await this.#connector.check(control)
    await this.#serverClock.sync(control)
    await this.#series.flush(control)
    const asked = performance.now()
    const seconds = (asked - this.#polledAt) / 1_000
    const news = await this.#series.poll(control, seconds)
    const changed = await this.#endpoints.poll(control, seconds)
    this.#polledAt = asked
    if (generation !== this.#generation) return
    if (news.length > 0) events.onRemoteSeries?.(news)
    if (changed) events.onSnapshot(this.#endpoints.all())
    const held = this.lease.fence()
    await this.lease.renew(control)
    if (held === null) void this.#expire()
    void this.#drain()
  }

  /** Retention, batch by batch, by the holder of the lease alone. */
  async #expire(): Promise<void> {
    const { events, retention, retentionBatch: batch } = this.#options
    const fence = this.lease.fence()
    if (this.#state !== 'up' || this.#expiring || fence === null) return
    this.#expiring = true
    const generation = this.#generation
    const goesOn = () => this.#state === 'up' && generation === this.#generation && this.lease.fence() === fence
    let session: Session | undefined
    try {
      session = await this.#connector.another()
      // Not by this process's clock: what other replicas acknowledged must not depend on it.
      const now = await this.#serverClock.sync(session)
      const before = now - retention.age
      const options = { beforeId: firstIdAt(before), size: retention.size, batch, fence }
      await expireIncidents(session, { before, now, fence })
      await expireAged(session, options, (failures) => {
        events.onExpired(failures, 'age')
        return goesOn()
      })
      if (!goesOn()) return
      await expireOversized(session, options, (failures) => {
        events.onExpired(failures, 'size')
        return goesOn()
      })
    } catch {
      // What is wrong with the database shows at the next group or tick; what is old can wait for the next run.
    } finally {
      session?.end()
      this.#expiring = false
    }
  }

  async #look(): Promise<void> {
    if (this.#state !== 'up') return
    try {
      this.#size = await this.#readers.lend(sizeOf)
    } catch {
      // The last look stands.
    }
  }

  #unavailable(): AppError {
    const retryAfter = Math.max(1, Math.ceil(this.#options.retry.max / 1_000))
    return new AppError('journal_unavailable', 'the report is not known to be stored; send it again', { retryAfter })
  }
}
