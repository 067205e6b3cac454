import type { Cause } from '../domain/cause/cause.ts'
import { type IncidentSettings, isOpen } from '../domain/incident/incident.ts'
import type { TimelineSignal } from '../domain/incident/timeline.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Metrics } from '../domain/ports/telemetry.ts'
import type { DeliveryEnding, DeliveryResult } from '../domain/report/delivery.ts'
import { PROXY_SOURCE } from '../domain/report/signal.ts'
import { deliveryStreams } from './delivery-streams.ts'
import type { IncidentTracker } from './incident-tracker.ts'
import { knownIds } from './known-ids.ts'
import type { Timers } from './limiter.ts'
import type { SignalRecorder } from './record-signals.ts'
import type { ReportedDelivery } from './recorded-source.ts'
import { overdueReports } from './report-overdue.ts'

export interface DeliveriesDeps {
  readonly incidents: Pick<IncidentTracker, 'apply' | 'state'>
  readonly recordSignal: SignalRecorder['recordOne']
  readonly settings: Pick<IncidentSettings, 'quietTime'>
  /** Names of the configured endpoints. */
  readonly configured: readonly string[]
  /** Milliseconds after which the platform gives up, of each endpoint of a route where that is known. */
  readonly giveUpAfter?: ReadonlyMap<string, number>
  readonly classify: (seen: { readonly code: number; readonly message: string }) => { readonly cause: Cause }
  readonly newId: (at: number) => string
  readonly metrics: Pick<Metrics, 'delivered' | 'signalled'>
  readonly clock: Clock
  /** Milliseconds of a clock that is never set. */
  readonly monotonic?: Clock
  readonly timers?: Timers
}

/** Deliveries that failed in a row make an early warning. */
export const WARNING_STREAK = 3
/** Most milliseconds between two writings of one endpoint. */
const WRITE_INTERVAL = 1_000
/** Milliseconds between two early warnings of one endpoint while its incident is open: each is a row of the timeline. */
const WARNING_INTERVAL = 60_000

/** What is known of the last of several failed deliveries if the platform got no whole answer. */
const ENDINGS: Readonly<Record<DeliveryEnding, { readonly cause: Cause; readonly words: string }>> = {
  client_closed: { cause: 'timeout', words: ': the platform disconnected before the answer' },
  incomplete: { cause: 'connection_reset', words: ': the answer broke off before it was complete' },
}

interface Streak {
  /** Failures in a row. */
  count: number
  /** When the first of them was. */
  since: number
  lastAt: number
  /** The incident that knows of it. */
  notedIn?: string
  /** Whether they were made an early warning. */
  isWarned: boolean
}

export type Deliveries = ReturnType<typeof createDeliveries>

/** Reads successes and failures of deliveries: early warnings, proofs of recovery, and the last good moment. */
export function createDeliveries(deps: DeliveriesDeps) {
  const { incidents, settings, metrics, clock, monotonic = () => performance.now() } = deps
  const configured = new Set(deps.configured)
  const ids = knownIds()
  const streams = deliveryStreams({
    apply: (endpoint, event) => incidents.apply(endpoint, event),
    state: (endpoint) => incidents.state(endpoint),
    // A failure must reach the journal well within the quiet time, which another replica may be waiting for.
    interval: Math.min(WRITE_INTERVAL, settings.quietTime / 4),
    clock,
    monotonic,
    ...(deps.timers && { timers: deps.timers }),
  })
  const overdue = overdueReports({
    giveUpAfter: deps.giveUpAfter ?? new Map(),
    state: (endpoint) => incidents.state(endpoint),
    clock,
  })
  /** Of each endpoint, by route: a success elsewhere says nothing about a route that fails. */
  const streaks = new Map<string, Map<string, Streak>>()
  const warnedAt = new Map<string, number>()

  const isIncidentOpen = (endpoint: string): boolean => {
    const state = incidents.state(endpoint)
    return state !== undefined && isOpen(state)
  }

  function onFailure(delivery: DeliveryResult): void {
    const { endpoint, route, at } = delivery
    overdue.failed(endpoint, route, at)
    streams.failed(endpoint, route, at)
    const routes = streaks.get(endpoint) ?? new Map<string, Streak>()
    streaks.set(endpoint, routes)
    const streak = routes.get(route) ?? { count: 0, since: at, lastAt: at, isWarned: false }
    streak.count++
    streak.lastAt = at
    routes.set(route, streak)
    if (streak.count < WARNING_STREAK) return
    // A manually closed incident reopens if deliveries keep failing.
    const isDue = isIncidentOpen(endpoint) ? !streak.isWarned && isRested(endpoint, WARNING_INTERVAL) : true
    if (isDue && isRested(endpoint, WRITE_INTERVAL)) warn(delivery, streak)
  }

  /** The incident may have been opened by what another replica or the platform saw. */
  function stillFailing(endpoint: string, routes: ReadonlyMap<string, Streak>): void {
    const { incident } = incidents.state(endpoint) ?? {}
    if (!incident || !isIncidentOpen(endpoint)) return
    for (const [route, streak] of routes) {
      if (streak.notedIn === incident.id) continue
      streak.notedIn = incident.id
      streams.failed(endpoint, route, streak.lastAt)
    }
  }

  const isRested = (endpoint: string, interval: number): boolean =>
    monotonic() - (warnedAt.get(endpoint) ?? Number.NEGATIVE_INFINITY) >= interval

  function warn({ endpoint, route, code, ending }: DeliveryResult, streak: Streak): void {
    warnedAt.set(endpoint, monotonic())
    streak.isWarned = true
    const receivedAt = clock()
    const { count, since } = streak
    const known = ending && ENDINGS[ending]
    const message = `${count} deliveries in a row failed at the proxy${known?.words ?? ''}`
    const signal: TimelineSignal = {
      id: deps.newId(receivedAt),
      receivedAt,
      type: 'failing',
      source: PROXY_SOURCE,
      tenant: '',
      endpoint,
      url: route,
      code,
      cause: known?.cause ?? deps.classify({ code, message: '' }).cause,
      message,
      time: since,
      attempts: null,
      event: null,
      failingSince: since,
    }
    deps.recordSignal(signal).catch(() => {
      // The journal reports its own faults. The next failure warns again.
      streak.isWarned = false
    })
  }

  return {
    /** The proxy passed a delivery on. Returns at once, and never throws. */
    observed(delivery: DeliveryResult): void {
      const { endpoint, route, ok, code, startedAt } = delivery
      metrics.delivered({ source: PROXY_SOURCE, endpoint, result: ok ? 'success' : 'failure', code })
      if (!ok) {
        onFailure(delivery)
        return
      }
      const routes = streaks.get(endpoint)
      routes?.delete(route)
      overdue.succeeded(endpoint, route)
      if (routes?.size) stillFailing(endpoint, routes)
      // It is good for when it began: a failure may have come since.
      else
        streams.succeeded(endpoint, { source: PROXY_SOURCE, tenant: '', url: route, proof: 'delivery', at: startedAt })
    },
    /** A source reported a success. @returns whether it counts: a known id does not */
    reported({ endpoint, source, tenant, url, id, code, provenAt }: ReportedDelivery): boolean {
      if (id !== undefined && ids.seen(source, tenant, id)) return false
      metrics.signalled(source, 'delivered')
      metrics.delivered({ source, endpoint, result: 'success', ...(code !== undefined && { code }) })
      // Of an endpoint that is neither configured nor has failed, nothing need be kept: any sender could name thousands.
      if (provenAt !== undefined && (configured.has(endpoint) || incidents.state(endpoint)))
        streams.succeeded(endpoint, { source, tenant, url, proof: 'platform', at: provenAt })
      return true
    },
    /** Endpoints of routes that say when the platform gives up, and whether its report is overdue. */
    overdue: () => overdue.all(),
    stop: () => streams.stop(),
  }
}
