import { PROXY_SOURCE } from '../report/signal.ts'
import { closeProven } from './close-incident.ts'
import {
  type DeliveryStream,
  type Disabling,
  type EndpointState,
  type Incident,
  type IncidentEvent,
  type IncidentSettings,
  type IncidentSignals,
  isOpen,
  isSameOrigin,
  type LastDelivery,
  ORIGIN_LIMIT,
  type Origin,
  type Reduced,
  type Run,
} from './incident.ts'
import { joined, opening, signalsOf, withOrigin, withoutRuns } from './open-incident.ts'
import type { TimelineSignal } from './timeline.ts'

/** Characters of a warning's message that an incident keeps: it is stored with each of its changes. */
const WARNING_TEXT = 500

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>

/** What a signal other than a lost delivery does. It never counts as a failure. */
export function onSignal(state: EndpointState, event: Of<'signal'>, settings: IncidentSettings): Reduced {
  const { type, manual, unproven } = event.signal
  if ((type === 'disabled' && manual) || unproven) return onNoted(state)
  if (type === 'recovered') return isOutdated(state, event) ? onNoted(state) : onRecovered(state, event)
  return onBad(state, event, settings)
}

/** Whether a disabling is of this origin. */
const isOf = ({ source, tenant, url, others }: Disabling, origin: Origin): boolean =>
  !others &&
  source === origin.source &&
  (tenant === undefined || tenant === origin.tenant) &&
  (url === undefined || url === origin.url)

function withDisabling(known: readonly Disabling[], origin: Origin, at: number): readonly Disabling[] {
  const rest = known.filter((each) => !isOf(each, origin))
  const { source, tenant, url } = origin
  const added: Disabling = rest.length < ORIGIN_LIMIT ? { source, tenant, url, at } : { source, at, others: true }
  return [...rest.slice(0, ORIGIN_LIMIT), added]
}

/** Nothing but a row of the timeline, if an incident is open. */
function onNoted(state: EndpointState): Reduced {
  if (!isOpen(state)) return { state, change: 'none' }
  const incident = state.incident!
  const signals = signalsOf(incident)
  return {
    state: { ...state, incident: { ...incident, signals: { ...signals, total: signals.total + 1 } } },
    change: 'none',
  }
}

function onBad(state: EndpointState, { at, signal, openedBy }: Of<'signal'>, settings: IncidentSettings): Reduced {
  const { type, source, code, cause, message } = signal
  const opened = opening(
    state,
    { ...signal, at, cause: cause ?? 'unknown', ...(openedBy !== undefined && { openedBy }) },
    settings,
  )
  const next = joined(state, opened, { ...signal, at })
  const before = signalsOf(opened.incident)
  const signals: IncidentSignals = {
    ...withoutRuns(withOrigin(before, signal)),
    total: before.total + 1,
    warnings: before.warnings + (type === 'failing' ? 1 : 0),
    disablings: before.disablings + (type === 'disabled' ? 1 : 0),
    disabled: type === 'disabled' ? withDisabling(before.disabled, signal, at) : before.disabled,
    warning:
      code === null
        ? before.warning
        : { source, at, code, cause: cause ?? 'unknown', message: message.slice(0, WARNING_TEXT) },
    lastBadAt: Math.max(before.lastBadAt ?? at, at),
  }
  return { change: opened.change, state: { ...next, incident: { ...next.incident, signals } } }
}

type Recovery = Pick<Of<'signal'>, 'at' | 'signal'>

/** When an endpoint recovered: never after its receipt, which counts where its source says no time. */
const recoveredAt = ({ at, signal: { time } }: Recovery): number => Math.min(time ?? at, at)

/** The disablings that a recovery ends: those before it. */
const endedBy = (recovery: Recovery, { disabled }: IncidentSignals): readonly Disabling[] =>
  disabled.filter((each) => isOf(each, recovery.signal) && each.at < recoveredAt(recovery))

/** Whether a recovery is from before the last failure or the disabling, however late it came: it contradicts nothing. */
export function isOutdated(state: EndpointState, recovery: Recovery): boolean {
  if (!isOpen(state) || recoveredAt(recovery) > state.incident!.quietSince) return false
  return recovery.signal.what === 'delivery' || endedBy(recovery, signalsOf(state.incident!)).length === 0
}

function onRecovered(state: EndpointState, event: Of<'signal'>): Reduced {
  const { signal } = event
  const { what = 'both' } = signal
  const at = recoveredAt(event)
  const isDelivery = what !== 'enabled'
  const seen = isDelivery ? withDelivered(state, [lastDelivery(signal, at)]) : state
  if (!isOpen(state)) return { state: seen, change: 'none' }
  let incident = state.incident!
  const before = signalsOf(incident)
  const ended = what === 'delivery' ? [] : endedBy(event, before)
  let signals: IncidentSignals = { ...before, total: before.total + 1 }
  const isNewer = at > incident.quietSince
  if (ended.length > 0) {
    // Nothing was sent while it was disabled: neither that silence nor an earlier success proves anything.
    signals = withoutRuns({
      ...signals,
      disabled: signals.disabled.filter((each) => !ended.includes(each)),
      lastBadAt: Math.max(before.lastBadAt ?? at, at),
    })
    incident = { ...incident, quietSince: Math.max(incident.quietSince, at), goodRun: null }
  }
  if (isDelivery && isNewer) {
    const one: Run = { count: 1, since: at }
    signals = withRun(signals, signal, (run) => (run ? { count: run.count + 1, since: Math.min(run.since, at) } : one))
  }
  // The next tick closes it, by both clocks.
  return { state: { ...seen, incident: { ...incident, signals } }, change: 'none' }
}

/** Successes: they never change an incident that is not open, and those before the last failure prove nothing. */
export function onDelivered(state: EndpointState, event: Of<'delivered'>, settings: IncidentSettings): Reduced {
  const seen = withDelivered(
    state,
    event.streams.map(({ run: _, ...last }) => last),
  )
  if (!isOpen(state)) return { state: seen, change: 'none' }
  const incident = state.incident!
  const fresh = event.streams.filter(({ run }) => run.since > incident.quietSince)
  const before = signalsOf(incident)
  const signals = fresh.reduce(withStream, before)
  const next: Incident = signals === before ? incident : { ...incident, signals }
  return closeProven({ ...seen, incident: next }, event, settings)
}

/** A failure seen by any replica ends the runs of all, and the quiet time begins again. */
export function onUndelivered(state: EndpointState, { at, routes = [] }: Of<'undelivered'>): Reduced {
  if (!isOpen(state)) return { state, change: 'none' }
  const incident = state.incident!
  const origins = routes.map((url) => ({ source: PROXY_SOURCE, tenant: '', url }))
  const signals = withoutRuns(origins.reduce(withOrigin, signalsOf(incident)))
  const lastBadAt = Math.max(signals.lastBadAt ?? at, at)
  // It may come late, if the journal was down.
  const quietSince = Math.max(incident.quietSince, at)
  return {
    change: 'none',
    state: { ...state, incident: { ...incident, quietSince, goodRun: null, signals: { ...signals, lastBadAt } } },
  }
}

function withStream(signals: IncidentSignals, { proof, run, ...origin }: DeliveryStream): IncidentSignals {
  const next = withRun(signals, origin, (known) => longer(known, run))
  return proof === 'delivery' ? { ...next, deliveryRun: longer(signals.deliveryRun, run) } : next
}

/** Each replica counts its own stream: the longest run counts, and the window ends at the first success of any. */
const longer = (a: Run | null, b: Run): Run =>
  a ? { count: Math.max(a.count, b.count), since: Math.min(a.since, b.since) } : b

/** Changes the run of an origin; another origin proves nothing. */
function withRun(signals: IncidentSignals, origin: Origin, change: (run: Run | null) => Run): IncidentSignals {
  if (!signals.origins.some((known) => isSameOrigin(known, origin))) return signals
  const origins = signals.origins.map((known) =>
    isSameOrigin(known, origin) ? { ...known, run: change(known.run) } : known,
  )
  return { ...signals, origins }
}

const lastDelivery = ({ source, tenant, url }: TimelineSignal, at: number): LastDelivery => ({
  source,
  tenant,
  url,
  at,
  proof: 'platform',
})

/** They may come in any order. */
function withDelivered(state: EndpointState, added: readonly LastDelivery[]): EndpointState {
  const { delivered = [] } = state
  const kept = delivered.filter((last) => !added.some((other) => isSameOrigin(last, other)))
  const newest = added.map(({ source, tenant, url, at, proof }): LastDelivery => {
    const known = delivered.find((last) => last.at > at && isSameOrigin(last, { source, tenant, url }))
    return known ?? { source, tenant, url, at, proof }
  })
  return { ...state, delivered: [...kept, ...newest].slice(-ORIGIN_LIMIT) }
}
