import type { EndpointState } from './domain/incident.ts'
import type { JournalEvents, SeriesTotal } from './domain/journal.ts'
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

/** What the journal tells goes to the instruments and the log; one fault is logged once, however often it recurs. */
export function journalEvents({ log, measuring, restore, followed, learn }: JournalEventParts): JournalEvents {
  let told: string | undefined
  let readFault: string | undefined
  return {
    opened(totals) {
      told = undefined
      readFault = undefined
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
      measuring.failed(kind, detail)
      if (detail === readFault) return
      readFault = detail
      log.error({ kind }, `journal read failed: ${detail}`)
    },
    committed: (entries, seconds) => measuring.committed(entries, seconds),
    expired(failures, reason) {
      measuring.expired(failures, reason)
      log.info({ failures, reason }, 'retention removed failures')
    },
  }
}
