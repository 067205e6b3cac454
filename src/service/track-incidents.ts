import {
  type EndpointState,
  type Incident,
  type IncidentSettings,
  isDisabled,
  isOlder,
  isOpen,
} from '../domain/incident/incident.ts'
import { reduceIncident } from '../domain/incident/reduce-incident.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Applied, AppliedEvent, Journal } from '../domain/ports/journal.ts'
import type { Log, Metrics, SpanRef, Tracing } from '../domain/ports/telemetry.ts'
import type { BoundedNames } from '../domain/report/bounded-names.ts'
import { INVALID_ENDPOINT } from '../domain/report/failure.ts'
import type { Verdict } from '../domain/verdict/verdict.ts'
import { AppError } from '../errors.ts'
import { logTransition } from './incident-log.ts'
import { incidentPlaces } from './incident-places.ts'
import type { IncidentTracker } from './incident-tracker.ts'
import { incidentVerdicts, type Latest } from './incident-verdicts.ts'
import { systemTimers, type Timers } from './limiter.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { probeEvent } from './probe-event.ts'
import type { ProbePlan } from './probe-plans.ts'
import type { ProbeRound, Probing } from './probing.ts'
import { quietTimes } from './quiet-times.ts'

export interface IncidentTrackerDeps {
  readonly journal: Pick<Journal, 'apply' | 'get' | 'incident'>
  readonly settings: IncidentSettings
  /** Which endpoints have incidents. */
  readonly names: BoundedNames
  readonly probing: Pick<Probing, 'onFailure' | 'recheck'>
  /** What is probed. The incident of an endpoint that is not probed closes by quiet time alone. */
  readonly plans: readonly Pick<ProbePlan, 'endpoint' | 'interval' | 'onReport'>[]
  /** A configured endpoint's URL, for the checks of a verdict; undefined for one that is its own URL. */
  readonly urlOf: (endpoint: string) => string | undefined
  readonly newId: (at: number) => string
  /** Whether this replica exposes probe results; otherwise the leader does, and both would expose the same series. */
  readonly isLeader?: () => boolean
  readonly metrics: Pick<Metrics, 'probed' | 'incidentNotOpened'>
  readonly tracing: Pick<Tracing, 'probe'>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly clock: Clock
  /** Milliseconds of a clock that is never set. */
  readonly monotonic?: Clock
  readonly timers?: Timers
}

/** Spans of failures that are still to be probed. */
const MAX_SPANS = 1_000

/** @returns a tracker that knows nothing until `onSnapshot`; it closes incidents by time from `start` to `stop` */
export function createIncidentTracker(deps: IncidentTrackerDeps): IncidentTracker {
  const { journal, settings, names, probing, clock, log, timers = systemTimers } = deps
  const probed = new Set(
    deps.plans.filter(({ onReport, interval }) => onReport || interval !== undefined).map(({ endpoint }) => endpoint),
  )
  const isProbed = (endpoint: string): boolean => probed.has(endpoint)
  const isLeader = (): boolean => deps.isLeader?.() !== false
  const places = incidentPlaces(settings.unconfigured, names)
  let states = new Map<string, EndpointState>()
  const probes = new Map<string, Latest>()
  /** Endpoints whose newest probe the journal knows. */
  const looked = new Set<string>()
  const spans = new Map<string, SpanRef>()
  const ticking = new Set<string>()
  const quiet = quietTimes(deps.monotonic ?? (() => performance.now()))
  const verdicts = incidentVerdicts({
    journal,
    urlOf: deps.urlOf,
    clock,
    log,
    store: (endpoint, verdict) => apply(endpoint, { type: 'verdict', at: verdict.at, verdict }),
  })
  let timer: unknown
  let stopped = false
  const latest = (endpoint: string): Latest => probes.get(endpoint) ?? {}
  const openIncident = (endpoint: string): Incident | undefined => {
    const state = states.get(endpoint)
    return state && isOpen(state) ? state.incident! : undefined
  }

  function applyState({ change, state }: Applied): void {
    const { endpoint } = state
    // Another replica may have changed it since; then the journal has already passed on the newer state.
    if (!isOlder(state, states.get(endpoint))) states.set(endpoint, state)
    const current = states.get(endpoint)!
    if (change === 'opened') makeRoom()
    quiet.note(current)
    if (!isOpen(current)) verdicts.forget(endpoint)
    if (change !== 'joined' && change !== 'none') logTransition(log, change, state.incident!)
    probing.recheck(endpoint, isOpen(current))
  }

  async function apply(endpoint: string, event: AppliedEvent): Promise<Applied | undefined> {
    try {
      const applied = await journal.apply(endpoint, event)
      applyState(applied)
      return applied
    } catch {
      // The journal reports its own faults. The next probe or tick reaches the same result.
      return undefined
    }
  }

  async function decide(endpoint: string): Promise<Verdict | undefined> {
    const incident = openIncident(endpoint)
    return incident && verdicts.decide(incident, latest(endpoint))
  }

  const decideOnce = oneAtATime(decide)

  function tick(): void {
    for (const state of states.values()) {
      const { endpoint } = state
      if (!isOpen(state) || ticking.has(endpoint)) continue
      // Only the leader probes repeatedly.
      const isFresh = isLeader() && looked.has(endpoint)
      const event = { type: 'tick', at: clock(), probed: isProbed(endpoint), isFresh, ...quiet.of(endpoint) } as const
      const changes = reduceIncident(state, event, settings).state !== state
      // The process was killed between report and verdict, or the journal was down then.
      const lacksVerdict = !isProbed(endpoint) && state.incident!.verdict === null
      if (!changes && !lacksVerdict) continue
      ticking.add(endpoint)
      const work = async () => {
        if (lacksVerdict) await decide(endpoint)
        if (changes) await apply(endpoint, event)
        ticking.delete(endpoint)
      }
      void work()
    }
  }

  const tickLater = (): void => {
    if (stopped) return
    const wait = Math.max(100, Math.min(5_000, settings.quietTime / 10))
    timer = timers.set(() => {
      tick()
      tickLater()
    }, wait)
  }

  function takeSpans({ failureIds }: ProbeRound): SpanRef[] {
    const taken = failureIds.flatMap((id) => spans.get(id) ?? [])
    for (const id of failureIds) spans.delete(id)
    return taken
  }

  /** As the journal does. */
  function makeRoom(): void {
    const endpoint = places.leaving(states)
    if (endpoint === undefined) return
    states.delete(endpoint)
    names.release(endpoint)
    forgetEndpoint(endpoint)
  }

  function forgetEndpoint(endpoint: string): void {
    probing.recheck(endpoint, false)
    probes.delete(endpoint)
    looked.delete(endpoint)
    quiet.forget(endpoint)
    verdicts.forget(endpoint)
  }

  return {
    isTracked: (endpoint, openedBy) => places.isTracked(endpoint, openedBy, states),
    complete: (endpoint, stored) => names.complete(endpoint, stored),
    onSnapshot(all) {
      const before = states
      names.restore(
        all.map(({ endpoint }) => endpoint),
        all.filter(isOpen).map(({ endpoint }) => endpoint),
      )
      // More endpoints may be configured now than when the others got their slots.
      states = new Map(all.filter(({ endpoint }) => names.has(endpoint)).map((state) => [state.endpoint, state]))
      for (const endpoint of before.keys()) if (!states.has(endpoint)) forgetEndpoint(endpoint)
      for (const state of states.values()) {
        quiet.note(state)
        probing.recheck(state.endpoint, isOpen(state))
      }
    },
    onRecorded(failure, applied, span) {
      const { id, endpoint, cause } = failure
      if (!applied) return endpoint === INVALID_ENDPOINT ? undefined : deps.metrics.incidentNotOpened()
      const before = openIncident(endpoint)
      applyState(applied)
      if (openIncident(endpoint)?.report?.id === id) verdicts.onReport(failure)
      if (span && isProbed(endpoint)) {
        if (spans.size >= MAX_SPANS) spans.delete(spans.keys().next().value!)
        spans.set(id, span)
      }
      probing.onFailure(endpoint, id)
      // No probe will follow: the verdict can only come from the report.
      if (!isProbed(endpoint) && (!before?.verdict || before.cause !== cause)) decideOnce(endpoint)
    },
    onSignal({ id, endpoint, type, cause, manual }, applied) {
      if (!applied && type !== 'recovered' && !manual && endpoint !== INVALID_ENDPOINT) deps.metrics.incidentNotOpened()
      if (!applied) return
      const before = openIncident(endpoint)
      applyState(applied)
      const after = openIncident(endpoint)
      if (!after) return
      const isSwitched = isDisabled(after) !== (before !== undefined && isDisabled(before))
      if (!isProbed(endpoint) && (isSwitched || !before?.verdict || (cause !== null && before.cause !== cause)))
        decideOnce(endpoint)
      if (type !== 'recovered' && !manual) probing.onFailure(endpoint, id)
    },
    apply: (endpoint, event) =>
      apply(endpoint, event.type === 'delivered' ? { ...event, ...quiet.of(endpoint) } : event),
    async onProbeRound(round) {
      const { endpoint, results, trigger } = round
      const requestedBy = takeSpans(round)
      const views = Object.fromEntries(results.map((result) => [result.vantage, result])) as Latest
      probes.set(endpoint, views)
      if (isLeader()) for (const each of results) deps.metrics.probed(each, trigger)
      const event = probeEvent(round, views, deps.newId)
      // Another replica may see what this one cannot, so only the leader says that it is blind.
      const counts = event && (!event.unseen || (openIncident(endpoint) && (event.unseen !== 'blind' || isLeader())))
      if (counts && (await apply(endpoint, { ...event, ...quiet.of(endpoint) }))) looked.add(endpoint)
      else looked.delete(endpoint)
      const incident = openIncident(endpoint)
      const verdict = incident && verdicts.isDue(incident, views) ? await decide(endpoint) : undefined
      for (const each of results)
        deps.tracing.probe({ result: each, trigger, requestedBy, ...(verdict && { verdict }) })
    },
    async resolve(id, reason) {
      const found = await journal.incident(id)
      if (!found) throw new AppError('not_found', 'no incident has this id; retention may have removed it')
      const { endpoint } = found.incident
      const applied = await journal.apply(endpoint, { type: 'resolve', at: clock(), id: found.incident.id, reason })
      applyState(applied)
      if (applied.change !== 'closed') throw new AppError('conflict', 'the incident is already closed')
      return applied.state.incident!
    },
    isProbed,
    quietOf: (endpoint) => quiet.of(endpoint).quiet,
    states: () => states.values(),
    state: (endpoint) => states.get(endpoint),
    latest,
    start: tickLater,
    stop() {
      stopped = true
      timers.clear(timer)
    },
  }
}
