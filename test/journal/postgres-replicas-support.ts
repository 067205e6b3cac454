import type { SeriesTotal } from '../../src/domain/ports/journal.ts'
import { EventLog } from './entries.ts'

/** Keeps the label sets of other replicas too. */
export class ReplicaLog extends EventLog {
  readonly known = new Map<string, SeriesTotal>()
  onRemoteSeries(series: readonly SeriesTotal[]): void {
    for (const each of series) this.known.set(each.labels.endpoint, each)
  }
}
