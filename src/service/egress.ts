import type { ProbeResult, Prober } from '../domain/probe.ts'
import { authorityOf, gotAnswer, isLoopback, type Network, networkOf, reachedNothing } from '../domain/reach.ts'
import type { RoundTrip } from './canary.ts'

/** What this receiver knows about its own network. */
export interface Egress {
  /** Probes, and marks results as `unverified` that may be due to this receiver's missing egress. */
  readonly prober: Prober
  /** The canary was sent through the public URL. */
  canaryRan(trip: RoundTrip): void
  /** Whether anything outside answered recently; null if nothing outside was tried recently. */
  up(): boolean | null
}

export interface EgressOptions {
  readonly prober: Prober
  /** `outbound.reference`: tried only if a probe reached nothing and nothing else is known. */
  readonly reference?: string | undefined
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
}

/** Long enough for a one-minute schedule to miss one beat. */
const RECENT = 3 * 60_000
/** Milliseconds between two requests to the reference, however many endpoints fail. */
const REFERENCE_PAUSE = 15_000
const REFERENCE_TIMEOUT = 5_000

/** The newest outcome of one target. */
interface Outcome {
  readonly at: number
  readonly network: Network
  readonly loopback: boolean
  readonly answered: boolean
}

/**
 * Records from each probe whether this receiver has egress.
 * A probe that fails at resolve or connect counts against its endpoint only if another target in the same network answered
 * recently. Otherwise the endpoint may be down, or this receiver may have no DNS, no route, or a network policy in its way.
 */
export function createEgress({ prober, reference, now = () => performance.now() }: EgressOptions): Egress {
  const outcomes = new Map<string, Outcome>()
  let referenceAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined

  const isRecent = ({ at }: Outcome): boolean => now() - at <= RECENT

  function note(place: string, result: ProbeResult): void {
    const answered = gotAnswer(result)
    if (!answered && !reachedNothing(result)) return
    outcomes.set(place, { at: now(), network: networkOf(result), loopback: isLoopback(result), answered })
  }

  /** Whether another target proves that the network of this probe works. */
  function isCorroborated(result: ProbeResult): boolean {
    // Inside, network policies drop packets: a refusal comes from the host, or from a Service without a ready pod.
    if (networkOf(result) === 'inside' && result.cause === 'connection_refused') return true
    const network = networkOf(result)
    const loopback = isLoopback(result)
    const own = authorityOf(result)
    return [...outcomes].some(
      ([place, outcome]) =>
        place !== own &&
        outcome.answered &&
        isRecent(outcome) &&
        (outcome.network === network || (outcome.loopback && loopback)),
    )
  }

  function askReference(): Promise<void> {
    if (reference === undefined || asking || now() - referenceAt < REFERENCE_PAUSE) return asking ?? Promise.resolve()
    referenceAt = now()
    asking = prober
      .probe({ endpoint: 'outbound.reference', vantage: 'public', url: reference, timeout: REFERENCE_TIMEOUT })
      .then((result) => {
        // The operator configured it to stand for the outside, wherever it is.
        if (gotAnswer(result) || reachedNothing(result)) noteOutside('outbound.reference', gotAnswer(result))
      })
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  function noteOutside(place: string, answered: boolean): void {
    outcomes.set(place, { at: now(), network: 'outside', loopback: false, answered })
  }

  return {
    prober: {
      async probe(target, options) {
        const result = await prober.probe(target, options)
        if (options?.signal?.aborted) return result
        note(authorityOf(result), result)
        if (!reachedNothing(result) || isCorroborated(result)) return result
        if (networkOf(result) === 'outside') await askReference()
        return isCorroborated(result) ? result : { ...result, unverified: true }
      },
    },
    canaryRan({ cause, status }) {
      if (status !== undefined) noteOutside('canary', true)
      else if (cause !== null && REACHED_NOTHING.has(cause)) noteOutside('canary', false)
    },
    up() {
      const recent = [...outcomes.values()].filter((outcome) => outcome.network === 'outside' && isRecent(outcome))
      return recent.length === 0 ? null : recent.some(({ answered }) => answered)
    },
  }
}

const REACHED_NOTHING: ReadonlySet<string> = new Set(['dns', 'connection_refused', 'unreachable', 'timeout'])
