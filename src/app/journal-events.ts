import type { EndpointState } from '../domain/incident.ts'
import type { Checkpoint, JournalEvents, ReadFault, SeriesTotal } from '../domain/journal.ts'
import type { SeriesLabels } from '../domain/series.ts'
import type { Log, Measuring } from '../domain/telemetry.ts'

export interface JournalEventParts {
  readonly log: Log
  readonly measuring: Measuring
  /** Takes the label sets that the journal knows; returns the totals as they are to be shown. */
  readonly restore: (totals: readonly SeriesTotal[]) => readonly SeriesTotal[]
  /** Takes the endpoints whose incidents the journal follows. */
  readonly followed: (endpoints: readonly EndpointState[]) => void
  /** Gives a label set of another replica its place here. */
  readonly learn: (labels: SeriesLabels) => SeriesLabels
}

/** A read that fails in the same way again is logged again after this many milliseconds. */
const READ_FAULT_REPEAT = 60_000

/** What the journal tells goes to the instruments and the log; one fault is logged once, however often it recurs. */
export function journalEvents({ log, measuring, restore, followed, learn }: JournalEventParts): JournalEvents {
  let told: string | undefined
  const readFaults = new Map<ReadFault, { text: string; at: number }>()
  const checkpointed = checkpointLog(log)
  return {
    onOpened(totals) {
      told = undefined
      const shown = restore(totals)
      measuring.restored(shown)
      log.info({ series: shown.length }, 'the journal is open')
    },
    onSnapshot: followed,
    onRemoteSeries(series) {
      measuring.known(series.map((known) => ({ ...known, labels: learn(known.labels) })))
    },
    onFault(kind, detail) {
      measuring.failed(kind, detail)
      const text = `${kind}: ${detail}`
      if (text === told) return
      told = text
      log.error({ kind }, `the journal: ${detail}`)
    },
    onReadFault(kind, detail) {
      measuring.readFailed(kind, detail)
      // A closed journal has been logged as such; a faulty query is logged by whoever answers it, with its stack.
      if (kind === 'closed' || kind === 'query') return
      const last = readFaults.get(kind)
      const now = performance.now()
      if (last?.text === detail && now - last.at < READ_FAULT_REPEAT) return
      readFaults.set(kind, { text: detail, at: now })
      log.error({ kind }, `journal read failed: ${detail}`)
    },
    onCommitted: (entries, seconds) => measuring.committed(entries, seconds),
    onExpired(failures, reason) {
      measuring.expired(failures, reason)
      log.info({ failures, reason }, 'retention removed failures')
    },
    onRetentionStop(stop) {
      if (stop) log.error({ reason: stop.reason }, `retention by age stopped: ${stop.detail}`)
      else log.info({}, 'retention by age resumed')
    },
    onCheckpoint(checkpoint) {
      measuring.checkpointed(checkpoint)
      checkpointed(checkpoint)
    },
    onOpening(step, bytes) {
      // A journal that is down is opened again and again.
      if (told === undefined) log.info({ step, bytes }, 'opening journal')
    },
    onWarning: (warning) => log.warn({}, `journal: ${warning}`),
  }
}

/** The WAL has outgrown its limit when it is larger by this factor. The alert WebhookCheckpointFailing has the same. */
const WAL_EXCESS = 4

/** Checkpoints come by the hundred: only a change is logged. */
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
