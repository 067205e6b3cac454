import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { RUNBOOK_BASE } from '../../grafana/rules/annotations.ts'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import { DASHBOARDS } from '../../grafana/signals.ts'
import { askOne, resolveVariables } from '../preview/grafana.ts'
import { type DashboardName, readDashboard, unfolded } from '../preview/grafana-model.ts'
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts'
import { answer, REPORT, report } from '../support/http.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'
import {
  addressOf,
  close,
  FASTER,
  fastAlertmanager,
  fastRules,
  listen,
  type Notification,
  type Sink,
  startSink,
} from './live.ts'
import { RULES } from './promtool.ts'
import { JOB, NAMESPACE, seconds } from './series.ts'

const DOCS = join(import.meta.dirname, '../../docs')
/** Long enough for an alert of the receiver with this `for` to come, if it would. */
const settled = (wait: string): number => (1_000 * seconds(wait)) / FASTER + 2_000

describe('from the report to the notification, live', function () {
  this.timeout(150_000)
  let sink: Sink
  let endpoint: Server
  let manager: Alertmanager | undefined
  let prometheus: Prometheus | undefined
  let status = 503
  let start: () => Promise<Service>

  before(async function () {
    sink = await startSink()
    endpoint = await listen(
      createServer((_, response) => {
        response.statusCode = status
        response.end()
      }),
    )
    const admin = await freePort()
    const journal = join(tempFolder(), 'journal.db')
    start = () =>
      startService({
        config: {
          admin: { port: admin },
          journal: { url: `sqlite:${journal}` },
          outbound: { allow: ['127.0.0.1/32'] },
          incidents: { quietTime: '2s', goodProbes: 2 },
          endpoints: [
            { name: 'orders', team: 'sales', severity: 'critical', urls: [url()] },
            { name: 'stock', team: 'kitchen', urls: [`${url()}/stock`], probe: { onReport: false } },
          ],
        },
      })
    manager = await startAlertmanager(this, fastAlertmanager(join(DOCS, 'alertmanager/alertmanager.yaml'), sink.url))
    prometheus = await startPrometheus(this, {
      scrape: [
        {
          job_name: JOB,
          static_configs: [{ targets: [`127.0.0.1:${admin}`], labels: { namespace: NAMESPACE } }],
        },
      ],
      interval: `${15_000 / FASTER}ms`,
      ruleFiles: [...RULE_FILES.keys()].map((name) => fastRules(join(RULES, name), `http://127.0.0.1:${admin}`)),
      alertmanagers: [manager.address],
    })
  })
  after(async () => {
    await prometheus?.stop()
    await manager?.stop()
    await close(endpoint)
    await sink.close()
    await stopServices()
  })

  const url = () => `${addressOf(endpoint)}/hooks/orders`
  const heard = (from = 0) => sink.notifications.slice(from)
  const named = ({ status: state, alerts }: Notification) =>
    alerts.map((alert) => `${alert.labels['alertname']} ${state === 'resolved' ? 'resolved' : alert.status}`)
  const names = (from: number) => [...new Set(heard(from).flatMap(named))]
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  const scraped = () =>
    until('a scrape', async () => (await prometheus!.query(`up{job="${JOB}"}`)).some(({ value }) => value === 1))
  const times: string[] = []
  const took = (what: string, since: number, at: number) =>
    times.push(`${what}: ${((at - since) / 1_000).toFixed(1)} s`)

  it('pages the team with cause and links; a kill pages nobody; a stop pages once; a recovery resolves once', async () => {
    let service = await start()
    await scraped()
    await pause(2_000)
    expect(names(0), 'before any report').to.deep.equal([])

    let since = Date.now()
    expect((await report(service.ingest, { ...REPORT, endpoint: url() })).status).to.equal(202)
    const page = await until('the page', () => heard()[0])
    took('report → notification', since, page.at)
    expect(page.receiver).to.equal('sales-pager')
    expect(page.alerts).to.have.length(1)
    const [alert] = page.alerts
    expect(alert?.labels).to.deep.equal({
      alertname: 'WebhookEndpointFailing',
      namespace: NAMESPACE,
      job: JOB,
      endpoint: 'orders',
      team: 'sales',
      severity: 'critical',
    })
    await expectActionable(alert?.annotations ?? {})

    await expectShown('before a kill')
    await service.stop('SIGKILL')
    const second = await start()
    await scraped()
    await pause(settled('2m'))
    expect(names(1), 'after a kill -9 and a restart').to.deep.equal([])
    await expectShown('after a kill -9 and a restart')

    since = Date.now()
    await second.stop()
    const down = await until('the page', () => heard()[1])
    took('stop → notification', since, down.at)
    await pause(settled('5m'))
    expect(names(1), 'while the service is stopped').to.deep.equal(['WebhookReceiverDown firing'])
    expect(heard(1), 'told once').to.have.length(1)
    await expectShown('while the service is stopped')

    since = Date.now()
    service = await start()
    const back = await until('the resolution', () => heard()[2])
    took('start → resolved', since, back.at)
    expect(named(back)).to.deep.equal(['WebhookReceiverDown resolved'])

    status = 204
    since = Date.now()
    const resolved = await until('the resolution', () => heard()[3], 60_000)
    took('recovery → resolved', since, resolved.at)
    // Silenced by the incident's page for as long as that stood; where its time came, its end rides along.
    const others = named(resolved).filter((name) => name !== 'WebhookEndpointDown resolved')
    expect(others).to.deep.equal(['WebhookEndpointFailing resolved'])
    const end = resolved.alerts.find(({ labels }) => labels['alertname'] === 'WebhookEndpointFailing')!.annotations
    expect(end['proof']).to.match(/^Closed with proof: probes succeeded/)
    expect(end['lost_until']).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
    await pause(settled('2m'))
    expect(heard(), 'each resolved once').to.have.length(4)

    await report(service.ingest, { ...REPORT, endpoint: `${url()}/stock` })
    const unproven = await until('the resolution', () => heard()[5], 60_000)
    expect(named(unproven)).to.deep.equal(['WebhookEndpointFailing resolved'])
    expect(unproven.alerts[0]!.annotations['proof']).to.match(
      /^Closed: no report for \d+ seconds\. Not proven: the endpoint was not probed\.$/,
    )
    console.log(`      at ${FASTER} times the speed (a scrape each ${15_000 / FASTER} ms): ${times.join(', ')}`)
  })

  /** The dashboards say of the incident what its page says. What they have besides the held series says nothing any more. */
  async function expectShown(when: string): Promise<void> {
    const to = Date.now() / 1_000
    const scene = {
      prometheus: prometheus!,
      range: { from: to - 60, to },
      scrapeInterval: 1,
      chosen: { endpoint: 'orders' },
    }
    const last = async (name: DashboardName, title: string) => {
      const dashboard = unfolded(readDashboard(name))
      const { targets = [] } = dashboard.panels.find((it) => it.title === title)!
      const expr = targets[0]!.expr.replaceAll('[10m]', '[1s]')
      const { series, error } = await askOne(
        { ...targets[0]!, expr, instant: true, range: false },
        1,
        await resolveVariables(dashboard, scene),
        scene,
      )
      expect(error, title).to.equal(undefined)
      return series[0]?.values.at(-1)?.[1]
    }
    const firing = await prometheus!.query('count(ALERTS{alertname="WebhookEndpointFailing", alertstate="firing"})')
    expect(firing[0]?.value, when).to.equal(1)
    expect(await last('overview', 'Failing endpoints'), when).to.equal(1)
    expect(await last('endpoint', 'State'), `${when}: State`).to.equal(1)
    expect(await last('endpoint', 'Incident and probes'), `${when}: Incident and probes`).to.equal(1)
  }

  /** From the text alone to the fix: every link leads somewhere. */
  async function expectActionable(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(texts))
      expect(text, name).not.to.match(/\{\{|<error|no value|(?:not known|unknown)$/)
    expect(texts['cause']).to.equal('unavailable')
    expect(texts['code']).to.equal('503')
    expect(texts['description']).to.match(/^The platform saw .* \(code 503\)\. /)
    expect(texts['proof']).to.equal('')
    expect(texts['first_check']).to.have.length.above(20)
    const runbook = texts['runbook_url']!
    expect(runbook).to.match(new RegExp(`^${RUNBOOK_BASE}`))
    expect(existsSync(join(DOCS, 'runbooks', runbook.slice(RUNBOOK_BASE.length).split('#')[0]!)), runbook).to.equal(
      true,
    )
    const dashboard = new URL(texts['dashboard_url']!)
    expect(dashboard.pathname).to.equal(`/d/${DASHBOARDS.endpoint}`)
    expect(Object.fromEntries(dashboard.searchParams)).to.include({
      'var-namespace': NAMESPACE,
      'var-job': JOB,
      'var-endpoint': 'orders',
      to: 'now',
    })
    expect(Number(dashboard.searchParams.get('from'))).to.be.within(Date.now() - 3_600_000, Date.now())
    const { status: code, body } = await answer(fetch(texts['api_url']!))
    expect(code).to.equal(200)
    expect((body as unknown as { incidents: object[] }).incidents[0]).to.include({ endpoint: 'orders', state: 'open' })
    expect(texts['api_command']).to.include(new URL(texts['api_url']!).search)
  }
})
