import {
  type DeliveryStream,
  type EndpointState,
  isOpen,
  type LastDelivery,
  ORIGIN_LIMIT,
} from '../domain/incident/incident.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { AppliedEvent } from '../domain/ports/journal.ts'
import { systemTimers, type Timers } from './limiter.ts'

export interface DeliveryStreamDeps {
  /** Applies an event in the journal. Never rejects; undefined if the journal could not take it. */
  readonly apply: (endpoint: string, event: AppliedEvent) => Promise<unknown>
  readonly state: (endpoint: string) => EndpointState | undefined
  /** Milliseconds between two writings of an endpoint. */
  readonly interval: number
  readonly clock: Clock
  /** Milliseconds of a clock that is never set. */
  readonly monotonic: Clock
  readonly timers?: Timers
}

interface Stream extends DeliveryStream {
  at: number
  run: DeliveryStream['run']
  isNew: boolean
}

interface Watched {
  /** By origin; that of the newest success comes last. */
  readonly streams: Map<string, Stream>
  newest: Stream | undefined
  /** The newest failure that is still to be written. */
  failedAt: number | null
  /** Routes of the failures that are still to be written. */
  readonly failedRoutes: Set<string>
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
    const fresh: Watched = {
      streams: new Map(),
      newest: undefined,
      failedAt: null,
      failedRoutes: new Set(),
      writtenAt: Number.NEGATIVE_INFINITY,
      timer: undefined,
    }
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
    const routes = [...of.failedRoutes]
    const streams = [...of.streams.values()].filter(({ isNew }) => isNew)
    of.failedAt = null
    of.failedRoutes.clear()
    for (const stream of streams) stream.isNew = false
    const written = streams.map(({ isNew: _, ...stream }) => stream)
    if (failedAt !== null && !(await apply(endpoint, { type: 'undelivered', at: failedAt, routes }))) {
      of.failedAt = Math.max(of.failedAt ?? failedAt, failedAt)
      for (const route of routes) of.failedRoutes.add(route)
    } else if (written.length === 0 || (await apply(endpoint, { type: 'delivered', at: clock(), streams: written })))
      return
    // The journal is down: the same is written later.
    for (const stream of streams) stream.isNew = true
    if (watched.get(endpoint) === of) writeLater(endpoint, of)
  }

  /** Whether any replica saw a failure at that time or later: it ends a run, and says nothing about an earlier success. */
  function hasFailed(endpoint: string, since: number): boolean {
    const current = state(endpoint)
    return current !== undefined && isOpen(current) && current.incident!.quietSince >= since
  }

  /** The run with one more success at `at`; they may come in any order. */
  function nextRun(endpoint: string, known: Stream | undefined, at: number): Stream['run'] {
    return known && !hasFailed(endpoint, known.run.since)
      ? { since: Math.min(known.run.since, at), count: known.run.count + 1 }
      : { count: 1, since: at }
  }

  return {
    /** A success of that time: one before the last failure proves nothing. */
    succeeded(endpoint: string, last: LastDelivery): void {
      const { source, tenant, url, proof, at } = last
      if (hasFailed(endpoint, at)) return
      const of = watch(endpoint)
      const newest = of.newest
      if (newest?.source === source && newest.tenant === tenant && newest.url === url && newest.proof === proof) {
        // As most often.
        newest.run = nextRun(endpoint, newest, at)
        newest.at = Math.max(newest.at, at)
        newest.isNew = true
      } else {
        const key = `${source}\0${tenant}\0${url}`
        const known = of.streams.get(key)
        const run = nextRun(endpoint, known, at)
        of.newest = { source, tenant, url, proof, at: Math.max(known?.at ?? at, at), run, isNew: true }
        // The newest comes last.
        of.streams.delete(key)
        of.streams.set(key, of.newest)
        if (of.streams.size > ORIGIN_LIMIT) of.streams.delete(of.streams.keys().next().value!)
      }
      writeLater(endpoint, of)
    },
    /** Ends all runs. It is written only while an incident is open: before it nothing has to be kept open. */
    failed(endpoint: string, route: string, at: number): void {
      const of = watch(endpoint)
      of.streams.clear()
      of.newest = undefined
      const current = state(endpoint)
      if (!current || !isOpen(current)) return
      of.failedAt = Math.max(of.failedAt ?? at, at)
      of.failedRoutes.add(route)
      writeLater(endpoint, of)
    },
    stop(): void {
      for (const { timer } of watched.values()) timers.clear(timer)
      watched.clear()
    },
  }
}
