import { mock } from 'node:test'
import type { Cause } from '../../src/domain/cause.ts'
import { type Failure, failureIds } from '../../src/domain/failure.ts'
import { type EndpointState, type IncidentEvent, newEndpoint } from '../../src/domain/incident.ts'
import type { RecoveryCount, SeriesTotal } from '../../src/domain/journal.ts'
import type { ProbePhase, ProbeResult, ProbeTrigger, Vantage } from '../../src/domain/probe.ts'
import { reduceIncident } from '../../src/domain/reduce-incident.ts'
import type { Reason } from '../../src/domain/telemetry.ts'
import { createMetrics, type PrometheusMetrics } from '../../src/observe/metrics.ts'
import {
  BAD_REPORTS,
  BLIPS,
  COLLECTOR_DOWN,
  CREDENTIALS_UNREADABLE,
  ENDPOINTS,
  EXPIRING,
  FAULTS,
  JOURNAL_DOWN,
  OVERFLOWED,
  PROXIED,
  RESTARTS,
  SOURCE,
  STRAYS,
  UNSCRAPED,
} from './faults.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SETTINGS = { quietTime: 10 * 60_000, goodProbes: 3, failedProbes: 3 }
const RETENTION = 5 * DAY
const VERSION = '0.1.0'

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
  const closings: { endpoint: string; at: number }[] = []
  let canaryAt: number | null = null
  let told = 0
  let overflowed = 0
  let life = 0
  let born = start - 40 * HOUR
  let cpu = 900
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
      life++
      born = now + 20_000
      cpu = 1
      boot()
      write(`up{${target()}} 0 ${now / 1_000}\n`)
      continue
    }
    await live()
    if (during(now, UNSCRAPED)) continue
    const body = (await metrics!.render('application/openmetrics-text')).body
    write(stamp(body))
    if (ago(now) <= 12 && failures.length > told) {
      told = failures.length
      expositions.push(body)
    }
  }
  mock.timers.reset()
  return {
    expositions,
    failures,
    open: [...states.values()].filter(({ incident }) => incident?.closedAt === null).map(({ endpoint }) => endpoint),
  }

  function boot(): void {
    overflowed = 0
    metrics = createMetrics({
      version: VERSION,
      sources: [SOURCE],
      endpoints: ENDPOINTS,
      tenantLabel: false,
      canary: true,
      proxied: PROXIED.map(({ endpoint }) => ({ endpoint, patience: 1_000 })),
      hooks: ['backfill'],
      recovery: {
        isOn: (endpoint) => endpoint !== 'invalid',
        configured: ENDPOINTS.map(({ name }) => name),
        overdueAfter: 4 * HOUR,
      },
      processMetrics: false,
      onFault: (error) => {
        throw error
      },
    })
    metrics.observe({
      journal: () => {
        const kept = failures.filter(({ receivedAt }) => receivedAt > now - RETENTION)
        return {
          up: journalUp,
          since: born,
          pending: journalUp ? 0 : 40,
          pendingLimit: 1_000,
          size: {
            failures: kept.length,
            bytes: 400_000 + kept.length * 3_200,
            freeBytes: 900e6 - ((now - start) / HOUR) * 2.2e6,
            oldestAt: kept[0]?.receivedAt ?? null,
          },
        }
      },
      series: () => ({
        admitted: totals.size,
        limit: 300,
        overflow: { code: overflowed, endpoint: 0, tenant: 0 },
      }),
      endpoints: () => states.values(),
      hooks: () => new Map([['backfill', null]]),
      recoveries: async () => recoveries(),
      canary: () => ({ configuredAt: start - DAY, succeededAt: canaryAt }),
    })
    metrics.restored([...totals.values()])
    metrics.credentials(SOURCE, 3)
  }

  async function live(): Promise<void> {
    journalUp = !during(now, JOURNAL_DOWN)
    for (const fault of FAULTS) if (during(now, fault)) for (let n = happen(fault.perHour); n > 0; n--) report(fault)
    for (const stray of STRAYS) for (let n = happen(stray.perHour); n > 0; n--) report(stray)
    for (const route of PROXIED) deliver(route)
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

  /** The proxy of one route: what fails is what platforms report, and short restarts of the application besides. */
  function deliver({ endpoint, perHour }: (typeof PROXIED)[number]): void {
    const mean = (perHour * step) / HOUR
    const count = Math.floor(mean) + (chance() < mean % 1 ? 1 : 0)
    const fault = FAULTS.find((it) => it.endpoint === endpoint && during(now, it))
    const blip = BLIPS.some((it) => it.endpoint === endpoint && during(now, it))
    for (let n = 0; n < count; n++) {
      metrics.proxy!.deliveryBegun(endpoint)
      const fails = fault !== undefined && chance() < 0.8
      const saved = !fails && blip && chance() < 0.5
      const code = fails ? fault.code || 502 : 200
      if (saved) metrics.proxy!.attempted({ endpoint, ok: false, code: 'connect' })
      metrics.proxy!.attempted({ endpoint, ok: !fails, code })
      const seconds = (fails && fault.cause === 'timeout' ? 5 : 0.03 + chance() ** 3 * 0.3) + (saved ? 0.4 : 0)
      metrics.proxy!.deliveryEnded({
        ...{ endpoint, ok: !fails, code, seconds },
        ...(saved && { retry: { reason: 'connect', result: 'saved' } as const }),
      })
      metrics.delivered({ source: 'proxy', endpoint, result: fails ? 'failure' : 'success', code })
    }
  }

  /** Jobs finish within half an hour; one failed, and one was never begun. */
  function recoveries(): RecoveryCount[] {
    return closings.map(({ endpoint, at }) => {
      const age = now - at
      const failed = endpoint === 'refunds' || (endpoint === 'orders' && age < DAY)
      const late = failed ? 'failed' : endpoint === 'loyalty-rewards' ? 'open' : 'finished'
      const status = age < HOUR / 6 ? 'requested' : age < HOUR / 2 ? 'running' : late
      return { endpoint, status, incidents: 1, oldestClosedAt: at }
    })
  }

  function probe(endpoint: string, vantage: Vantage, cause: Cause | undefined, plain = false): void {
    const phases = plain ? PHASES.filter((phase) => phase !== 'tls') : PHASES
    const failed = cause && FAILING_PHASE[cause]
    const reached = failed ? phases.slice(0, phases.indexOf(failed) + 1) : phases
    const usual = { resolve: 3, connect: vantage === 'public' ? 18 : 1, tls: 42, http: vantage === 'public' ? 110 : 12 }
    const took = (phase: ProbePhase) =>
      cause === 'timeout' && phase === failed ? 5_000 : usual[phase] * (0.8 + random() * 0.5)
    const renewed = ago(now) > EXPIRING.at + 90 * 24
    const days = endpoint === EXPIRING.endpoint && !renewed ? ago(now) / 24 - EXPIRING.at / 24 : 52 + ago(now) / 24
    const result: ProbeResult = {
      endpoint,
      vantage,
      url: 'https://shop.example/',
      startedAt: now,
      up: cause === undefined,
      detail: '',
      phases: Object.fromEntries(reached.map((phase) => [phase, took(phase)])),
      ...(cause && { cause }),
      ...(failed && { phase: failed }),
      ...(reached.includes('tls') && {
        tls: {
          protocol: 'TLSv1.3',
          authorized: cause !== 'tls',
          subject: 'CN=shop.example',
          issuer: 'CN=Example CA',
          names: ['shop.example'],
          notBefore: now + days * DAY - 90 * DAY,
          notAfter: now + days * DAY,
          daysLeft: Math.floor(days),
        },
      }),
    }
    const trigger: ProbeTrigger = 'scheduled'
    metrics.probed(result, trigger)
    spans(1 + reached.length)
    if (vantage === 'public')
      follow(endpoint, {
        ...{ type: 'probe', at: now, startedAt: now, id: ids(now), scheduled: true },
        ...{ up: result.up, pathUnproven: false, cause: cause ?? null },
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

  function target(): string {
    return `namespace="shop",job="webhook-errors",pod="webhook-errors-0",instance="10.1.4.${17 + life * 6}:9464"`
  }

  /** The target's labels and a time for every sample; comments and exemplars are not for a backfill. */
  function stamp(body: string): string {
    const labels = target()
    const time = now / 1_000
    const lines: string[] = [`up{${labels}} 1 ${time}`]
    for (const line of [...body.split('\n'), ...processLines()]) {
      if (line === '' || line.startsWith('#')) continue
      const sample = line.includes(' # ') ? line.slice(0, line.indexOf(' # ')) : line
      const brace = sample.indexOf('{')
      const space = sample.lastIndexOf(' ')
      lines.push(
        brace === -1
          ? `${sample.slice(0, space)}{${labels}} ${sample.slice(space + 1)} ${time}`
          : `${sample.slice(0, brace + 1)}${labels}${sample[brace + 1] === '}' ? '' : ','}${sample.slice(brace + 1, space)} ${sample.slice(space + 1)} ${time}`,
      )
    }
    for (const { endpoint, incident } of states.values())
      if (incident?.closedAt === null)
        lines.push(
          `ALERTS{namespace="shop",job="webhook-errors",endpoint="${endpoint}",alertname="WebhookEndpointFailing",alertstate="firing",severity="critical"} 1 ${time}`,
        )
    return `${lines.join('\n')}\n`
  }

  /** Those of Node.js would be this machine's. */
  function processLines(): string[] {
    cpu += (step / 1_000) * (0.006 + random() * 0.001)
    const age = Math.min(1, (now - born) / (6 * HOUR))
    return [
      `process_start_time_seconds ${born / 1_000}`,
      `process_cpu_seconds_total ${cpu.toFixed(3)}`,
      `process_resident_memory_bytes ${Math.round(86e6 + age * 14e6 + random() * 2e6)}`,
      `nodejs_heap_size_used_bytes ${Math.round(21e6 + age * 4e6 + random() * 2e6)}`,
      `nodejs_eventloop_lag_p99_seconds ${(0.0105 + random() ** 40 * 0.03).toFixed(4)}`,
      `process_open_fds ${27 + Math.round(random() ** 8 * 6)}`,
    ]
  }

  function hex(length: number): string {
    return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
  }
}

const PHASES: readonly ProbePhase[] = ['resolve', 'connect', 'tls', 'http']
const FAILING_PHASE: Readonly<Partial<Record<Cause, ProbePhase>>> = {
  dns: 'resolve',
  connection_refused: 'connect',
  unreachable: 'connect',
  connection_reset: 'http',
  tls: 'tls',
  timeout: 'http',
  redirect: 'http',
  authentication: 'http',
  not_found: 'http',
  server_error: 'http',
  unavailable: 'http',
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
