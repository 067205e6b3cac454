import { JOB, type Labels, labelText, NAMESPACE, type Value } from './series.ts'

/** How Prometheus meets a pod: `gap` means that Prometheus itself was away. */
export type Scrape = 'up' | 'down' | 'gone' | 'gap'

export interface Pod {
  readonly pod: string
  readonly instance: string
  /** First tick of the process, for each process that the pod had. */
  readonly starts: readonly number[]
  /** What a scrape at this tick meets. */
  readonly scrape: (tick: number) => Scrape
}

export interface Failure {
  readonly tick: number
  readonly endpoint: string
  readonly cause?: string
  readonly code?: string
  /** Index of the pod that took it. */
  readonly by?: number
}

export interface World {
  readonly ticks: number
  /** Seconds between ticks. */
  readonly step: number
  readonly pods: readonly Pod[]
  readonly endpoints: readonly {
    readonly name: string
    readonly team: string
    readonly severity: string
    /** First tick at which anything is known of it; the beginning unless given. */
    readonly since?: number
  }[]
  readonly failures: readonly Failure[]
  /** Whether the endpoint's incident is open, as the journal has it. */
  readonly open: (endpoint: string, tick: number) => boolean
  /** Whether each pod counts alone from its start (PostgreSQL), or continues from the journal (SQLite). */
  readonly counting: 'restored' | 'own'
  /** Whether the endpoint is probed; all are, unless given. */
  readonly probed?: (endpoint: string) => boolean
  /** Whether a probe finds the endpoint well; always, unless given. */
  readonly well?: (endpoint: string, tick: number) => boolean
  /** Whether the proxy counts deliveries to it, ten a tick; none, unless given. */
  readonly proxied?: (endpoint: string) => boolean
  /** Whether the platform has disabled it; never, unless given. */
  readonly disabled?: (endpoint: string, tick: number) => boolean
  /** What is added to the clock of the receivers, in seconds. */
  readonly clock?: (tick: number) => number
  /** From this tick on, half of the failures before it are no longer counted. */
  readonly lostAt?: number
}

/** All that the receivers show in this world, as Prometheus would store it. */
export function observe(world: World): Map<string, Value[]> {
  const { ticks, pods, clock = () => 0 } = world
  const result = new Map<string, Value[]>()
  for (const [index, pod] of pods.entries()) {
    const target = { namespace: NAMESPACE, job: JOB, instance: pod.instance, pod: pod.pod }
    const rows = new Map<string, Value[]>()
    const put = (name: string, labels: Labels, tick: number, value: number) => {
      const key = `${name}${labelText({ ...target, ...labels })}`
      let row = rows.get(key)
      if (!row) {
        row = []
        rows.set(key, row)
      }
      while (row.length < tick) row.push(null)
      row.push(value)
    }
    for (let tick = 0; tick < ticks; tick++) {
      const scrape = pod.scrape(tick)
      if (scrape !== 'gap') {
        if (scrape !== 'gone') put('up', {}, tick, scrape === 'up' ? 1 : 0)
        if (scrape === 'up')
          expose(world, index, tick, clock(tick), (name, labels, value) => put(name, labels, tick, value))
        // Prometheus ends a series that a scrape no longer shows.
        for (const row of rows.values()) if (row.length === tick && typeof row.at(-1) === 'number') row.push('stale')
      }
    }
    for (const [key, row] of rows) {
      while (row.length < ticks) row.push(null)
      result.set(key, row)
    }
  }
  return result
}

type Put = (name: string, labels: Labels, value: number) => void

function expose(world: World, index: number, tick: number, skew: number, put: Put): void {
  const { step, endpoints, failures, counting, open, well, pods, probed = () => true, proxied = () => false } = world
  const start = Math.max(...pods[index]!.starts.filter((it) => it <= tick))
  const age = tick - start
  const now = tick * step + skew
  put('webhook_exporter_build_info', { version: '1.0.0', node_version: '26.10.0' }, 1)
  put('process_start_time_seconds', {}, start * step + skew)
  put('webhook_exporter_journal_up', {}, 1)
  put('webhook_exporter_config_valid', {}, 1)
  put('webhook_exporter_egress_up', {}, 1)
  put('webhook_exporter_journal_free_bytes', {}, 9e9)
  put('webhook_exporter_journal_size_bytes', {}, 1e6)
  for (const le of ['0.5', '+Inf'])
    put(
      'webhook_exporter_journal_commit_duration_seconds_bucket',
      { le },
      failures.filter((it) => it.tick > start && it.tick <= tick).length,
    )
  for (const label of ['code', 'endpoint']) put('webhook_exporter_label_overflow_total', { label }, 0)
  for (const reason of ['age', 'size'])
    put('webhook_exporter_journal_expired_total', { reason }, reason === 'age' ? age : 0)
  for (const result of ['exported', 'dropped', 'failed'])
    put('webhook_exporter_spans_total', { result }, result === 'exported' ? age : 0)
  put('webhook_exporter_credentials_reload_failures_total', { source: 'retm' }, 0)
  put('webhook_exporter_credentials', { source: 'retm' }, 2)
  // Strangers come by now and then.
  put(
    'webhook_exporter_reports_total',
    { source: 'none', outcome: 'rejected', reason: 'not_found' },
    Math.floor((age * step) / 3_600),
  )
  for (const reason of ['invalid_report', 'no_credentials', 'credential_missing'])
    put('webhook_exporter_reports_total', { source: 'retm', outcome: 'rejected', reason }, 0)
  for (const reason of ['journal_unavailable', 'answer_timeout', 'shutting_down'])
    put('webhook_exporter_reports_total', { source: 'retm', outcome: 'failed', reason }, 0)
  // The canary runs each minute; its last success is in the journal.
  put('webhook_canary_last_success_timestamp_seconds', {}, now - ((tick * step) % 60))
  put('webhook_canary_runs_total', { result: 'success', cause: 'none' }, Math.floor((age * step) / 60))
  for (const { name: endpoint, team, severity, since = 0 } of endpoints) {
    if (tick < since) continue
    put('webhook_endpoint_info', { endpoint, event: '', team, severity }, 1)
    const isOpen = open(endpoint, tick)
    put('webhook_incident_open', { endpoint }, isOpen ? 1 : 0)
    if (world.disabled)
      put('webhook_endpoint_disabled', { endpoint, source: 'svix' }, world.disabled(endpoint, tick) ? 1 : 0)
    if (isOpen) {
      put('webhook_incident_started_timestamp_seconds', { endpoint }, 0)
      put('webhook_incident_info', { endpoint, cause: 'unavailable', code: '503' }, 1)
    }
    // The first pod probes each minute, from the first minute of its process on.
    if (pods[index]!.pod === pods[0]!.pod && age * step >= 60 && probed(endpoint)) {
      const where = { endpoint, vantage: 'public' }
      // One a minute, or one a tick where a tick is longer.
      const each = Math.max(1, Math.round(60 / step))
      const made = Math.floor(age / each)
      let failed = 0
      for (let at = 1; well && at <= made; at++) if (!well(endpoint, start + at * each)) failed++
      put('webhook_endpoint_up', where, well && !well(endpoint, tick) ? 0 : 1)
      put('webhook_endpoint_last_probe_timestamp_seconds', where, now)
      put('webhook_endpoint_tls_not_after_timestamp_seconds', where, tick * step + 60 * 86_400)
      const scheduled = { ...where, trigger: 'scheduled' }
      if (made > failed)
        put('webhook_endpoint_probes_total', { ...scheduled, result: 'up', cause: 'none' }, made - failed)
      if (failed > 0)
        put('webhook_endpoint_probes_total', { ...scheduled, result: 'down', cause: 'unavailable' }, failed)
      if (proxied(endpoint)) {
        // Two in a thousand fail even while it is well.
        const stray = Math.floor((10 * made) / 500)
        const delivered = (result: string, code: string, count: number) =>
          put('webhook_endpoint_deliveries_total', { endpoint, source: 'proxy', result, code }, count)
        delivered('success', '200', 10 * (made - failed) - stray)
        delivered('failure', '503', 10 * failed + stray)
      }
    }
  }
  const counted = new Map<string, { labels: Labels; count: number; last: number }>()
  for (const { tick: at, endpoint, cause = 'unavailable', code = '503', by = 0 } of failures) {
    if (at > tick || (counting === 'own' && (by !== index || at <= start))) continue
    // Half of what was before, as an older copy of the journal would have it.
    if (world.lostAt !== undefined && tick >= world.lostAt && at < world.lostAt && at % 2 === 0) continue
    const labels = { source: 'retm', endpoint, code, cause }
    const key = JSON.stringify(labels)
    const { count = 0 } = counted.get(key) ?? {}
    counted.set(key, { labels, count: count + 1, last: at })
  }
  for (const { labels, count, last } of counted.values()) {
    put('webhook_delivery_failures_total', labels, count)
    put('webhook_delivery_last_failure_timestamp_seconds', labels, last * step + skew)
  }
}
