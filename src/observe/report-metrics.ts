import { type Answered, NO_SOURCE, OUTCOMES } from '../domain/ports/telemetry.ts'
import { type Count, Counter, type Durations, Histogram, observeIn, type Registry } from './client.ts'
import { reportLabels } from './reasons.ts'

// Fine around ingest.answerTimeout (900 ms) and the second that a source is taken to wait.
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1, 2.5, 10]
const observe = observeIn(BUCKETS)

/** Where requests with one source, outcome and reason are counted. */
interface Entries extends Pick<Answered, 'source' | 'outcome' | 'reason'> {
  readonly reports: Count
  readonly durations: Durations
}

/** Requests to the ingest listener: how many by outcome, and how long they took. */
export function reportMetrics(registry: Registry, sources: readonly string[]) {
  const registers = [registry]
  const reports = new Counter<'source' | 'outcome' | 'reason'>({
    name: 'webhook_exporter_reports_total',
    help: 'Requests to the ingest listener by outcome and reason. Both are closed sets.',
    labelNames: ['source', 'outcome', 'reason'],
    registers,
  })
  const duration = new Histogram<'source' | 'outcome'>({
    name: 'webhook_exporter_report_duration_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['source', 'outcome'],
    buckets: BUCKETS,
    registers,
  })
  for (const labels of reportLabels(sources)) {
    reports.inc({ ...labels }, 0)
    duration.zero({ source: labels.source, outcome: labels.outcome })
  }
  const outcomes = new Set<string>(OUTCOMES)
  const routes = new Set([...sources, NO_SOURCE])
  const known = new Map<string, Entries>()
  let latest: Entries | undefined

  /** The library's look-ups by labels would cost each report more than all other counting. */
  function entriesOf({ source, outcome, reason }: Answered): Entries {
    // Nearly every request is like the one before it.
    if (latest && latest.source === source && latest.outcome === outcome && latest.reason === reason) return latest
    const key = `${source}\0${outcome}\0${reason}`
    latest = known.get(key) ?? create(source, outcome, reason)
    known.set(key, latest)
    return latest
  }

  function create(source: string, outcome: Answered['outcome'], reason: Answered['reason']): Entries {
    if (!routes.has(source) || !outcomes.has(outcome)) throw new TypeError('answered: unknown source or outcome')
    const [counted, timed] = [
      { source, outcome, reason },
      { source, outcome },
    ]
    reports.inc(counted, 0)
    if (!duration.store.entry(timed)) duration.zero(timed)
    return { ...counted, reports: reports.store.entry(counted), durations: duration.store.entry(timed)! }
  }

  return {
    answered(request: Answered): void {
      const { reports, durations } = entriesOf(request)
      reports.value += 1
      observe(durations, request.seconds)
    },
  }
}
