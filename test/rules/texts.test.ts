import { expect } from 'chai'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import { causeOf, REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import { RULES, UNPROVABLE } from '../../src/domain/verdict-rules.ts'
import { UP_HINTS } from '../../src/domain/verdict-words.ts'
import { removeTempFolders } from '../support/temp.ts'
import { CASES } from './cases.ts'
import { FILES, unitTest } from './promtool.ts'
import { series, values } from './series.ts'

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

  it('mentions lost data only where some is known to be lost', () => {
    for (const { alert, description } of alertsOf(GROUPS).filter(({ expr }) => expr.includes('webhook_incident_lost')))
      expect(description.replaceAll(/\{\{ if \$labels\.lost \}\}.*?\{\{ (?:else|end) \}\}/g, ''), alert).not.to.match(
        /lost data|gave up/,
      )
  })

  it('says of an incident what its newest verdict calls for, with host, port and URL filled in', async function () {
    const URLS = [
      'https://shop.example/hooks',
      'http://shop.example/hooks',
      "https://shop.example:8443/it's",
      'http://[2001:db8::1]:8080/',
    ]
    const one = [1, 1, 1, 1, 1]
    const world = REMEDY_IDS.map((remedy, index) => {
      const cause = causeOf(remedy)
      return { endpoint: `e-${remedy}`, remedy, cause, rule: RULES[index % RULES.length]!, url: URLS[index % 4]! }
    })
    const { text } = await unitTest(this, {
      files: FILES,
      series: Object.fromEntries(
        world.flatMap(({ endpoint, remedy, cause, rule, url }) => [
          [series('webhook_incident_open', { endpoint }), one],
          [
            series('webhook_endpoint_info', { endpoint, event: 'order.refunded', team: 'sales', severity: 'critical' }),
            one,
          ],
          [series('webhook_incident_info', { endpoint, cause, code: '7' }), one],
          [series('webhook_incident_verdict_info', { endpoint, rule: rule.id, remedy, url }), one],
        ]),
      ),
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at: '1m', alert: 'WebhookEndpointFailing' }],
    })
    const alerts = annotationsIn(text)
    expect(alerts).to.have.length(REMEDY_IDS.length)
    for (const { endpoint, remedy, cause, rule, url } of world) {
      const own = alerts.find((it) => it.includes(`var-endpoint=${endpoint}&`))!
      const filled = remediesFor(remedy, { endpoint, url, code: 7 })
      const quoted = (it: string) => JSON.stringify(it).slice(1, -1)
      expect(own, endpoint).to.include(`first_check="${quoted(filled.checks[0]!)}"`)
      expect(own).to.include(`fix="${quoted(filled.fixes[0]!)}"`)
      const brief = rule.brief.replace('{hint}', UP_HINTS[cause])
      expect(own, endpoint).to.include(`why="${quoted(`${filled.meaning} ${brief}`)}"`)
      expect(own).to.include(`/docs/remedies/${remedy}.md"`)
      expect(own).to.include('recovery="invoices (GET /api/v2/invoices/list), orders (GET /api/v2/orders/list)"')
      expect(own.includes(`caution="${UNPROVABLE}."`), endpoint).to.equal(rule.unprovable === true)
    }
  })

  it('says before a verdict that nothing was looked at, and leads to the incident', async function () {
    const one = [1, 1, 1, 1, 1]
    const { text } = await unitTest(this, {
      files: FILES,
      series: {
        [series('webhook_incident_open', { endpoint: 'orders' })]: one,
        [series('webhook_incident_info', { endpoint: 'orders', cause: 'timeout', code: '28' })]: one,
        [series('webhook_incident_verdict_info', {
          endpoint: 'orders',
          rule: 'none',
          remedy: 'timeout',
          url: 'https://shop.example/hooks',
        })]: one,
      },
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at: '1m', alert: 'WebhookEndpointFailing' }],
    })
    expect(text).to.include('first_check="Open the incident').and.include('Not probed yet.')
    expect(text).to.include('fix=""')
  })

  it('fires, and says the rest, where an info series is missing or doubled', async function () {
    const one = [1, 1, 1, 1, 1]
    const info = (endpoint: string, cause: string, pod = 'w-0') =>
      [series('webhook_incident_info', { endpoint, cause, code: '7' }, pod), one] as const
    const verdict = (endpoint: string, remedy: string, pod = 'w-0') =>
      [
        series('webhook_incident_verdict_info', { endpoint, rule: 'agree', remedy, url: 'https://shop.example/' }, pod),
        one,
      ] as const
    const endpoints = ['bare', 'no-info', 'no-verdict', 'doubled']
    const { text } = await unitTest(this, {
      files: FILES,
      series: Object.fromEntries([
        ...endpoints.map((endpoint) => [series('webhook_incident_open', { endpoint }), one] as const),
        verdict('no-info', 'server_error'),
        info('no-verdict', 'dns'),
        ...[info('doubled', 'dns'), info('doubled', 'dns', 'w-1'), info('doubled', 'tls', 'w-2')],
        ...[verdict('doubled', 'tls_expired'), verdict('doubled', 'dns', 'w-1'), verdict('doubled', 'dns', 'w-2')],
      ]),
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at: '1m', alert: 'WebhookEndpointFailing' }],
    })
    const alerts = annotationsIn(text)
    expect(alerts).to.have.length(endpoints.length)
    const says = (endpoint: string) => {
      const own = alerts.find((it) => it.includes(`var-endpoint=${endpoint}&`))!
      return (name: string) => new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(own)?.[1]
    }
    const bare = says('bare')
    expect(bare('cause')).to.equal('not known yet')
    expect(bare('why')).to.equal('The cause is not known yet.')
    expect(bare('first_check')).to.equal('See the runbook.')
    expect(bare('runbook_url')).to.match(/WebhookEndpointFailing\.md$/)
    expect(bare('remedy_url')).to.equal('')

    const noInfo = says('no-info')
    const agree = RULES.find(({ id }) => id === 'agree')!.brief.replace('{hint}', UP_HINTS.server_error)
    expect(noInfo('code')).to.equal('not known yet')
    expect(noInfo('why')).to.equal(`The application failed while handling the delivery (code unknown). ${agree}`)
    expect(noInfo('fix')).to.not.equal('')
    expect(noInfo('remedy_url')).to.match(/remedies\/server_error\.md$/)

    const noVerdict = says('no-verdict')
    expect([noVerdict('cause'), noVerdict('code')]).to.deep.equal(['dns', '7'])
    expect(noVerdict('why')).to.equal('The cause is dns.')
    expect(noVerdict('first_check')).to.equal('See the runbook.')
    expect(noVerdict('remedy_url')).to.match(/remedies\/dns\.md$/)

    const doubled = says('doubled')
    expect(doubled('cause')).to.be.oneOf(['dns', 'tls'])
    expect(doubled('why')).to.match(/^The (name|certificate of) shop\.example /)
    expect(doubled('remedy_url')).to.match(/remedies\/(dns|tls_expired)\.md$/)
  })

  describe('counts the failures of the last hour', () => {
    /** Two processes, each with its totals for an hour, ten minutes and another ten minutes. */
    async function hour(context: Mocha.Context, totals: readonly (readonly number[])[], more: object = {}) {
      const { text } = await unitTest(context, {
        files: FILES,
        step: 60,
        series: {
          [series('webhook_incident_open', { endpoint: 'orders' })]: values([['1h30m', 1]], 60),
          ...Object.fromEntries(
            totals.flatMap(([before = 0, then = 0, now = 0], index) => {
              const of = (name: string, labels = {}) => series(name, labels, `w-${index}`, `10.0.0.${index}:9464`)
              return [
                [of('up'), values([['1h30m', 1]], 60)],
                [
                  of('webhook_endpoint_failures_total', { source: 'retm', endpoint: 'orders' }),
                  values(
                    [
                      ['1h2m', before],
                      ['10m', then],
                      ['18m', now],
                    ],
                    60,
                  ),
                ],
              ]
            }),
          ),
          ...more,
        },
        keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
        alerts: ['1h10m', '1h25m'].map((at) => ({ at, alert: 'WebhookEndpointFailing' })),
      })
      return [...text.matchAll(/failures_last_hour="([^"]*)"/g)].map(([, count]) => count)
    }

    it('of all replicas, which each count from 0 when they start', async function () {
      expect(
        await hour(this, [
          [50, 60, 2],
          [50, 60, 3],
        ]),
      ).to.deep.equal(['20', '25'])
    })

    it('of a file’s total, which no replacement of the process changes, and of a new file', async function () {
      const file = { [series('webhook_exporter_journal_wal_limit_bytes')]: values([['1h30m', 4_194_304]], 60) }
      expect(await hour(this, [[5_000, 5_003, 5_004]], file)).to.deep.equal(['3', '4'])
      expect(await hour(this, [[5_000, 5_003, 2]], file)).to.deep.equal(['3', '5'])
    })
  })

  it('has commands without a hole where Prometheus knows no namespace', async function () {
    const one = [1, 1, 1, 1, 1]
    const without = (name: string, labels: string) =>
      `${name}{job="webhook-error-exporter", instance="10.0.0.1:9464", endpoint="orders"${labels}}`
    const { text } = await unitTest(this, {
      files: FILES,
      series: {
        [without('webhook_incident_open', '')]: one,
        [without('webhook_incident_info', ', cause="dns", code="6"')]: one,
        [without('webhook_incident_report_info', ', cause="tls", code="60"')]: one,
        [without('webhook_incident_verdict_info', ', rule="agree", remedy="dns", url="https://shop.example/"')]: one,
      },
      keep: (rule) => rule.record !== undefined || rule.alert === 'WebhookEndpointFailing',
      alerts: [{ at: '1m', alert: 'WebhookEndpointFailing' }],
    })
    const [own] = annotationsIn(text)
    expect(own).to.include('api_command="(kubectl port-forward service/webhook-error-exporter-admin 9464')
    expect(own).not.to.match(/--[a-z-]+ {2}|--[a-z-]+(=|")? *"|\s--[a-z-]+=\s/)
    expect(own).to.include('why="The platform saw a TLS failure (code 60). The name shop.example could not be resolved')
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
