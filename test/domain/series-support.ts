import type { SeriesLabels, SeriesLimit } from '../../src/domain/report/series.ts'

/** The set of a report that was stored. */
export function stored(limit: SeriesLimit, report: SeriesLabels): SeriesLabels {
  const set = limit.keep(report)
  limit.complete(report, set, true)
  return set
}
