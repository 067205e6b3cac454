import { mock } from 'node:test'
import type { Cause } from '../../src/domain/cause/cause.ts'
import { type EndpointState, type IncidentEvent, newEndpoint } from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'
import type { SeriesTotal } from '../../src/domain/ports/journal.ts'
import type { Reason } from '../../src/domain/ports/telemetry.ts'
import { type Failure, failureIds } from '../../src/domain/report/failure.ts'
import type { Vantage } from '../../src/domain/verdict/probe.ts'
import type { PrometheusMetrics } from '../../src/observe/metrics.ts'
import { type ServiceProcess, stamp, target } from './exposition.ts'
import {
  BAD_REPORTS,
  COLLECTOR_DOWN,
  CREDENTIALS_UNREADABLE,
  ENDPOINTS,
  FAULTS,
  JOURNAL_DOWN,
  OVERFLOWED,
  PROXIED,
  RESTARTS,
  SOURCE,
  STRAYS,
  UNSCRAPED,
} from './faults.ts'
import { generator } from './random.ts'
import { deliver } from './week-deliveries.ts'
import { journalStatus, RETENTION, startMetrics } from './week-metrics.ts'
import { probeResult } from './week-probes.ts'
import { type Closing, recoveries } from './week-recoveries.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SETTINGS = { quietTime: 10 * 60_000, goodProbes: 3, failedProbes: 3 }

export interface Week {
  /** Milliseconds since the epoch. */
  readonly end: number
  /** Milliseconds between two scrapes. */
  readonly step: number
  /** OpenMetrics lines with time stamps, as `promtool tsdb create-blocks-from openmetrics` takes them. */
  readonly write: (lines: string) => void
  /** Default 168. */
  readonly hours?: number
}

export interface Story {
  /** Expositions with exemplars of the last day, oldest first, to be scraped one after the other. */
  readonly expositions: readonly string[]
  /** Every failure, for what the panels must add up to. */
  readonly failures: readonly Failure[]
  readonly open: readonly string[]
}

/**
 * Lives through a week in virtual time with the service's own instruments and incident rules: what is written is the
 * exposition that the service would have answered at each scrape. The same every time.
 */
export async function simulate({ end, step, write, hours = 168 }: Week): Promise<Story> {
  const random = generator(20_261_120)
  // Deliveries have numbers of their own, so that they change nothing else.
  const chance = generator(20_261_121)
  const ids = failureIds()
  const start = end - hours * HOUR
  const ago = (time: number) => (end - time) / HOUR
  const during = (time: number, { from, hours: length }: { from: number; hours: number }) =>
    ago(time) <= from && ago(time) > from - length
  /** Events in this step at such a rate. */
  const happen = (perHour: number) => {
    const mean = (perHour * step) / HOUR
    return Math.floor(mean) + (random() < mean % 1 ? 1 : 0)
  }
  const failures: Failure[] = []
  const totals = new Map<string, { labels: SeriesTotal['labels']; count: number; lastFailureAt: number }>()
  const states = new Map<string, EndpointState>(ENDPOINTS.map(({ name }) => [name, newEndpoint(name)]))
  const expositions: string[] = []
  const closings: Closing[] = []
  let canaryAt: number | null = null
  let told = 0
  let overflowed = 0
  let service: ServiceProcess = { lives: 0, born: start - 40 * HOUR, cpu: 900 }
  let now = start
  let journalUp = true
  let metrics: PrometheusMetrics
  // Exemplars carry the time of day.
  mock.timers.enable({ apis: ['Date'], now: start })
  boot()
  for (; now <= end; now += step) {
    mock.timers.setTime(now)
    const restarting = RESTARTS.some((hour) => Math.abs(ago(now) - hour) < step / HOUR / 2)
    if (restarting) {
      service = { lives: service.lives + 1, born: now + 20_000, cpu: 1 }
      boot()
      write(`up{${target(service)}} 0 ${now / 1_000}\n`)
      continue
    }
    await live()
    if (during(now, UNSCRAPED)) continue
    const body = (await metrics!.render('application/openmetrics-text')).body
    write(stamp(body, service, { now, step, random }, open()))
    if (ago(now) <= 12 && failures.length > told) {
      told = failures.length
      expositions.push(body)
    }
  }
  mock.timers.reset()
  return { expositions, failures, open: open() }

  function open(): string[] {
    return [...states.values()].filter(({ incident }) => incident?.closedAt === null).map(({ endpoint }) => endpoint)
  }

  function boot(): void {
    overflowed = 0
    metrics = startMetrics({
      journal: () => journalStatus(failures, { up: journalUp, since: service.born, start, now }),
      series: () => ({
        admitted: totals.size,
        limit: 300,
        overflow: { code: overflowed, endpoint: 0, tenant: 0 },
      }),
      endpoints: () => states.values(),
      hooks: () => new Map([['backfill', null]]),
      recoveries: async () => recoveries(closings, now),
      canary: () => ({ configuredAt: start - DAY, succeededAt: canaryAt }),
    })
    metrics.restored([...totals.values()])
    metrics.credentials(SOURCE, 3)
  }

  async function live(): Promise<void> {
    journalUp = !during(now, JOURNAL_DOWN)
    for (const fault of FAULTS) if (during(now, fault)) for (let n = happen(fault.perHour); n > 0; n--) report(fault)
    for (const stray of STRAYS) for (let n = happen(stray.perHour); n > 0; n--) report(stray)
    for (const route of PROXIED) deliver(metrics, route, { step, chance, happens: (it) => during(now, it) })
    for (const endpoint of ENDPOINTS) {
      const fault = FAULTS.find((it) => it.endpoint === endpoint.name && it.probe && during(now, it))
      probe(endpoint.name, 'public', fault?.probe, endpoint.plain)
      if (endpoint.internal) probe(endpoint.name, 'internal', undefined, true)
    }
    for (const endpoint of states.keys())
      follow(endpoint, { type: 'tick', at: now, probed: ENDPOINTS.some(({ name }) => name === endpoint) })
    for (let n = happen(0.4); n > 0; n--) answer('rejected', 'not_found', 0.0004)
    for (let n = happen(0.25); n > 0; n--) answer('rejected', 'credential_unknown', 0.0006)
    if (during(now, BAD_REPORTS))
      for (let n = happen(BAD_REPORTS.perHour); n > 0; n--) answer('rejected', 'invalid_report', 0.001)
    if (Math.round((now - start) / step) % Math.max(1, Math.round(300_000 / step)) === 0) canary()
    if (Math.abs(ago(now) - OVERFLOWED) < step / HOUR / 2) overflowed += 4
    if (!journalUp) metrics.failed('disk_full', '')
    if (Math.abs(ago(now) - CREDENTIALS_UNREADABLE) < step / HOUR / 2) metrics.credentialsReloadFailed(SOURCE)
    const gone = failures.filter(
      (it) => it.receivedAt <= now - RETENTION && it.receivedAt > now - step - RETENTION,
    ).length
    if (gone > 0) metrics.expired(gone, 'age')
  }

  function report({ endpoint, code, cause }: { endpoint: string; code: number; cause: Cause }): void {
    if (!journalUp) {
      answer('failed', 'journal_unavailable', 0.02)
      return
    }
    const seconds = 0.002 + random() ** 4 * 0.03
    const id = ids(now)
    const traceId = hex(32)
    const failure: Failure = {
      ...{ id, receivedAt: now, source: SOURCE, tenant: '', endpoint, url: 'https://shop.example/', code, cause },
      ...{ message: '', traceId },
    }
    const labels = { source: SOURCE, tenant: '', endpoint, code: String(code), cause }
    const key = JSON.stringify(labels)
    const total = totals.get(key) ?? { labels, count: 0, lastFailureAt: now }
    totals.set(key, { ...total, count: total.count + 1, lastFailureAt: now })
    failures.push(failure)
    metrics.committed(1, seconds * 0.7)
    metrics.recorded(failure, labels, traceId)
    spans(2)
    answer('recorded', 'none', seconds)
    if (random() < 0.02) answer('duplicate', 'none', 0.001)
    if (endpoint !== 'invalid')
      follow(endpoint, { type: 'failure', at: now, id, code, cause, source: 'retm', tenant: '' })
  }

  function answer(
    outcome: 'recorded' | 'duplicate' | 'rejected' | 'failed' | 'canary',
    reason: Reason,
    seconds: number,
  ) {
    metrics.answered({ source: SOURCE, outcome, reason, seconds: seconds * (0.8 + random() * 0.4) })
  }

  function follow(endpoint: string, event: IncidentEvent): void {
    const before = states.get(endpoint) ?? newEndpoint(endpoint)
    const { state } = reduceIncident(before, event, SETTINGS)
    states.set(endpoint, state)
    if (before.incident?.closedAt === null && state.incident && state.incident.closedAt !== null) {
      closings.push({ endpoint, at: now })
      metrics.hookDelivered('backfill', 'incident.closed', 'success')
    }
  }

  function probe(endpoint: string, vantage: Vantage, cause: Cause | undefined, plain = false): void {
    const result = probeResult({ endpoint, vantage, cause, plain }, { now, ago: ago(now), random })
    metrics.probed(result, 'scheduled')
    spans(1 + Object.keys(result.phases).length)
    if (vantage === 'public')
      follow(endpoint, {
        ...{ type: 'probe', at: now, startedAt: now, id: ids(now), scheduled: true },
        ...{ up: result.up, pathUnproven: false, status: result.status ?? null, cause: cause ?? null },
      })
  }

  function canary(): void {
    if (!journalUp) {
      metrics.canaryRun({ cause: 'unavailable' })
      answer('failed', 'journal_unavailable', 0.02)
      return
    }
    const seconds = 0.12 + random() ** 20 * 0.08
    canaryAt = now
    metrics.canaryRun({ cause: null, seconds })
    answer('canary', 'none', 0.004)
  }

  function spans(count: number): void {
    if (!during(now, COLLECTOR_DOWN)) metrics.spans('exported', count)
    else metrics.spans(random() < 0.7 ? 'failed' : 'dropped', count)
  }

  function hex(length: number): string {
    return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
  }
}
