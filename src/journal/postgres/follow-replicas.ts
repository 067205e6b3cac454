import type { JournalEvents, JournalSize } from '../../domain/ports/journal.ts'
import type { LifeCycle } from '../core/life-cycle.ts'
import type { ServerClock } from './clock.ts'
import type { Connector } from './connect.ts'
import type { KnownEndpoints } from './endpoints.ts'
import { isRetryable } from './fault.ts'
import type { PostgresLease } from './lease.ts'
import type { Series } from './series.ts'
import type { Session } from './session.ts'
import { sizeOf } from './size.ts'

interface Deps {
  readonly life: LifeCycle
  readonly connector: Connector
  readonly serverClock: ServerClock
  readonly series: Series
  readonly endpoints: KnownEndpoints
  readonly lease: PostgresLease
  /** This replica has just become the leader. */
  readonly onLeader: () => void
}

/**
 * Follows what the other replicas write, reports to them what this one counted, and renews the lease, over its own
 * session. It also notices that the database is unreachable while no report comes.
 */
export class FollowReplicas {
  readonly #options: { readonly tick: number; readonly events: JournalEvents }
  readonly #deps: Deps
  #session: Session | undefined
  #timer: NodeJS.Timeout | undefined
  #polledAt = 0

  constructor(options: { readonly tick: number; readonly events: JournalEvents }, deps: Deps) {
    this.#options = options
    this.#deps = deps
  }

  /** Belongs right after series and endpoints were loaded. */
  async connect(): Promise<JournalSize> {
    this.#polledAt = performance.now()
    const session = await this.#deps.connector.another()
    this.#session = session
    await this.#deps.lease.renew(session)
    return sizeOf(session)
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#tick(), this.#options.tick)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#session?.end()
    this.#session = undefined
  }

  /** Gives up the lease, so that another replica need not wait for its end. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer)
    const session = this.#session
    if (!session) return
    try {
      await this.#deps.series.flush(session)
      await this.#deps.lease.release(session)
    } catch {
      // The next replica reads the times from the rows; the lease expires.
    }
  }

  async #tick(): Promise<void> {
    const { life, connector } = this.#deps
    const { generation } = life
    const isCurrent = () => generation === life.generation
    try {
      let session = this.#session!
      if (!(await session.isAlive())) {
        session = await connector.replace(session, { isCurrent })
        this.#session = session
      }
      await this.#follow(session, isCurrent)
    } catch (error) {
      if (isCurrent() && !isRetryable(error)) return life.fail(error)
    }
    if (isCurrent() && life.isUp) this.start()
  }

  async #follow(session: Session, isCurrent: () => boolean): Promise<void> {
    const { connector, serverClock, series, endpoints, lease, onLeader } = this.#deps
    await connector.check(session)
    await serverClock.sync(session)
    await series.flush(session)
    const asked = performance.now()
    const seconds = (asked - this.#polledAt) / 1_000
    const remote = await series.poll(session, seconds)
    const changed = await endpoints.poll(session, seconds)
    this.#polledAt = asked
    if (!isCurrent()) return
    if (remote.length > 0) this.#options.events.onRemoteSeries?.(remote)
    if (changed) this.#options.events.onSnapshot(endpoints.all())
    const wasLeader = lease.fence() !== null
    await lease.renew(session)
    if (!wasLeader && lease.fence() !== null) onLeader()
  }
}
