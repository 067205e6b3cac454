import { expect } from 'chai'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { removeTempFolders } from '../support/temp.ts'
import { CASES } from './cases.ts'
import { FILES, unitTest } from './promtool.ts'
import { type Labels, series, type Value } from './series.ts'

/** The annotations of each alert that promtool got, all of them filled in. */
function annotationsIn(text: string): string[] {
  const got = /got:\[([\s\S]*)\]/.exec(text)?.[1] ?? ''
  expect(got, text).not.to.match(/\{\{|<error|<no value>/)
  return got.split('Annotations:{').slice(1)
}

describe('the texts of an alert', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  for (const { alert, summary } of alertsOf(GROUPS)) {
    it(`${alert} is filled in, with links that name what it is about`, async function () {
      const {
        series: given,
        fires,
        step,
        labels = {},
      } = CASES.find((it) => it.alert === alert && it.fires !== undefined)!
      const { text } = await unitTest(this, {
        files: [...FILES, 'error-budgets.yaml'],
        series: given,
        keep: (rule) => rule.record !== undefined || rule.alert === alert,
        ...(step !== undefined && { step }),
        alerts: [{ at: fires!, alert }],
      })
      // promtool tells what it got, as Go writes it.
      const got = /got:\[([\s\S]*)\]/.exec(text)?.[1] ?? ''
      expect(got, text).to.include(`summary="${summary}"`)
      expect(got).not.to.match(/\{\{|<error|<no value>|\bNaN\b/)
      expect(got).to.include(`/docs/runbooks/${alert}.md`)
      expect(got).to.match(/dashboard_url="https:\/\/grafana\.example\.com\/d\/webhook-(overview|endpoint|exporter)\?/)
      if (labels['namespace'] !== '') expect(got).to.include('var-namespace=shop&var-job=webhook-error-exporter')
      if (got.includes('/d/webhook-endpoint?')) expect(got).to.match(/var-endpoint=orders&from=(\d+|now-6h)&to=now/)
    })
  }

  /** What the service says of an incident, as labels of its series. */
  const page: Labels = {
    cause: 'tls',
    code: '60',
    title: 'deliveries failing, certificate expired',
    summary: 'The platform saw an expired certificate (code 60). Confirmed by a probe.',
    check: "See it: `openssl s_client -connect shop.example:443` or `curl 'https://shop.example/it%27s'`",
    proof: '',
    recovery: 'Read again from retm, for each merchant: invoices (GET /api/v2/invoices/list).',
    remedy: 'tls_expired',
  }
  const one = [1, 1, 1, 1, 1]
  const says = (own: string) => (name: string) =>
    JSON.parse(`"${new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(own)?.[1]}"`) as string
  async function failing(context: Mocha.Context, given: Readonly<Record<string, readonly Value[]>>, at = '1m') {
    const { text } = await unitTest(context, {
      files: FILES,
      series: given,
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at, alert: 'WebhookEndpointFailing' }],
    })
    const alerts = annotationsIn(text)
    return {
      alerts,
      of: (endpoint: string) => says(alerts.find((it) => it.includes(`var-endpoint=${endpoint}&`))!),
    }
  }

  it('are those that the service knows, with the times that only Prometheus can write', async function () {
    const orders = { endpoint: 'orders' }
    const { of } = await failing(this, {
      [series('webhook_incident_open', orders)]: one,
      [series('webhook_endpoint_info', { ...orders, event: 'order.refunded', team: 'sales', severity: 'critical' })]:
        one,
      [series('webhook_incident_started_timestamp_seconds', orders)]: one.map(() => 1_700_000_000),
      [series('webhook_incident_loss_started_timestamp_seconds', orders)]: one.map(() => 1_699_999_000),
      [series('webhook_endpoint_tls_not_after_timestamp_seconds', { ...orders, vantage: 'public' })]: one.map(
        () => 1_699_990_000,
      ),
      [series('webhook_incident_info', { ...orders, ...page })]: one,
    })
    const orderSays = of('orders')
    for (const [annotation, label] of [
      ['headline', 'title'],
      ['first_check', 'check'],
      ['proof', 'proof'],
      ['recovery', 'recovery'],
      ['cause', 'cause'],
      ['code', 'code'],
    ] as const)
      expect(orderSays(annotation), annotation).to.equal(page[label])
    expect(orderSays('description')).to.equal(`${page['summary']} The certificate expired at 2023-11-14 19:26:40 UTC.`)
    expect(orderSays('since')).to.equal('2023-11-14 22:13:20 UTC')
    expect(orderSays('lost_since')).to.equal('2023-11-14 21:56:40 UTC')
    expect(orderSays('lost_until')).to.equal('')
    expect(orderSays('event')).to.equal('order.refunded')
    expect(orderSays('remedy_url')).to.match(/\/docs\/remedies\/tls_expired\.md$/)
  })

  it('say in the last evaluation how the end is known, and what was lost until then', async function () {
    const orders = { endpoint: 'orders' }
    const closed = { ...page, proof: 'Closed with proof: probes succeeded.' }
    const given = {
      [series('webhook_incident_open', orders)]: [1, 1, 0, 0, 0],
      [series('webhook_incident_started_timestamp_seconds', orders)]: one.map(() => 1_700_000_000),
      [series('webhook_incident_loss_ended_timestamp_seconds', orders)]: [null, null, ...one.map(() => 1_700_000_300)],
      [series('webhook_incident_info', { ...orders, ...page })]: [1, 1, 'stale'] as const,
      [series('webhook_incident_info', { ...orders, ...closed })]: [null, null, 0, 0, 0],
    }
    const last = (await failing(this, given, '30s')).of('orders')
    expect(last('proof')).to.equal(closed.proof)
    expect(last('lost_until')).to.equal('2023-11-14 22:18:20 UTC')
    expect((await failing(this, given, '45s')).alerts).to.deep.equal([])
  })

  it('keep what was known while the receiver is away, and are said where an info series is missing or doubled', async function () {
    const names = ['bare', 'kept', 'doubled']
    const info = (endpoint: string, more: Labels, pod = 'w-0') =>
      series('webhook_incident_info', { endpoint, ...page, ...more }, pod)
    const { alerts, of } = await failing(this, {
      ...Object.fromEntries(names.map((endpoint) => [series('webhook_incident_open', { endpoint }), one])),
      ...Object.fromEntries(
        ['kept', 'doubled'].map((endpoint) => [
          series('webhook_incident_started_timestamp_seconds', { endpoint }),
          one.map(() => 1_700_000_000),
        ]),
      ),
      [info('kept', {})]: [1, 1, 'stale'],
      [info('doubled', { cause: 'dns' })]: one,
      [info('doubled', { cause: 'tls' }, 'w-1')]: one,
    })
    expect(alerts).to.have.length(names.length)
    const bare = of('bare')
    expect(bare('cause')).to.equal('not known yet')
    expect(bare('description')).to.equal('Deliveries to this endpoint are failing.')
    expect(bare('first_check')).to.equal('See the runbook.')
    expect(bare('since')).to.equal('unknown')
    expect(bare('remedy_url')).to.equal('')
    expect(of('kept')('headline')).to.equal(page['title'])
    expect(of('kept')('since')).to.equal('2023-11-14 22:13:20 UTC')
    expect(of('doubled')('cause')).to.be.oneOf(['dns', 'tls'])
  })

  it('has commands without a hole where Prometheus knows no namespace', async function () {
    const without = (name: string, labels: string) =>
      `${name}{job="webhook-error-exporter", instance="10.0.0.1:9464", endpoint="orders"${labels}}`
    const { text } = await unitTest(this, {
      files: FILES,
      series: {
        [without('webhook_incident_open', '')]: one,
        [without('webhook_incident_info', ', cause="dns", code="6", title="t", check="`dig shop.example`"')]: one,
      },
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at: '1m', alert: 'WebhookEndpointFailing' }],
    })
    const [own] = annotationsIn(text)
    expect(own).to.include('api_command="(kubectl port-forward service/webhook-error-exporter-admin 9464')
    expect(own).not.to.match(/--[a-z-]+ {2}|--[a-z-]+(=|")? *"|\s--[a-z-]+=\s/)
  })

  it('has the way to the API where it is about incidents', () => {
    for (const { alert, annotations = {} } of alertsOf(GROUPS)) {
      if (!/Endpoints?Failing$|Increasing$|OpenTooLong$|Disabled$|Overdue$/.test(alert)) continue
      expect(annotations, alert).to.include.keys('api_url', 'api_command')
    }
  })

  it('has a summary that is the same for everything it is about', () => {
    for (const { alert, summary } of alertsOf(GROUPS)) expect(summary, alert).not.to.match(/\{\{|\$/)
  })
})
