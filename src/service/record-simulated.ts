import type { Clock } from '../domain/ports/clock.ts'
import type { Entry, Journal } from '../domain/ports/journal.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { type Failure, failureIds } from '../domain/report/failure.ts'
import type { Lost } from '../domain/report/signal.ts'
import type { Receipt, Record } from './record.ts'
import { failureOf, type RecordedSource, type SignalReading } from './recorded-source.ts'

export interface SimulatedRecorderDeps extends SignalReading {
  readonly journal: Pick<Journal, 'recordAll'>
  readonly log: Pick<Log, 'info'>
  readonly clock: Clock
}

/**
 * Stores the lost deliveries of simulated reports, marked, and does nothing else: they count nowhere, change no incident, and
 * do not use up the sender's ids, since a real report may carry the same one. Other signals are dropped.
 */
export function createSimulatedRecorder(deps: SimulatedRecorderDeps): Record {
  const newId = failureIds()

  function entryOf(source: RecordedSource, signal: Lost, { tenant: sender, span }: Receipt): Entry {
    const receivedAt = deps.clock()
    const receipt = {
      id: newId(receivedAt),
      receivedAt,
      tenant: sender,
      traceId: span.traceId,
      ...source.classify(signal),
    }
    const failure: Failure = { ...failureOf(deps, source, signal, receipt), mark: 'simulated' }
    const { tenant, endpoint, code, cause } = failure
    return { failure, raw: signal.raw, labels: { source: source.name, tenant, endpoint, code: String(code), cause } }
  }

  return async (source, signals, receipt) => {
    const entries: Entry[] = []
    for (const signal of signals) {
      if (signal.type === 'lost') entries.push(entryOf(source, signal, receipt))
      const others = receipt.pause?.()
      if (others) await others
    }
    receipt.onDrafted?.(
      entries.map(({ failure }) => failure.id),
      [],
    )
    const failures = await Promise.all(entries.length === 0 ? [] : deps.journal.recordAll(entries))
    for (const { failure } of entries) {
      const { id, endpoint, code, cause } = failure
      deps.log.info({ failure_id: id, source: source.name, endpoint, code, cause }, 'simulated report stored')
    }
    return { failures, rows: [] }
  }
}

/** Sends simulated reports to their own recorder, all others to the real one. */
export const byPurpose =
  (record: Record, simulated: Record): Record =>
  (source, signals, receipt) =>
    (receipt.purpose === 'simulation' ? simulated : record)(source, signals, receipt)
