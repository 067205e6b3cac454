import type { ProbeResult, Prober } from '../domain/verdict/probe.ts'
import {
  type Attempted,
  authorityOf,
  gotAnswer,
  hostOf,
  isLoopback,
  type Network,
  networkOf,
  reachedNothing,
} from '../domain/verdict/reach.ts'
import { attempts, showBlindness } from './attempts.ts'
import type { RoundTrip } from './canary.ts'

/** What this receiver knows about its own network. */
export interface Egress {
  /** Probes, and marks results as `unverified` that may be due to this receiver's missing egress. */
  readonly prober: Prober
  /** The canary was sent through the public URL. */
  canaryRan(trip: RoundTrip): void
  /**
   * Whether this receiver has egress: true if anything outside answered recently, false from the moment at which nothing did
   * and that shows that it is cut off, until something outside answers; null if neither is known.
   */
  up(): boolean | null
}

export interface EgressOptions {
  readonly prober: Prober
  /** `outbound.reference`: tried only if a probe reached nothing and nothing else is known. */
  readonly reference?: string | undefined
  /** The canary's URL. */
  readonly canary?: string | undefined
  /** Milliseconds between two scheduled probes of an endpoint; undefined without a schedule. */
  readonly intervalOf?: (endpoint: string) => number | undefined
  /** Whether the journal knows that this receiver saw the endpoint fail, or be good in the last `recent` milliseconds. */
  readonly wasSeen?: (endpoint: string, recent: number) => boolean
  /** Whether a resolver answers at all. */
  readonly resolverAnswers: () => Promise<boolean>
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
}

/** Intervals, of at least a minute each, within which an outcome is recent. */
const RECENT_INTERVALS = 3
const SHORTEST_INTERVAL = 60_000
/** Milliseconds between two requests to the reference or the resolver, however many endpoints fail. */
const PAUSE = 15_000
const REFERENCE_TIMEOUT = 5_000

/**
 * Records from each probe whether this receiver has egress. Any answer shows that it can see: a refusal, a reset, a TLS alert,
 * a byte of HTTP. What shows that it is cut off: no route, no resolver, or that more than one independent host fell
 * silent. A single host that falls silent within three intervals after it answered is down.
 */
export function createEgress({
  prober,
  reference,
  canary,
  intervalOf = () => undefined,
  wasSeen = () => false,
  now = () => performance.now(),
  ...options
}: EgressOptions): Egress {
  const known = attempts(now)
  let isCutOff = false

  const recentFor = (endpoint?: string): number =>
    RECENT_INTERVALS * Math.max(SHORTEST_INTERVAL, (endpoint === undefined ? undefined : intervalOf(endpoint)) ?? 0)

  function note(
    place: string,
    attempted: Attempted,
    where: { network: Network; loopback?: boolean; host: string; lasts: number },
  ): void {
    const answered = gotAnswer(attempted)
    if (!answered && !reachedNothing(attempted)) return
    known.note(place, { loopback: false, ...where, at: now(), answered, isCutOff: attempted.cutOff !== undefined })
    const outside = known.recent('outside')
    if (outside.some((attempt) => attempt.answered)) isCutOff = false
    else if (showBlindness(outside)) isCutOff = true
  }

  const noteProbe = (result: ProbeResult): void =>
    note(authorityOf(result), result, {
      network: networkOf(result),
      loopback: isLoopback(result),
      host: hostOf(result),
      lasts: recentFor(result.endpoint),
    })

  /** Whether something else was answered, so that what reached nothing tells of its endpoint. */
  function isConfirmed(result: ProbeResult): boolean {
    const own = known.at(authorityOf(result))!
    const recent = known.recent(networkOf(result), isLoopback(result))
    // Where this receiver seems to be cut off, an answer counts only if it came since.
    return recent.some(
      ({ answered, answeredAt }) => answered && (result.cutOff === undefined || answeredAt >= own.failingSince),
    )
  }

  /** Whether a probe that reached nothing tells of its endpoint, and not of this receiver, while nothing else is answered. */
  function wasSeenBefore(result: ProbeResult): boolean {
    if (showBlindness(known.recent(networkOf(result), isLoopback(result)))) return false
    const { answeredAt, failingSince, lasts } = known.at(authorityOf(result))!
    return (
      failingSince - answeredAt <= lasts || (answeredAt === Number.NEGATIVE_INFINITY && wasSeen(result.endpoint, lasts))
    )
  }

  const askReference = seldom(now, async (url: string) => {
    const result = await prober.probe({
      endpoint: 'outbound.reference',
      vantage: 'public',
      url,
      timeout: REFERENCE_TIMEOUT,
    })
    // The operator configured it to stand for the outside, wherever it is.
    note('outbound.reference', result, { network: 'outside', host: hostOf(result), lasts: recentFor() })
  })
  const askResolver = seldom(now, () => options.resolverAnswers())

  /** The result, without a sign of a missing resolver if one answers. */
  async function checked<T extends Attempted>(result: T): Promise<T> {
    if (result.cutOff !== 'no_resolver' || !(await askResolver(undefined))) return result
    const { cutOff: _, ...rest } = result
    return { ...rest, cause: 'dns' } as T
  }

  return {
    prober: {
      async probe(target, more) {
        const raw = await prober.probe(target, more)
        if (more?.signal?.aborted) return raw
        const result = await checked(raw)
        noteProbe(result)
        if (!reachedNothing(result)) return result
        if (isConfirmed(result)) return result
        if (networkOf(result) === 'outside' && reference !== undefined) await askReference(reference)
        return isConfirmed(result) || wasSeenBefore(result) ? result : { ...result, unverified: true }
      },
    },
    canaryRan(trip) {
      const host = URL.parse(canary ?? '')?.hostname ?? 'canary'
      const { cause, ...rest } = trip
      void checked<Attempted>({ ...rest, up: cause === null, ...(cause && { cause }) }).then((attempted) =>
        note('canary', attempted, { network: 'outside', host, lasts: recentFor() }),
      )
    },
    up: () => (known.recent('outside').some(({ answered }) => answered) ? true : isCutOff ? false : null),
  }
}

/** Runs at most once in a pause; meanwhile its last result holds. */
function seldom<A, T>(now: () => number, run: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let at = Number.NEGATIVE_INFINITY
  let last: Promise<T> | undefined
  return (argument) => {
    if (last && now() - at < PAUSE) return last
    at = now()
    last = run(argument)
    return last
  }
}
