import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { CanaryMoments, Entry, Journal, JournalSize, JournalStatus } from '../../domain/ports/journal.ts'
import { isAdded } from '../core/complete.ts'
import { FaultError } from '../core/fault.ts'
import type { Written } from '../core/group-commit.ts'
import type { HookStore, Opened, Store } from '../core/group-journal.ts'
import { TOLERATED_EXCESS } from '../core/group-options.ts'
import type { LifeCycle } from '../core/life-cycle.ts'
import type { Command } from '../core/queue.ts'
import type { JournalReader } from '../core/reader.ts'
import { AcknowledgedIds } from './acknowledged.ts'
import { noteCanary } from './canary.ts'
import { ServerClock } from './clock.ts'
import type { Connector } from './connect.ts'
import { forgetEndpoints, KnownEndpoints, type Versioned } from './endpoints.ts'
import { NotCommittedError } from './fault.ts'
import { FollowReplicas } from './follow-replicas.ts'
import { IndexBuilder } from './indexes.ts'
import { PostgresLease } from './lease.ts'
import { migrate } from './migrations.ts'
import { Moves } from './moves.ts'
import { OptimisticWrites } from './optimistic.ts'
import type { Settings } from './options.ts'
import { hookStore } from './outbox.ts'
import { findStored, proveWritable } from './prove.ts'
import { readerPool, readWith } from './read.ts'
import { Retention } from './retention.ts'
import { forgetSeries, Series } from './series.ts'
import type { Session } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import { sizeOf } from './size.ts'
import { type GroupOptions, writeGroup } from './write.ts'

/** Entries of unknown outcome that are looked up after a reopening. */
const UNKNOWN_LIMIT = 4_096
/** Milliseconds for a connection that replaces one lost while idle: senders wait 900 ms. */
const RECONNECT_DEADLINE = 600

export interface WrittenRows extends Written {
  readonly endpoints: ReadonlyMap<string, Versioned>
}

/**
 * One session writes, one keeps up with the other replicas, one removes what is old and builds indexes, two read: at most
 * five connections per replica, six while a spill is flushed. A connection lost while idle is replaced; after any other
 * fault, except of the readers, all are closed and opening starts over.
 */
export class PostgresStore implements Store<WrittenRows> {
  readonly lease: PostgresLease
  readonly moves: Moves
  readonly reads: JournalReader
  readonly hooks: HookStore
  readonly #options: Settings
  readonly #life: LifeCycle
  readonly #connector: Connector
  readonly #readers: SessionPool
  readonly #serverClock: ServerClock
  readonly #series = new Series()
  readonly #endpoints = new KnownEndpoints()
  readonly #replicas: FollowReplicas
  readonly #indexes: IndexBuilder
  readonly #retention: Retention
  readonly #unknown = new Set<Entry>()
  readonly #acknowledged: AcknowledgedIds
  #optimistic = new OptimisticWrites()
  #writer: Session | undefined
  /** Null until it was opened for the first time. */
  #size: JournalSize | null = null

  constructor(options: Settings, { life, connector }: { readonly life: LifeCycle; readonly connector: Connector }) {
    this.#options = options
    this.#life = life
    this.#connector = connector
    this.#serverClock = new ServerClock(options.clock)
    this.#acknowledged = new AcknowledgedIds(connector.where, options.retention)
    this.#readers = readerPool(connector, options.events)
    this.reads = readWith((work) => {
      if (life.isUp || life.isFinishing) return this.#readers.lend(work)
      options.events.onReadFault?.('closed', 'the journal is not open')
      return Promise.reject(life.unavailable())
    })
    this.hooks = hookStore((work) => this.#readers.lend(work))
    this.lease = new PostgresLease(`${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`, options.leaseTerm)
    this.#replicas = new FollowReplicas(options, {
      life,
      connector,
      serverClock: this.#serverClock,
      series: this.#series,
      endpoints: this.#endpoints,
      lease: this.lease,
      onLeader: () => this.expire(),
    })
    this.#indexes = new IndexBuilder(options.events)
    this.#retention = new Retention(options, {
      life,
      lease: this.lease,
      connect: () => connector.another(),
      // Not this process's own clock: what other replicas acknowledged must not depend on it.
      clock: this.#serverClock,
      after: (session, isLeader) => this.#indexes.run(session, isLeader),
    })
    this.moves = new Moves({
      connector,
      readers: this.#readers,
      series: this.#series,
      endpoints: this.#endpoints,
      unknown: this.#unknown,
      acknowledged: this.#acknowledged,
      events: options.events,
      groupOptions: () => this.#groupOptions({ unknown: () => [] }),
    })
  }

  now(): number {
    return this.#serverClock.now()
  }

  async open(): Promise<Opened> {
    const { retention, commitDeadline } = this.#options
    const writer = await this.#connector.writer()
    this.#writer = writer
    await migrate(writer, this.#connector.where)
    await proveWritable(writer, commitDeadline)
    const now = await this.#serverClock.sync(writer)
    const lost = await this.#acknowledged.lost(writer, now)
    // Label sets lose their place at a start, not when the database comes back.
    if (this.#size === null) {
      await forgetSeries(writer, now - retention.age)
      await forgetEndpoints(writer, now - retention.age)
    }
    await this.#series.load(writer)
    await this.#endpoints.load(writer)
    for (const entry of await findStored(writer, [...this.#unknown])) this.#series.recordStored(entry)
    this.#unknown.clear()
    const size = await this.#replicas.connect()
    if (this.#life.isDown) this.#size = size
    this.#optimistic = new OptimisticWrites()
    return { totals: this.#series.totals(), endpoints: this.#endpoints.all(), lost }
  }

  opened(): void {
    this.#replicas.start()
  }

  async write(commands: readonly Command[]): Promise<WrittenRows> {
    const { results, endpoints } = await this.#write(commands)
    return { results, endpoints, stateOf: (endpoint) => endpoints.get(endpoint)!.state }
  }

  written(commands: readonly Command[], { results, endpoints }: WrittenRows): void {
    for (const [index, command] of commands.entries()) {
      if (command.kind !== 'entry' || !isAdded(results[index]!)) continue
      this.#series.recordStored(command.entry)
      this.#acknowledged.add(command.entry.failure.id)
    }
    this.#endpoints.update(endpoints.values())
  }

  unknown(entries: readonly Entry[]): void {
    for (const entry of entries) this.#unknown.add(entry)
    for (const entry of this.#unknown) {
      if (this.#unknown.size <= UNKNOWN_LIMIT) break
      this.#unknown.delete(entry)
    }
  }

  release(): void {
    this.#writer?.end()
    this.#writer = undefined
    this.#replicas.stop()
    this.#readers.end()
    this.#indexes.end()
  }

  noteCanary(moments: Parameters<Journal['noteCanary']>[0]): Promise<CanaryMoments> {
    return this.#readers.lend((session) => noteCanary(session, moments))
  }

  resetSeries(unseenSince: number): Promise<number> {
    return this.#readers.lend((session) => forgetSeries(session, unseenSince))
  }

  status(): Pick<JournalStatus, 'size' | 'warnings'> {
    const { warning } = this.#connector
    return { size: this.#size, warnings: warning === undefined ? [] : [warning] }
  }

  async finish(): Promise<void> {
    await this.#replicas.finish()
  }

  async close(): Promise<void> {
    this.release()
    this.lease.drop()
  }

  expire(): void {
    this.#retention.run()
  }

  measure(): void {
    if (!this.#life.isUp) return
    this.#readers.lend(sizeOf).then(
      (size) => {
        this.#size = size
        // A flood would otherwise outgrow the limit for as long as it is to the next run.
        if (size.rowBytes > this.#options.retention.size * (1 + TOLERATED_EXCESS)) this.expire()
      },
      () => {},
    )
  }

  #groupOptions(series: Pick<Series, 'unknown'>): GroupOptions {
    const { commitDeadline: deadline, incidents, slots } = this.#options
    return { deadline, incidents, slots, series, known: this.#endpoints, optimistic: this.#optimistic }
  }

  /** Repeats a group only if it is certain that nothing of it was committed, and its senders may still be waiting. */
  async #write(commands: readonly Command[]): ReturnType<typeof writeGroup> {
    const options = this.#groupOptions(this.#series)
    const { generation } = this.#life
    const begun = performance.now()
    const last = this.#writer!
    const writer = last.isRecent || (await last.isAlive()) ? last : await this.#replaceWriter(generation)
    try {
      return await writeGroup(writer, commands, options)
    } catch (error) {
      if (!(error instanceof NotCommittedError) || performance.now() - begun > RECONNECT_DEADLINE) throw error
      return writeGroup(await this.#replaceWriter(generation), commands, options)
    }
  }

  /** @throws FaultError if there is no connection in time, or the server no longer accepts writes */
  async #replaceWriter(generation: number): Promise<Session> {
    const writer = await this.#connector.replace(this.#writer, {
      isCurrent: () => generation === this.#life.generation,
      within: RECONNECT_DEADLINE,
    })
    this.#writer = writer
    await this.#connector.check(writer)
    // Another server may have taken over under the same name, with fewer of the latest changes.
    const lost = await this.#acknowledged.lost(writer, this.now())
    if (lost) throw new FaultError(lost.kind, lost.detail, lost.lost)
    await this.#endpoints.load(writer)
    return writer
  }
}
