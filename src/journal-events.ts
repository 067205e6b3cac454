import type { EndpointState } from './domain/incident.ts'
import type { JournalEvents, ReadFault, SeriesTotal } from './domain/journal.ts'
import type { SeriesLabels } from './domain/series.ts'
import type { Log, Measuring } from './domain/telemetry.ts'

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
  return {
    opened(totals) {
      told = undefined
      const shown = restore(totals)
      measuring.restored(shown)
      log.info({ series: shown.length }, 'the journal is open')
    },
    followed,
    seriesKnown(series) {
      measuring.known(series.map((known) => ({ ...known, labels: learn(known.labels) })))
    },
    failed(kind, detail) {
      measuring.failed(kind, detail)
      const text = `${kind}: ${detail}`
      if (text === told) return
      told = text
      log.error({ kind }, `the journal: ${detail}`)
    },
    readFailed(kind, detail) {
      measuring.readFailed(kind, detail)
      // A closed journal has been logged as such; a faulty query is logged by whoever answers it, with its stack.
      if (kind === 'closed' || kind === 'query') return
      const last = readFaults.get(kind)
      const now = performance.now()
      if (last?.text === detail && now - last.at < READ_FAULT_REPEAT) return
      readFaults.set(kind, { text: detail, at: now })
      log.error({ kind }, `journal read failed: ${detail}`)
    },
    committed: (entries, seconds) => measuring.committed(entries, seconds),
    expired(failures, reason) {
      measuring.expired(failures, reason)
      log.info({ failures, reason }, 'retention removed failures')
    },
  }
}
