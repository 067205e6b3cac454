import type { BoundedNames } from '../domain/bounded-names.ts'
import type { Clock } from '../domain/clock.ts'
import type { Failure } from '../domain/failure.ts'
import {
  type EndpointState,
  type Incident,
  type IncidentSettings,
  isOlder,
  isOpen,
  type Quiet,
  reduceIncident,
} from '../domain/incident.ts'
import type { Applied, Journal } from '../domain/journal.ts'
import { conclusive, totalTime } from '../domain/observation.ts'
import type { ProbeResult, Vantage } from '../domain/probe.ts'
import type { Log, Metrics, SpanRef, Tracing } from '../domain/telemetry.ts'
import { judge, type Verdict } from '../domain/verdict.ts'
import { AppError } from '../errors.ts'
import { systemTimers, type Timers } from './limiter.ts'
import { platformWords } from './platform-words.ts'
import type { ProbePlan } from './probe-plans.ts'
import type { ProbeRound, Probing } from './probing.ts'

export type Latest = Readonly<Partial<Record<Vantage, ProbeResult>>>

export interface IncidentTrackerDeps {
  readonly journal: Pick<Journal, 'apply' | 'get' | 'incident'>
  readonly settings: IncidentSettings
  /** Which endpoints have incidents. */
  readonly names: BoundedNames
  readonly probing: Pick<Probing, 'onFailure' | 'recheck'>
  /** What is probed. An endpoint that is not probed while its incident is open closes by quiet time alone. */
  readonly plans: readonly Pick<ProbePlan, 'endpoint' | 'interval' | 'onReport'>[]
  /** A configured endpoint's URL, for the checks of a verdict; undefined for one that is its own URL. */
  readonly urlOf: (endpoint: string) => string | undefined
  readonly newId: (at: number) => string
  /** Whether this replica shows what probes saw; else another one does, and the same series would come twice. */
  readonly isLeader?: () => boolean
  readonly metrics: Pick<Metrics, 'probed'>
  readonly tracing: Pick<Tracing, 'probe'>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly clock: Clock
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic?: Clock
  readonly timers?: Timers
}

/** Follows every endpoint from its first failure to its recovery. What it knows comes from the journal, at start and after each event. */
export interface IncidentTracker {
  isTracked(endpoint: string): boolean
  /** What became of a report whose endpoint was admitted: only what was stored takes a slot. */
  complete(endpoint: string, stored: boolean): void
  /** Every endpoint as the journal holds it; replaces what was known. */
  onSnapshot(states: readonly EndpointState[]): void
  /** A failure became durable. Returns at once. */
  onRecorded(failure: Failure, applied: Applied | undefined, span: SpanRef | null): void
  /** An endpoint was looked at. Never rejects. */
  onProbeRound(round: ProbeRound): Promise<void>
  /** @throws AppError `not_found`, `conflict` (it is closed), and what `Journal.apply` rejects with */
  resolve(id: string, reason: string): Promise<Incident>
  states(): Iterable<EndpointState>
  state(endpoint: string): EndpointState | undefined
  /** The newest probe from each vantage point since the start of this process. */
  latest(endpoint: string): Latest
  start(): void
  stop(): void
}

/**
 * Milliseconds between two looks while an incident is open: quick at first, since most recoveries are, then so that the
 * good probes that prove one fit into the quiet time.
 */
export function recheckIntervals({ quietTime, goodProbes }: IncidentSettings): { first: number; longest: number } {
  const longest = Math.min(60_000, quietTime / (goodProbes + 1))
  return { first: Math.min(5_000, longest), longest }
}

/** Spans of failures whose probe is still to come. */
const MOST_SPANS = 1_000

/** @returns a tracker that knows nothing until `onSnapshot`; its clock runs from `start` to `stop` */
export function createIncidentTracker(deps: IncidentTrackerDeps): IncidentTracker {
  const { journal, settings, names, probing, clock, log, timers = systemTimers } = deps
  const { monotonic = () => performance.now() } = deps
  const probed = new Set(
    deps.plans.filter(({ onReport, interval }) => onReport || interval !== undefined).map(({ endpoint }) => endpoint),
  )
  const isProbed = (endpoint: string): boolean => probed.has(endpoint)
  const isLeader = (): boolean => deps.isLeader?.() !== false
  /**
   * A probe that the outbound guard forbids proves nothing, nor does one of a receiver without egress. Another replica may
   * have egress: only the one that probes on a schedule closes incidents for want of its own.
   */
  const isProvable = (endpoint: string): boolean => {
    const result = deciding(latest(endpoint))
    if (!isProbed(endpoint)) return false
    return !result || conclusive(result) || (result.unverified === true && !isLeader())
  }
  let states = new Map<string, EndpointState>()
  const probes = new Map<string, Latest>()
  const spans = new Map<string, SpanRef>()
  const ticking = new Set<string>()
  /** The newest verdict that was logged for each endpoint: the journal may be down and keep none of them. */
  const logged = new Map<string, string>()
  const words = platformWords(journal)
  let timer: unknown
  let stopped = false

  /** When this process first saw an open incident's `quietSince`, by the monotonic clock. */
  const seen = new Map<string, { readonly since: number; readonly at: number }>()
  function noteQuiet({ endpoint, incident }: EndpointState): void {
    if (!incident || incident.closedAt !== null) seen.delete(endpoint)
    else if (seen.get(endpoint)?.since !== incident.quietSince) {
      seen.set(endpoint, { since: incident.quietSince, at: monotonic() })
    }
  }
  function quietOf(endpoint: string): { quiet?: Quiet } {
    const known = seen.get(endpoint)
    return known ? { quiet: { since: known.since, lasted: monotonic() - known.at } } : {}
  }

  function applyState({ change, state }: Applied): void {
    const { endpoint } = state
    // Another replica may have changed it since, which the journal has told us by then.
    if (!isOlder(state, states.get(endpoint))) states.set(endpoint, state)
    noteQuiet(states.get(endpoint)!)
    if (!isOpen(states.get(endpoint)!)) forgetIncident(endpoint)
    if (change !== 'joined' && change !== 'none') logTransition(change, state.incident!)
    probing.recheck(endpoint, isOpen(states.get(endpoint)!))
  }

  function forgetIncident(endpoint: string): void {
    logged.delete(endpoint)
    words.forget(endpoint)
  }

  /** One line a change of an incident, not one a failure. */
  function logTransition(change: 'opened' | 'reopened' | 'closed', incident: Incident): void {
    const { id, endpoint, cause, failures, resolution, loss } = incident
    const fields = { incident_id: id, endpoint, cause, failures }
    if (change === 'closed') log.info({ ...fields, resolution, loss: shown(loss) }, 'an incident was closed')
    else log.warn(fields, `an incident was ${change}`)
  }

  const apply = async (endpoint: string, event: Parameters<Journal['apply']>[1]): Promise<Applied | undefined> => {
    try {
      const applied = await journal.apply(endpoint, event)
      applyState(applied)
      return applied
    } catch {
      // The journal is down and says so itself. The next probe or tick comes to the same result.
      return undefined
    }
  }

  /** Reads report and probes together, and keeps the verdict where it says something new. */
  async function decide(endpoint: string): Promise<Verdict | undefined> {
    const incident = openIncident(endpoint)
    if (!incident) return undefined
    const { public: outside, internal: inside } = latest(endpoint)
    // A probe found it, and the newest one sees nothing at all: what was found before stands.
    if (!incident.report && incident.verdict && deciding(latest(endpoint))?.unverified) return incident.verdict
    const verdict = judge({
      at: clock(),
      endpoint,
      url: deps.urlOf(endpoint) ?? endpoint,
      report: incident.report && (await words.of(endpoint, incident.report)),
      public: outside,
      internal: inside,
    })
    const known = incident.verdict
    const news =
      !known || known.rule !== verdict.rule || known.cause !== verdict.cause || known.vantage !== verdict.vantage
    const later = known !== null && incident.report !== null && known.at < incident.report.at
    const { cause, confidence, rule, checks, vantage } = verdict
    const key = [incident.id, rule, cause, vantage].join(' ')
    if (news && logged.get(endpoint) !== key) {
      logged.set(endpoint, key)
      log.warn({ incident_id: incident.id, endpoint, cause, confidence, rule, checks }, verdict.sentence)
    }
    if (news || later) await apply(endpoint, { type: 'verdict', at: verdict.at, verdict })
    return verdict
  }

  /**
   * A good probe says something of a report that came before it and has not been looked into. After that it is the
   * recovery, and the verdict on what was wrong stands.
   */
  function asksForVerdict(incident: Incident, latest: Latest): boolean {
    const views = Object.values(latest)
    if (views.some((view) => !view.up)) return true
    const { verdict, report } = incident
    return !verdict || (report !== null && (verdict.vantage === null || verdict.at < report.at))
  }

  const openIncident = (endpoint: string): Incident | undefined => {
    const state = states.get(endpoint)
    return state && isOpen(state) ? state.incident! : undefined
  }
  const latest = (endpoint: string): Latest => probes.get(endpoint) ?? {}

  function tick(): void {
    for (const state of states.values()) {
      const { endpoint } = state
      if (!isOpen(state) || ticking.has(endpoint)) continue
      const event = { type: 'tick', at: clock(), probed: isProvable(endpoint), ...quietOf(endpoint) } as const
      const changes = reduceIncident(state, event, settings).state !== state
      // Killed between the report and its verdict, or the journal was down then.
      const unread = !event.probed && state.incident!.verdict === null
      if (!changes && !unread) continue
      ticking.add(endpoint)
      const work = async () => {
        if (unread) await decide(endpoint)
        if (changes) await apply(endpoint, event)
        ticking.delete(endpoint)
      }
      void work()
    }
  }

  const tickAgain = (): void => {
    if (stopped) return
    const wait = Math.max(100, Math.min(5_000, settings.quietTime / 10))
    timer = timers.set(() => {
      tick()
      tickAgain()
    }, wait)
  }

  function takeSpans({ failureIds }: ProbeRound): SpanRef[] {
    const asked = failureIds.flatMap((id) => spans.get(id) ?? [])
    for (const id of failureIds) spans.delete(id)
    return asked
  }

  return {
    isTracked: (endpoint) => names.isTracked(endpoint),
    complete: (endpoint, stored) => names.complete(endpoint, stored),
    onSnapshot(all) {
      const vanished = new Set(states.keys())
      states = new Map(all.map((state) => [state.endpoint, state]))
      for (const endpoint of states.keys()) vanished.delete(endpoint)
      for (const endpoint of vanished) {
        probing.recheck(endpoint, false)
        probes.delete(endpoint)
        forgetIncident(endpoint)
      }
      names.restore(states.keys())
      for (const endpoint of seen.keys()) if (!states.has(endpoint)) seen.delete(endpoint)
      for (const state of states.values()) {
        noteQuiet(state)
        probing.recheck(state.endpoint, isOpen(state))
      }
    },
    onRecorded(failure, applied, span) {
      const { id, endpoint, cause } = failure
      if (!applied) return
      const before = openIncident(endpoint)
      applyState(applied)
      if (openIncident(endpoint)?.report?.id === id) words.heard(failure)
      if (span && isProbed(endpoint)) {
        if (spans.size >= MOST_SPANS) spans.delete(spans.keys().next().value!)
        spans.set(id, span)
      }
      probing.onFailure(endpoint, id)
      // Where nothing can be probed, a report that says something new is all there is to read.
      if (!isProbed(endpoint) && (!before?.verdict || before.cause !== cause)) void decide(endpoint)
    },
    async onProbeRound(round) {
      const { endpoint, results, trigger } = round
      const requestedBy = takeSpans(round)
      const views = Object.fromEntries(results.map((result) => [result.vantage, result])) as Latest
      probes.set(endpoint, views)
      if (isLeader()) for (const each of results) deps.metrics.probed(each, trigger)
      const result = deciding(views)
      if (result && conclusive(result)) {
        const at = result.startedAt + totalTime(result)
        await apply(endpoint, {
          type: 'probe',
          at,
          startedAt: result.startedAt,
          id: deps.newId(at),
          scheduled: trigger === 'scheduled',
          up: result.up,
          pathUnproven: result.pathUnproven === true,
          cause: result.cause ?? null,
          ...quietOf(endpoint),
        })
      }
      const incident = openIncident(endpoint)
      const verdict = incident && asksForVerdict(incident, views) ? await decide(endpoint) : undefined
      for (const each of results)
        deps.tracing.probe({ result: each, trigger, requestedBy, ...(verdict && { verdict }) })
    },
    async resolve(id, reason) {
      const found = await journal.incident(id)
      if (!found) throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
      const { endpoint } = found.incident
      const applied = await journal.apply(endpoint, { type: 'resolve', at: clock(), id: found.incident.id, reason })
      applyState(applied)
      if (applied.change !== 'closed') throw new AppError('conflict', 'the incident is closed already')
      return applied.state.incident!
    },
    states: () => states.values(),
    state: (endpoint) => states.get(endpoint),
    latest,
    start: tickAgain,
    stop() {
      stopped = true
      timers.clear(timer)
    },
  }
}

/** The public way is the one that the platform takes. */
const deciding = (views: Latest): ProbeResult | undefined => views.public ?? views.internal

const shown = ({ from, until }: Incident['loss']) => ({
  from: from === null ? null : new Date(from).toISOString(),
  until: until === null ? null : new Date(until).toISOString(),
})
