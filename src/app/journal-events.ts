import type { EndpointState } from '../domain/incident/incident.ts'
import type { Checkpoint, JournalEvents, ReadFault, SeriesTotal } from '../domain/ports/journal.ts'
import type { Log, Metrics } from '../domain/ports/telemetry.ts'
import type { SeriesLimit } from '../domain/report/series.ts'

export interface JournalEventDeps {
  readonly log: Log
  readonly metrics: Metrics
  /** Bounds the label sets: those of the journal come first, those of other replicas as far as they fit. */
  readonly series: Pick<SeriesLimit, 'restore' | 'registerRemote' | 'keep' | 'complete'>
  /** Called with the endpoints that have incidents in the journal. */
  readonly onSnapshot: (endpoints: readonly EndpointState[]) => void
  /** Called with the times of the last failures that the journal knows. */
  readonly onTotals: (totals: readonly SeriesTotal[]) => void
}

/** A read that keeps failing in the same way is logged again after this many milliseconds. */
const READ_FAULT_REPEAT = 60_000

/** Passes the journal's events to metrics and log; one fault is logged once, however often it recurs. */
export function journalEvents({ log, metrics, series, onSnapshot, onTotals }: JournalEventDeps): JournalEvents {
  let logged: string | undefined
  const readFaults = new Map<ReadFault, { text: string; at: number }>()
  const checkpointed = checkpointLog(log)
  return {
    onOpened(totals) {
      logged = undefined
      onTotals(totals)
      const shown = series.restore(totals)
      metrics.restored(shown)
      log.info({ series: shown.length }, 'journal opened')
    },
    onSnapshot,
    onRemoteSeries(totals) {
      onTotals(totals)
      metrics.registerRemote(totals.map((total) => ({ ...total, labels: series.registerRemote(total.labels) })))
    },
    onMoved({ failure, labels }) {
      const kept = series.keep(labels)
      series.complete(labels, kept, true)
      metrics.recorded(failure, kept, null)
    },
    onFault(kind, detail, lost) {
      metrics.failed(kind, detail, lost)
      if (lost !== undefined) return log.error({ kind, lost }, `acknowledged reports lost: ${detail}`)
      const text = `${kind}: ${detail}`
      if (text === logged) return
      logged = text
      log.error({ kind }, `journal unavailable: ${detail}`)
    },
    onReadFault(kind, detail) {
      metrics.readFailed(kind, detail)
      // A closed journal has been logged as such; a faulty query is logged with its stack where it is answered.
      if (kind === 'closed' || kind === 'query') return
      const last = readFaults.get(kind)
      const now = performance.now()
      if (last?.text === detail && now - last.at < READ_FAULT_REPEAT) return
      readFaults.set(kind, { text: detail, at: now })
      log.error({ kind }, `journal read failed: ${detail}`)
    },
    onCommitted: (entries, seconds) => metrics.committed(entries, seconds),
    onExpired(failures, reason) {
      metrics.expired(failures, reason)
      log.info({ failures, reason }, 'retention removed failures')
    },
    onRetentionStop(stop) {
      if (stop) log.error({ reason: stop.reason }, `retention by age stopped: ${stop.detail}`)
      else log.info({}, 'retention by age resumed')
    },
    onCheckpoint(checkpoint) {
      metrics.checkpointed(checkpoint)
      checkpointed(checkpoint)
    },
    onOpening(step, bytes) {
      // A journal that is down is opened again after each back-off: only the first opening is logged.
      if (logged === undefined) log.info({ step, bytes }, 'opening journal')
    },
    onWarning: (warning) => log.warn({}, `journal: ${warning}`),
  }
}

/** The WAL has outgrown its limit when it is larger by this factor. The alert WebhookJournalVolumeNearlyFull has the same. */
const WAL_EXCESS = 4

/** Checkpoints are frequent, so only a change is logged. */
function checkpointLog(log: Log): (checkpoint: Checkpoint) => void {
  let logged: string | undefined
  return ({ result, walBytes, walLimit, detail }) => {
    const isExcess = walBytes > WAL_EXCESS * walLimit
    const state = result === 'failed' ? `failed: ${detail}` : result === 'blocked' && isExcess ? result : undefined
    const fields = { result, wal_bytes: walBytes, wal_limit_bytes: walLimit }
    if (state === logged || (result === 'blocked' && state === undefined)) return
    logged = state
    if (result === 'failed') {
      log.error(fields, `journal checkpoint failed: ${detail}; reports are kept in the WAL, which grows`)
    } else if (result === 'blocked') {
      log.warn(fields, 'journal checkpoint blocked by a reader in another process; the WAL grows')
    } else log.info(fields, 'journal checkpoint succeeded again')
  }
}
