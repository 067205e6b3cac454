import type { EndpointState } from '../domain/incident/incident.ts'
import { isOutdated } from '../domain/incident/reduce-signals.ts'
import type { TimelineSignal, TimelineType } from '../domain/incident/timeline.ts'
import { credentialOf } from '../domain/incident/unconfigured-limit.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Applied, Journal, Recorded, SignalEntry } from '../domain/ports/journal.ts'
import type { Log, Metrics } from '../domain/ports/telemetry.ts'
import { idempotencyOf } from '../domain/report/idempotency.ts'
import type { Disabled, Failing, Recovered } from '../domain/report/signal.ts'
import { visibleText } from '../domain/text/external-text.ts'
import { identityOf, provenAt, type RecordedSource, type SignalReading, tenantOf } from './recorded-source.ts'

export interface SignalRecorderParts extends SignalReading {
  readonly journal: Pick<Journal, 'recordAll'>
  readonly clock: Clock
  readonly incidents: {
    readonly isTracked: (endpoint: string, openedBy?: string) => boolean
    readonly state: (endpoint: string) => EndpointState | undefined
    readonly complete: (endpoint: string, stored: boolean) => void
    readonly onSignal: (signal: TimelineSignal, applied: Applied | undefined) => void
  }
  readonly newId: (receivedAt: number) => string
  readonly metrics: Pick<Metrics, 'signalled'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** A signal that makes a row of an incident's timeline. */
export type RowSignal = Failing | Disabled | Recovered
export const isRowSignal = (signal: { readonly type: string }): signal is RowSignal =>
  signal.type === 'failing' || signal.type === 'disabled' || signal.type === 'recovered'

export interface SignalRecorder {
  /** An entry for the journal; `complete` has to follow. */
  draft(source: RecordedSource, signal: RowSignal, tenant: string): SignalEntry
  /** Settles with the recording; what is durable and new is counted, logged and passed on. */
  complete(entry: SignalEntry, recording: Promise<Recorded>): Promise<Recorded>
  /** Records our own signal. @throws what `Journal.record` rejects with */
  recordOne(signal: TimelineSignal): Promise<Recorded>
}

const mayOpen = (signal: RowSignal): boolean =>
  signal.type === 'failing' || (signal.type === 'disabled' && !signal.manual)

/** The last time that a Date can hold (ECMA-262), milliseconds. */
const LAST_TIME = 8.64e15
/** Characters of an event's name. */
const LONGEST_EVENT = 100
const UNDECODED = new Uint8Array()

/** Makes early warnings, disablings and recoveries durable, with what they do to incidents. */
export function createSignalRecorder(parts: SignalRecorderParts): SignalRecorder {
  const { journal, incidents, metrics, log } = parts

  async function complete(entry: SignalEntry, recording: Promise<Recorded>): Promise<Recorded> {
    const { signal, isTracked } = entry
    const settle = (stored: boolean) => isTracked && incidents.complete(signal.endpoint, stored)
    let recorded: Recorded
    try {
      recorded = await recording
    } catch (error) {
      settle(false)
      throw error
    }
    settle(recorded.incident !== undefined)
    if (recorded.duplicate) return recorded
    metrics.signalled(signal.source, signal.type)
    logSignal(log, signal)
    incidents.onSignal(signal, recorded.incident)
    return recorded
  }

  return {
    draft(source, signal, sender) {
      const receivedAt = parts.clock()
      const openedBy = credentialOf(source.name, sender)
      const tenant = tenantOf(parts, source, signal, sender)
      const { endpoint, url } = identityOf(parts, source, signal)
      const { code = null, message = '', time, attempts = null, event } = signal
      const says = signal.type !== 'recovered' && (code !== null || message !== '')
      const row: TimelineSignal = {
        id: parts.newId(receivedAt),
        receivedAt,
        type: signal.type,
        source: source.name,
        tenant,
        endpoint,
        url,
        code,
        cause: says ? source.classify({ code: code ?? 0, message }).cause : null,
        message: parts.safeMessage(message),
        time: time !== undefined && Math.abs(time) <= LAST_TIME ? Math.trunc(time) : null,
        attempts,
        event: event === undefined ? null : visibleText(parts.safeMessage(event), LONGEST_EVENT),
        ...(signal.type === 'disabled' && signal.manual && { manual: true }),
        ...(signal.type === 'recovered' && { what: signal.what ?? 'both' }),
      }
      const state = parts.incidents.state(endpoint)
      const isUnproven =
        signal.type === 'recovered' &&
        (provenAt(source, signal, receivedAt) === undefined ||
          (state !== undefined && isOutdated(state, { at: receivedAt, signal: row })))
      return {
        signal: isUnproven ? { ...row, unproven: true } : row,
        isTracked: incidents.isTracked(endpoint, mayOpen(signal) ? openedBy : undefined),
        ...(sender !== tenant && { openedBy }),
        ...(signal.id !== undefined && { key: idempotencyOf(signal.id, UNDECODED).key }),
      }
    },
    complete,
    recordOne(signal) {
      const entry = { signal, isTracked: incidents.isTracked(signal.endpoint) }
      return complete(entry, journal.recordAll([entry])[0]!)
    },
  }
}

const MESSAGES: Readonly<Record<TimelineType, string>> = {
  failing: 'early warning: deliveries are failing',
  disabled: 'endpoint disabled by the source',
  recovered: 'recovery reported by the source',
}

const UNPROVEN =
  'recovery reported by the source; it ends nothing: it is older than the last failure, or could be an old report sent again'

function logSignal(log: SignalRecorderParts['log'], signal: TimelineSignal): void {
  const { id, source, tenant, endpoint, url, code, cause, message, type, manual, what, unproven } = signal
  const fields = { signal_id: id, source, tenant, endpoint, url, code, cause, message, manual, what }
  if (type === 'recovered') log.info(fields, unproven ? UNPROVEN : MESSAGES[type])
  else log.warn(fields, MESSAGES[type])
}
