import type { Clock } from '../domain/clock.ts'
import { type DeliveryStream, type EndpointState, isOpen, type LastDelivery, ORIGIN_LIMIT } from '../domain/incident.ts'
import type { AppliedEvent } from '../domain/journal.ts'
import { systemTimers, type Timers } from './limiter.ts'

export interface DeliveryStreamDeps {
  /** Applies an event in the journal. Never rejects. */
  readonly apply: (endpoint: string, event: AppliedEvent) => Promise<unknown>
  readonly state: (endpoint: string) => EndpointState | undefined
  /** Milliseconds between two writings of an endpoint. */
  readonly interval: number
  readonly clock: Clock
  /** Milliseconds of a clock that is never set. */
  readonly monotonic: Clock
  readonly timers?: Timers
}

interface Watched {
  readonly streams: Map<string, DeliveryStream & { isNew: boolean }>
  /** The newest failure that is still to be written. */
  failedAt: number | null
  writtenAt: number
  timer: unknown
}

/** What this replica sees of each endpoint's deliveries: runs of successes in memory, written at most once per interval. */
export function deliveryStreams({
  apply,
  state,
  interval,
  clock,
  monotonic,
  timers = systemTimers,
}: DeliveryStreamDeps) {
  const watched = new Map<string, Watched>()

  function watch(endpoint: string): Watched {
    const known = watched.get(endpoint)
    if (known) return known
    const fresh: Watched = { streams: new Map(), failedAt: null, writtenAt: Number.NEGATIVE_INFINITY, timer: undefined }
    watched.set(endpoint, fresh)
    return fresh
  }

  function writeLater(endpoint: string, of: Watched): void {
    if (of.timer !== undefined) return
    const wait = interval - (monotonic() - of.writtenAt)
    if (wait <= 0) void write(endpoint, of)
    else of.timer = timers.set(() => void write(endpoint, of), wait)
  }

  async function write(endpoint: string, of: Watched): Promise<void> {
    of.timer = undefined
    of.writtenAt = monotonic()
    const { failedAt } = of
    const streams = [...of.streams.values()].filter(({ isNew }) => isNew)
    of.failedAt = null
    for (const stream of streams) stream.isNew = false
    if (failedAt !== null) await apply(endpoint, { type: 'undelivered', at: failedAt })
    if (streams.length === 0) return
    const written = streams.map(({ isNew: _, ...stream }) => stream)
    await apply(endpoint, { type: 'delivered', at: clock(), streams: written })
  }

  /** A failure that any replica saw since the run began has ended it. */
  function isBroken(endpoint: string, since: number): boolean {
    const current = state(endpoint)
    return current !== undefined && isOpen(current) && current.incident!.quietSince >= since
  }

  return {
    succeeded(endpoint: string, last: LastDelivery): void {
      const of = watch(endpoint)
      const { source, tenant, url, proof, at } = last
      const key = `${source}\0${tenant}\0${url}`
      const known = of.streams.get(key)
      const run =
        known && !isBroken(endpoint, known.run.since)
          ? { ...known.run, count: known.run.count + 1 }
          : { count: 1, since: at }
      // The newest comes last. One alone stays: a Map whose entries are removed and added again is copied all the time.
      if (of.streams.size > 1) of.streams.delete(key)
      of.streams.set(key, { source, tenant, url, proof, at, run, isNew: true })
      if (of.streams.size > ORIGIN_LIMIT) of.streams.delete(of.streams.keys().next().value!)
      writeLater(endpoint, of)
    },
    /** Ends all runs. It is written only while an incident is open: before it nothing has to be kept open. */
    failed(endpoint: string, at: number): void {
      const of = watch(endpoint)
      of.streams.clear()
      const current = state(endpoint)
      if (!current || !isOpen(current)) return
      of.failedAt = at
      writeLater(endpoint, of)
    },
    stop(): void {
      for (const { timer } of watched.values()) timers.clear(timer)
      watched.clear()
    },
  }
}
