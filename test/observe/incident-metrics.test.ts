import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { type EndpointState, newEndpoint } from '../../src/domain/incident/incident.ts'
import type { CanaryMoments } from '../../src/domain/ports/journal.ts'
import type { ProbeResult } from '../../src/domain/verdict/probe.ts'
import type { Verdict } from '../../src/domain/verdict/verdict.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { ProbedView } from '../../src/observe/probe-metrics.ts'
import { requireProgram } from '../support/programs.ts'
import { sample, series } from '../support/scrape.ts'

const create = ({
  canary = false,
  probed = [],
  clock = Date.now,
}: {
  canary?: boolean
  probed?: readonly ProbedView[]
  clock?: () => number
} = {}) =>
  createMetrics({
    clock,
    recoveryOf: () => 'Read again.',
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
  more: {
    closedAt?: number
    cause?: 'tls' | 'dns'
    code?: number
    verdict?: Verdict
    lossFrom?: number
    lossUntil?: number
  } = {},
): EndpointState => ({
  ...newEndpoint(endpoint),
  incidents: 3,
  incident: {
    id: 'id',
    endpoint,
    openedAt: 1_700_000_000_500,
    closedAt: more.closedAt ?? null,
    resolution: more.closedAt ? 'proven' : null,
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
    loss: {
      from: more.lossFrom ?? null,
      fromProof: null,
      until: more.lossUntil ?? null,
      untilProof: more.closedAt ? 'path' : null,
    },
    reopened: 0,
    quietSince: 1,
    goodRun: null,
  },
})

describe('incident metrics', () => {
  it('are at 0 for what is configured before anything happened', async () => {
    const body = await text(create())
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(sample(body, 'webhook_incidents_total{endpoint="orders"}')).to.equal(0)
    expect(series(body, 'webhook_incident_info')).to.deep.equal([])
    expect(series(body, 'webhook_incident_started_timestamp_seconds')).to.deep.equal([])
  })

  /** The labels of the only info series of an endpoint, and its value. */
  const info = (body: string, endpoint = 'orders') => {
    const [line, ...more] = series(body, 'webhook_incident_info').filter((it) => it.includes(`endpoint="${endpoint}"`))
    expect(more, 'one series per endpoint').to.deep.equal([])
    const labels = [...(line ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value])
    return { ...Object.fromEntries(labels), value: line?.split(' ').at(-1) }
  }

  it('say in one series per endpoint what a page says, also as the verdict changes', async () => {
    const metrics = create()
    let states: EndpointState[] = []
    metrics.observe({ endpoints: () => states })
    states = [state('orders', { code: 56 }), state('https://stranger.example/')]
    let body = await text(metrics)
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    expect(sample(body, 'webhook_incidents_total{endpoint="orders"}')).to.equal(3)
    expect(sample(body, 'webhook_incident_started_timestamp_seconds{endpoint="orders"}')).to.equal(1_700_000_000.5)
    expect(info(body)).to.deep.equal({
      endpoint: 'orders',
      cause: 'tls',
      code: '56',
      title: 'deliveries failing, TLS failure',
      summary: 'The platform saw a failure without a reason (code 56). Not probed yet.',
      check: 'Open the incident: within seconds it shows what the probe found and what to check.',
      proof: '',
      recovery: 'Read again.',
      remedy: 'tls',
      value: '1',
    })
    expect(info(body, 'https://stranger.example/')).to.include({ code: 'none', summary: 'Not probed yet.' })
    states = [state('orders', { code: 57, cause: 'dns' })]
    expect(info(await text(metrics))).to.include({ cause: 'dns', code: '57', remedy: 'dns' })
    const verdict = { rule: 'agree', remedy: 'tls_expired', url: 'https://shop.example:8443/new' } as Verdict
    states = [state('orders', { code: 57, verdict, lossFrom: 1_600_000_000_000 })]
    body = await text(metrics)
    expect(info(body)).to.include({
      title: 'deliveries failing, certificate expired',
      summary: 'The platform saw an expired certificate (code 57). Confirmed by a probe.',
      remedy: 'tls_expired',
    })
    expect(info(body)['check']).to.include('-connect shop.example:8443 -servername shop.example')
    expect(sample(body, 'webhook_incident_loss_started_timestamp_seconds{endpoint="orders"}')).to.equal(1_600_000_000)
    states = [state('orders', { code: 57, verdict: { rule: 'agree' } as Verdict })]
    expect(info(await text(metrics)), 'of an earlier version').to.include({ remedy: 'tls', cause: 'tls' })
  })

  it('say for five minutes after the end how it is known, at 0, and what was lost until then', async () => {
    let now = 1_700_000_600_000
    const metrics = create({ clock: () => now })
    const closed = state('orders', { closedAt: now, code: 57, lossUntil: 1_700_000_300_000 })
    metrics.observe({ endpoints: () => [closed] })
    const body = await text(metrics)
    expect(sample(body, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(info(body)).to.include({
      title: 'deliveries failed, TLS failure',
      proof: 'Closed with proof: probes succeeded from 2023-11-14T22:18:20.000Z on.',
      recovery: 'Read again.',
      value: '0',
    })
    expect(sample(body, 'webhook_incident_loss_ended_timestamp_seconds{endpoint="orders"}')).to.equal(1_700_000_300)
    now += 300_000
    const later = await text(metrics)
    expect(series(later, 'webhook_incident_info')).to.deep.equal([])
    expect(sample(later, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(sample(later, 'webhook_incidents_total{endpoint="orders"}')).to.equal(3)
  })

  it('are of one moment, although a scrape is made in slices', async () => {
    const metrics = create()
    // Each reading would find one more endpoint.
    const states: EndpointState[] = []
    metrics.observe({
      endpoints: () => {
        states.push(state(`https://${states.length}.example/`, { code: 56 }))
        return states
      },
    })
    const body = await text(metrics)
    const endpoints = (name: string) =>
      series(body, name)
        .map((line) => /endpoint="(https[^"]*)"/.exec(line)?.[1])
        .filter((endpoint) => endpoint !== undefined)
    for (const name of ['incident_open', 'incident_started_timestamp_seconds', 'incident_info', 'incident_failures'])
      expect(endpoints(`webhook_${name}`), name).to.deep.equal(['https://0.example/'])
    expect(endpoints('webhook_endpoint_info')).to.deep.equal(['https://0.example/'])
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
    const metrics = create({
      probed: [
        { endpoint: 'orders', vantage: 'public' },
        { endpoint: 'orders', vantage: 'internal' },
      ],
    })
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
    const body = await text(create({ canary: true }))
    expect(series(body, 'webhook_canary_runs_total')).to.have.length(17)
    expect(series(body, 'webhook_canary_last_success_timestamp_seconds')).to.deep.equal([])
    expect(series(body, 'webhook_canary_round_trip_seconds')).to.deep.equal([])
  })
  it('count the time since it was configured until it first succeeds', async () => {
    const metrics = create({ canary: true })
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
    const metrics = create({ canary: true })
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
