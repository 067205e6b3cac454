import { type BackOff, backOff } from '../back-off.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { canonicalUrl } from '../domain/report/canonical-url.ts'
import { INVALID_ENDPOINT } from '../domain/report/failure.ts'
import type { ProbeResult, Prober, ProbeTrigger } from '../domain/verdict/probe.ts'
import { limiter, systemTimers, type Timers } from './limiter.ts'
import type { ProbePlan, ProbeView } from './probe-plans.ts'

/** One round of probes of an endpoint, from all its vantage points at once. */
export interface ProbeRound {
  readonly endpoint: string
  readonly trigger: ProbeTrigger
  /** One per vantage point, `public` first. */
  readonly results: readonly ProbeResult[]
  /** Ids of the failures that triggered it: the oldest 100. */
  readonly failureIds: readonly string[]
}

export type OnRound = (round: ProbeRound) => void | Promise<void>

export interface Probing {
  /**
   * Starts probing; nothing is probed before.
   * @param onRound called after each round; an error it throws is logged
   */
  start(onRound: OnRound): void
  /** A failure of the endpoint became durable. Returns at once; endpoints that are not probed are ignored. */
  onFailure(endpoint: string, failureId: string): void
  /** Probes the endpoint repeatedly while its incident is open, since only good probes prove a recovery. */
  recheck(endpoint: string, open: boolean): void
  /** Probes now, or joins the round in progress. Resolves with undefined if the endpoint is not probed. */
  probeNow(endpoint: string): Promise<ProbeRound | undefined>
  /** Aborts running probes and waits for them; aborted rounds are not reported. */
  stop(): Promise<void>
}

export interface ProbingOptions {
  readonly plans: readonly ProbePlan[]
  readonly prober: Prober
  /** Whether this replica runs the scheduled rounds. Rounds after a report or a request run on the replica that received it. */
  readonly isLeader?: () => boolean
  readonly log: Pick<Log, 'error'>
  /** Milliseconds between two probes while an incident is open: doubled each time, reset by a report. */
  readonly recheckIntervals?: { readonly first: number; readonly longest: number }
  readonly clock?: Clock
  readonly timers?: Timers
  /** From 0 to below 1. */
  readonly random?: () => number
}

/** Failures of one endpoint trigger at most one round in this time; the last one is always followed by a round. */
const DEBOUNCE = 10_000
const RECHECK_INTERVALS = { first: 60_000, longest: 60_000 }
/** If more endpoints than this hang at once, others wait for up to a probe's timeout. */
const CONCURRENCY = 64
/** Milliseconds between two starts: 50 rounds per second. */
const SPACING = 20
const MOST_IDS = 100

interface Watched {
  readonly plan: ProbePlan
  lastStart: number
  running: Promise<ProbeRound | undefined> | undefined
  rechecked: boolean
  /** Of the rechecks. */
  readonly delays: BackOff
  failureIds: string[]
  debounce: unknown
  schedule: unknown
  /** The next recheck; undefined if the schedule is frequent enough. */
  recheckTimer: unknown
}

/** Decides when endpoints are probed: after a failure, on a schedule, while an incident is open, on request. */
export function createProbing({
  plans,
  prober,
  isLeader = () => true,
  log,
  recheckIntervals = RECHECK_INTERVALS,
  clock = Date.now,
  timers = systemTimers,
  random = Math.random,
}: ProbingOptions): Probing {
  const stopping = new AbortController()
  let onRound: OnRound | undefined
  const isRunning = (): boolean => onRound !== undefined && !stopping.signal.aborted
  const limit = limiter({ concurrency: CONCURRENCY, spacing: SPACING, clock, timers })
  const endpoints = new Map<string, Watched>(
    plans.map((plan) => [
      plan.endpoint,
      {
        plan,
        lastStart: Number.NEGATIVE_INFINITY,
        running: undefined,
        rechecked: false,
        delays: backOff({ min: recheckIntervals.first, max: recheckIntervals.longest }),
        failureIds: [],
        debounce: undefined,
        schedule: undefined,
        recheckTimer: undefined,
      },
    ]),
  )

  /** At most one round per endpoint; requests in the meantime join it. */
  function round(watched: Watched, trigger: ProbeTrigger): Promise<ProbeRound | undefined> {
    watched.running ??= new Promise((resolve) => {
      limit.run(() => runRound(watched, trigger).then(resolve), { first: trigger === 'report' || trigger === 'manual' })
    })
    return watched.running
  }

  async function runRound(watched: Watched, trigger: ProbeTrigger): Promise<ProbeRound | undefined> {
    if (stopping.signal.aborted) return undefined
    watched.lastStart = clock()
    const failureIds = watched.failureIds.splice(0)
    const results = await Promise.all(watched.plan.views.map((view) => probeView(watched.plan, view)))
    watched.running = undefined
    if (stopping.signal.aborted) return undefined
    const done = { endpoint: watched.plan.endpoint, trigger, results, failureIds }
    try {
      await onRound?.(done)
    } catch (error) {
      log.error({ err: error, endpoint: done.endpoint }, 'failed to process a probe result')
    }
    return done
  }

  async function probeView(plan: ProbePlan, view: ProbeView): Promise<ProbeResult> {
    const startedAt = clock()
    try {
      return await prober.probe(await view.prepare(), { signal: stopping.signal })
    } catch (error) {
      log.error({ err: error, endpoint: plan.endpoint }, 'failed to read a file or variable for a probe')
      return {
        endpoint: plan.endpoint,
        vantage: view.vantage,
        url: canonicalUrl(view.url) ?? INVALID_ENDPOINT,
        startedAt,
        up: false,
        cause: 'unknown',
        phase: 'resolve',
        detail: 'a file or variable for this probe cannot be read: see the log of this service',
        phases: {},
      }
    }
  }

  function onFailure(endpoint: string, failureId: string): void {
    const watched = endpoints.get(endpoint)
    if (!watched?.plan.onReport || !isRunning()) return
    watched.delays.reset()
    if (watched.rechecked && watched.recheckTimer === undefined) recheckLater(watched)
    if (watched.failureIds.length < MOST_IDS) watched.failureIds.push(failureId)
    if (watched.debounce !== undefined) return
    // A clock that was set back must not delay the round by more than the debounce.
    const wait = Math.min(watched.lastStart + DEBOUNCE - clock(), DEBOUNCE)
    if (wait <= 0 && !watched.running) {
      round(watched, 'report')
      return
    }
    watched.debounce = timers.set(
      () => {
        watched.debounce = undefined
        if (watched.failureIds.length > 0) again(watched)
      },
      Math.max(wait, 1),
    )
  }

  /** A round that started before the failure says nothing about the time after it, so another one follows. */
  function again(watched: Watched): void {
    if (watched.running) watched.running.then(() => !stopping.signal.aborted && again(watched))
    else if (watched.failureIds.length > 0) round(watched, 'report')
  }

  /** Schedules the next round; the jitter keeps endpoints and replicas out of step. */
  function schedule(watched: Watched, first: boolean): void {
    const { interval } = watched.plan
    if (interval === undefined || stopping.signal.aborted) return
    watched.schedule = timers.set(
      () => {
        if (isLeader()) round(watched, 'scheduled')
        schedule(watched, false)
      },
      first ? interval * random() : jittered(interval),
    )
  }

  /**
   * Schedules the next recheck of an endpoint with an open incident. Rechecks have their own trigger label: they happen only
   * while it fails, so they would distort its availability.
   */
  function recheckLater(watched: Watched): void {
    timers.clear(watched.recheckTimer)
    watched.recheckTimer = undefined
    const { delays, plan } = watched
    const wait = delays.peek()
    if (!watched.rechecked || !isRunning() || (plan.interval ?? Number.POSITIVE_INFINITY) <= wait) return
    watched.recheckTimer = timers.set(() => {
      delays.next()
      if (isLeader()) round(watched, 'incident')
      recheckLater(watched)
    }, jittered(wait))
  }

  const jittered = (interval: number): number => interval * (0.9 + 0.2 * random())

  return {
    start(receiver) {
      onRound = receiver
      for (const watched of endpoints.values()) {
        schedule(watched, true)
        recheckLater(watched)
      }
    },
    onFailure,
    recheck(endpoint, open) {
      const watched = endpoints.get(endpoint)
      if (!watched || watched.rechecked === open) return
      if (!watched.plan.onReport && watched.plan.interval === undefined) return
      watched.rechecked = open
      watched.delays.reset()
      recheckLater(watched)
    },
    async probeNow(endpoint) {
      const watched = endpoints.get(endpoint)
      return watched && isRunning() ? round(watched, 'manual') : undefined
    },
    async stop() {
      stopping.abort()
      for (const watched of endpoints.values()) {
        timers.clear(watched.schedule)
        timers.clear(watched.recheckTimer)
        timers.clear(watched.debounce)
      }
      await limit.stop()
    },
  }
}
