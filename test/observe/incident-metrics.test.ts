import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { type EndpointState, newEndpoint } from '../../src/domain/incident.ts'
import type { CanaryMoments } from '../../src/domain/journal.ts'
import type { ProbeResult } from '../../src/domain/probe.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { ProbedView } from '../../src/observe/probe-metrics.ts'
import { requireProgram } from '../support/programs.ts'
import { sample, series } from '../support/scrape.ts'

const create = (canary = false, probed: readonly ProbedView[] = []) =>
  createMetrics({
    version: '1.2.3',
    sources: ['retm'],
    endpoints: [{ name: 'orders', event: '', team: '', severity: 'critical' }],
    tenantLabel: false,
    processMetrics: false,
    canary,
    probed,
    urlOf: (endpoint) => (endpoint === 'orders' ? 'https://shop.example/hooks' : undefined),
    onFault: (error) => {
      throw error
    },
  })
type Metrics = ReturnType<typeof create>
const text = async (metrics: Metrics) => (await metrics.render(undefined)).body

const state = (
  endpoint: string,
  more: { closedAt?: number; cause?: 'tls' | 'dns'; code?: number; verdict?: Verdict; lossFrom?: number } = {},
): EndpointState => ({
  ...newEndpoint(endpoint),
  incidents: 3,
  incident: {
    id: 'id',
    endpoint,
    openedAt: 1_700_000_000_500,
    closedAt: more.closedAt ?? null,
    resolution: null,
    reason: null,
    firstFailureAt: 1,
    lastFailureAt: 1,
    failures: 1,
    sources: [],
    tenants: [],
    tenantsComplete: true,
    causes: {},
    report: more.code === undefined ? null : { id: 'f', at: 1, code: more.code, cause: 'unknown' },
    cause: more.cause ?? 'tls',
    verdict: more.verdict ?? null,
    loss: { from: more.lossFrom ?? null, fromProof: null, until: null, untilProof: null },
    reopened: 0,
    quietSince: 1,
    goodRun: null,
  },
})

const INFOS = ['webhook_incident_info', 'webhook_incident_verdict_info', 'webhook_incident_report_info']

describe('incident metrics', () => {
  it('are at 0 for what is configured before anything happened', async () => {
    const body = await text(create())
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(sample(body, 'webhook_incidents_total{endpoint="orders"}')).to.equal(0)
    for (const name of INFOS) expect(series(body, name)).to.deep.equal([])
    expect(series(body, 'webhook_incident_started_timestamp_seconds')).to.deep.equal([])
  })

  it('show one series of each info an endpoint while open, also as the verdict changes, and none after', async () => {
    const metrics = create()
    let states: EndpointState[] = []
    metrics.observe({ endpoints: () => states })
    states = [state('orders', { code: 56 }), state('https://stranger.example/')]
    let body = await text(metrics)
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    expect(sample(body, 'webhook_incidents_total{endpoint="orders"}')).to.equal(3)
    expect(sample(body, 'webhook_incident_started_timestamp_seconds{endpoint="orders"}')).to.equal(1_700_000_000.5)
    expect(series(body, 'webhook_incident_info')).to.deep.equal([
      'webhook_incident_info{endpoint="orders",cause="tls",code="56"} 1',
      'webhook_incident_info{endpoint="https://stranger.example/",cause="tls",code="none"} 1',
    ])
    expect(series(body, 'webhook_incident_verdict_info')).to.deep.equal([
      'webhook_incident_verdict_info{endpoint="orders",rule="none",remedy="tls",url="https://shop.example/hooks"} 1',
      'webhook_incident_verdict_info{endpoint="https://stranger.example/",rule="none",remedy="tls",url="https://stranger.example/"} 1',
    ])
    states = [state('orders', { code: 57, cause: 'dns' })]
    body = await text(metrics)
    expect(series(body, 'webhook_incident_info')).to.deep.equal([
      'webhook_incident_info{endpoint="orders",cause="dns",code="57"} 1',
    ])
    expect(series(body, 'webhook_incident_verdict_info')).to.deep.equal([
      'webhook_incident_verdict_info{endpoint="orders",rule="none",remedy="dns",url="https://shop.example/hooks"} 1',
    ])
    const verdict = { rule: 'agree', remedy: 'tls_expired', url: 'https://shop.example/new' } as Verdict
    states = [state('orders', { code: 57, verdict, lossFrom: 1_600_000_000_000 })]
    body = await text(metrics)
    expect(series(body, 'webhook_incident_info')).to.deep.equal([
      'webhook_incident_info{endpoint="orders",cause="tls",code="57"} 1',
    ])
    expect(series(body, 'webhook_incident_verdict_info')).to.deep.equal([
      'webhook_incident_verdict_info{endpoint="orders",rule="agree",remedy="tls_expired",url="https://shop.example/new"} 1',
    ])
    expect(series(body, 'webhook_incident_report_info')).to.deep.equal([
      'webhook_incident_report_info{endpoint="orders",cause="unknown",code="57"} 1',
    ])
    expect(sample(body, 'webhook_incident_loss_started_timestamp_seconds{endpoint="orders"}')).to.equal(1_600_000_000)
    states = [state('orders', { code: 57, verdict: { rule: 'agree' } as Verdict })]
    body = await text(metrics)
    expect(series(body, 'webhook_incident_verdict_info'), 'of an earlier version').to.deep.equal([
      'webhook_incident_verdict_info{endpoint="orders",rule="agree",remedy="tls",url="https://shop.example/hooks"} 1',
    ])
    states = [state('orders', { closedAt: 2 })]
    body = await text(metrics)
    expect(series(body, 'webhook_incident_loss_started_timestamp_seconds')).to.deep.equal([])
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    for (const name of INFOS) expect(series(body, name)).to.deep.equal([])
    expect(sample(body, 'webhook_incidents_total{endpoint="orders"}')).to.equal(3)
  })
})

describe('probe metrics', () => {
  const result = (more: Partial<ProbeResult> = {}): ProbeResult => ({
    endpoint: 'orders',
    vantage: 'public',
    url: 'https://shop.example/',
    startedAt: 1_700_000_000_500,
    up: true,
    detail: '',
    phases: { resolve: 1, connect: 2, tls: 3, http: 40 },
    ...more,
  })
  it('show the last probe of each vantage point', async () => {
    const metrics = create()
    const tls = { notAfter: 1_800_000_000_000 } as ProbeResult['tls']
    metrics.probed(result({ tls: tls! }), 'scheduled')
    metrics.probed(
      result({
        vantage: 'internal',
        up: false,
        cause: 'timeout',
        phase: 'connect',
        phases: { resolve: 1, connect: 9 },
      }),
      'report',
    )
    const body = await text(metrics)
    const at = (name: string, labels: string) => sample(body, `webhook_endpoint_${name}{endpoint="orders",${labels}}`)
    expect(at('up', 'vantage="public"')).to.equal(1)
    expect(at('up', 'vantage="internal"')).to.equal(0)
    expect(at('last_probe_timestamp_seconds', 'vantage="public"')).to.equal(1_700_000_000.5)
    expect(at('probe_duration_seconds', 'vantage="public",phase="http"')).to.equal(0.04)
    expect(at('probe_duration_seconds', 'vantage="internal",phase="http"')).to.equal(undefined)
    expect(at('tls_not_after_timestamp_seconds', 'vantage="public"')).to.equal(1_800_000_000)
    expect(at('probes_total', 'vantage="public",result="up",cause="none",trigger="scheduled"')).to.equal(1)
    expect(at('probes_total', 'vantage="internal",result="down",cause="timeout",trigger="report"')).to.equal(1)
  })
  it('begin at 0 for every trigger of each probed view, again after the lease came back', async () => {
    const metrics = create(false, [
      { endpoint: 'orders', vantage: 'public' },
      { endpoint: 'orders', vantage: 'internal' },
    ])
    const zeros = ['public', 'internal'].flatMap((vantage) =>
      ['scheduled', 'incident', 'report', 'manual'].map(
        (trigger) =>
          `webhook_endpoint_probes_total{endpoint="orders",vantage="${vantage}",result="up",cause="none",trigger="${trigger}"} 0`,
      ),
    )
    expect(series(await text(metrics), 'webhook_endpoint_probes_total')).to.have.members(zeros)
    metrics.setLeader(false)
    expect(series(await text(metrics), 'webhook_endpoint_probes_total')).to.deep.equal([])
    metrics.setLeader(true)
    expect(series(await text(metrics), 'webhook_endpoint_probes_total')).to.have.members(zeros)
  })
  it('say nothing of an endpoint whose probe may itself be blind', async () => {
    const metrics = create()
    metrics.probed(result(), 'scheduled')
    metrics.probed(result({ up: false, cause: 'dns', phase: 'resolve', unverified: true }), 'scheduled')
    const body = await text(metrics)
    expect(series(body, 'webhook_endpoint_up')).to.deep.equal([])
    expect(series(body, 'webhook_endpoint_probes_total')).to.include(
      'webhook_endpoint_probes_total{endpoint="orders",vantage="public",result="unverified",cause="dns",trigger="scheduled"} 1',
    )
  })
  it('show whether there is egress, and nothing before anything was tried', async () => {
    const metrics = create()
    let up: boolean | null = null
    metrics.observe({ egress: () => up })
    for (const [now, shown] of [
      [null, undefined],
      [true, 1],
      [false, 0],
      [null, undefined],
    ] as const) {
      up = now
      expect(sample(await text(metrics), 'webhook_exporter_egress_up')).to.equal(shown)
    }
  })
  it('forget a phase that the newest probe did not reach', async () => {
    const metrics = create()
    metrics.probed(result(), 'scheduled')
    metrics.probed(result({ up: false, cause: 'dns', phase: 'resolve', phases: { resolve: 5 } }), 'scheduled')
    const body = await text(metrics)
    expect(series(body, 'webhook_endpoint_probe_duration_seconds')).to.deep.equal([
      'webhook_endpoint_probe_duration_seconds{endpoint="orders",vantage="public",phase="resolve"} 0.005',
    ])
  })
})

describe('canary metrics', () => {
  it('are there only where a canary is configured, with every cause at 0', async () => {
    expect(await text(create())).not.to.match(/webhook_canary_/)
    const body = await text(create(true))
    expect(series(body, 'webhook_canary_runs_total')).to.have.length(17)
    expect(series(body, 'webhook_canary_last_success_timestamp_seconds')).to.deep.equal([])
    expect(series(body, 'webhook_canary_round_trip_seconds')).to.deep.equal([])
  })
  it('count the time since it was configured until it first succeeds', async () => {
    const metrics = create(true)
    let moments: CanaryMoments = { configuredAt: 1_000, succeededAt: null }
    metrics.observe({ canary: () => moments })
    metrics.canaryRun({ cause: 'timeout' })
    expect(sample(await text(metrics), 'webhook_canary_last_success_timestamp_seconds')).to.equal(1)
    moments = { configuredAt: 1_000, succeededAt: 9_000 }
    metrics.canaryRun({ cause: null, seconds: 0.25 })
    const body = await text(metrics)
    expect(sample(body, 'webhook_canary_last_success_timestamp_seconds')).to.equal(9)
    expect(sample(body, 'webhook_canary_round_trip_seconds')).to.equal(0.25)
    expect(sample(body, 'webhook_canary_runs_total{result="failure",cause="timeout"}')).to.equal(1)
    expect(sample(body, 'webhook_canary_runs_total{result="success",cause="none"}')).to.equal(1)
  })
  it('pass promtool check metrics, with those of incidents and probes', async function () {
    const promtool = await requireProgram(this, 'promtool')
    const metrics = create(true)
    metrics.observe({
      endpoints: () => [state('orders', { code: 1 })],
      canary: () => ({ configuredAt: 1, succeededAt: 2 }),
    })
    metrics.canaryRun({ cause: null, seconds: 1 })
    metrics.probed(
      { endpoint: 'orders', vantage: 'public', url: '', startedAt: 1, up: true, detail: '', phases: { http: 1 } },
      'manual',
    )
    execFileSync(promtool.path, ['check', 'metrics'], {
      input: await text(metrics),
      env: { ...process.env, ...promtool.env },
      stdio: 'pipe',
    })
  }).timeout(120_000)
})
