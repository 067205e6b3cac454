import { PROXY_SOURCE } from '../report/signal.ts'
import {
  type EndpointState,
  type Incident,
  type IncidentSettings,
  type IncidentSignals,
  isDisabled,
  type Proof,
  type Quiet,
  type Reduced,
  type Resolution,
  type Run,
} from './incident.ts'
import { type IncidentEnd, type Prospect, STAYS_OPEN } from './incident-end.ts'
import { withoutRuns } from './open-incident.ts'

/** An event at which an incident may close. */
interface Closing {
  readonly at: number
  readonly quiet?: Quiet
}

/** Successes in a row that count towards the recovery: those of the probes and deliveries that prove least. */
export interface Recovery extends Run {
  readonly proof: Proof
}

/**
 * The proof of recovery so far: good probes and successes that our own proxy saw count for the whole endpoint. Those that
 * sources reported count if each origin of a failure has had some; the one that recovered last decides.
 */
export function recoveryOf({ goodRun, signals }: Incident): Recovery | null {
  const whole: Recovery[] = goodRun ? [goodRun] : []
  const deliveryRun = signals && deliveryRunOf(signals)
  if (deliveryRun) whole.push({ ...deliveryRun, proof: 'delivery' })
  const byAll = added(whole)
  const origins = signals?.origins.filter(({ source }) => source !== PROXY_SOURCE) ?? []
  if (!signals?.originsComplete || origins.length === 0) return byAll
  const each = origins.map(({ run }) => added(run ? [...whole, { ...run, proof: 'platform' }] : whole))
  if (each.some((recovery) => recovery === null)) return byAll
  const recoveries = each as Recovery[]
  const last = recoveries.reduce((a, b) => (b.since > a.since ? b : a))
  return { ...last, count: Math.min(...recoveries.map(({ count }) => count)) }
}

/** Successes that our own proxy saw since the last failure; where it saw failures, on each of their routes. */
function deliveryRunOf({ origins, deliveryRun }: IncidentSignals): Run | null {
  const runs = origins.flatMap(({ source, run }) => (source === PROXY_SOURCE ? [run] : []))
  return runs.reduce(
    (a, b) => a && b && { count: Math.min(a.count, b.count), since: Math.max(a.since, b.since) },
    runs.length > 0 ? runs[0]! : deliveryRun,
  )
}

function added(runs: readonly Recovery[]): Recovery | null {
  if (runs.length === 0) return null
  const first = runs.reduce((a, b) => (b.since < a.since ? b : a))
  return { ...first, count: runs.reduce((sum, { count }) => sum + count, 0) }
}

/**
 * How an open incident would end if the quiet time were over.
 * @param isProbed whether the endpoint can be probed
 */
export function endNow(
  incident: Incident,
  { goodProbes, isProbed }: Pick<IncidentSettings, 'goodProbes'> & { readonly isProbed: boolean },
): IncidentEnd<Prospect> {
  if (isDisabled(incident)) return { how: 'disabled' }
  const run = recoveryOf(incident)
  const found: IncidentEnd<Prospect> = isProbed ? (incident.found ?? { how: 'pending' }) : { how: 'not_probed' }
  // While no connection can be made on the platform's way, deliveries come by another one, or from somebody else.
  const isElsewhere = run?.proof === 'delivery' && found.how === 'failing' && found.status === undefined
  return run && run.count >= goodProbes && !isElsewhere ? { how: run.proof } : found
}

/** Closes the incident if its recovery is proven and it has been quiet. */
export const closeProven = (state: EndpointState, event: Closing, settings: IncidentSettings): Reduced =>
  closeIfOver(state, event, settings, { isProbed: true, isFresh: false })

/**
 * Closes the incident once it has been quiet, unless it stays open.
 * @param probes whether the endpoint can be probed, and whether what its newest probe found still counts
 */
export function closeIfOver(
  state: EndpointState,
  event: Closing,
  settings: IncidentSettings,
  { isProbed, isFresh }: { readonly isProbed: boolean; readonly isFresh: boolean },
): Reduced {
  const incident = state.incident!
  const known = endNow(incident, { goodProbes: settings.goodProbes, isProbed })
  if (!isEnd(known) || !isQuiet(incident, event, settings)) return { state, change: 'none' }
  const { at } = event
  const run = recoveryOf(incident)
  if (run?.proof === known.how)
    return close(state, incident, {
      at,
      resolution: 'proven',
      reason: null,
      until: run.since,
      untilProof: run.proof,
      known,
    })
  if (isProbed && !isFresh) return { state, change: 'none' }
  const lastBadAt = incident.lastFailureAt ?? incident.signals?.lastBadAt
  const until = lastBadAt == null ? at : incident.quietSince
  return close(state, incident, { at, resolution: 'unproven', reason: null, until, untilProof: 'quiet', known })
}

const isEnd = (prospect: IncidentEnd<Prospect>): prospect is IncidentEnd =>
  !(STAYS_OPEN as readonly Prospect[]).includes(prospect.how)

/** Parts of the quiet time that are stored as they pass, so that a restart costs no more than one of them. */
const QUIET_PARTS = 10

/** Stores how long the incident has been quiet, now and then. */
export function withQuiet(
  state: EndpointState,
  quiet: Quiet | undefined,
  { quietTime }: IncidentSettings,
): EndpointState {
  const incident = state.incident!
  if (quiet?.since !== incident.quietSince) return state
  const stored = incident.quiet?.since === quiet.since ? incident.quiet.lasted : 0
  if (quiet.lasted >= quietTime || quiet.lasted - stored < quietTime / QUIET_PARTS) return state
  return { ...state, incident: { ...incident, quiet } }
}

/** Whether the quiet time is over, by both clocks. */
function isQuiet({ quietSince }: Incident, { at, quiet }: Closing, { quietTime }: IncidentSettings): boolean {
  if (at - quietSince < quietTime) return false
  return quiet === undefined || (quiet.since === quietSince && quiet.lasted >= quietTime)
}

/** The endpoint with its incident closed. */
export function close(
  state: EndpointState,
  incident: Incident,
  end: {
    at: number
    resolution: Resolution
    reason: string | null
    until: number
    untilProof: Proof
    known: IncidentEnd
  },
): Reduced {
  const { from, fromProof } = incident.loss
  // The window must cover every lost delivery, even if the clock was set.
  const until = Math.max(
    end.until,
    ...[incident.lastFailureAt, incident.signals?.lastBadAt, from].map((at) => at ?? end.until),
  )
  return {
    change: 'closed',
    state: {
      ...state,
      incident: {
        ...incident,
        closedAt: end.at,
        resolution: end.resolution,
        reason: end.reason,
        end: end.known,
        loss: { from, fromProof, until, untilProof: end.untilProof },
        goodRun: null,
        found: null,
        ...(incident.signals && { signals: { ...withoutRuns(incident.signals), disabled: [] } }),
      },
    },
  }
}
