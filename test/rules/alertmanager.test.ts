import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { INHIBITIONS } from '../../grafana/alertmanager/inhibitions.ts'
import { GROUPING, ROUTE, type Route } from '../../grafana/alertmanager/routing.ts'
import { TEMPLATES } from '../../grafana/alertmanager/templates.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf, isAlert } from '../../grafana/rules/model.ts'
import { render, requireHelm, the } from '../helm/support/helm.ts'
import { modelFault } from '../helm/support/models.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { removeTempFolders, until } from '../support/temp.ts'
import { CASES } from './cases.ts'
import { fastAlertmanager, startSink } from './live.ts'
import { run } from './promtool.ts'
import { type Labels, seconds } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
const CONFIG = join(FOLDER, 'alertmanager.yaml')
/** Of the chart's monitors, in seconds. */
const SCRAPE_INTERVAL = 15
const ALL = alertsOf(GROUPS).map(({ alert }) => alert)

const release = { namespace: 'shop', job: 'webhook-error-exporter' }
const alert = (alertname: string, labels: Labels = {}): Labels => ({
  alertname,
  severity: 'critical',
  ...release,
  ...labels,
})

/** Which receivers an alert comes to. */
const ROUTES: readonly (readonly [labels: Labels, receivers: string])[] = [
  [alert('WebhookEndpointFailing', { team: 'sales', endpoint: 'orders' }), 'sales-pager'],
  [alert('WebhookEndpointFailing', { team: 'sales', endpoint: 'orders', severity: 'warning' }), 'sales-chat'],
  [alert('WebhookEndpointFailing', { team: 'kitchen', endpoint: 'menu' }), 'webhooks-pager'],
  [alert('WebhookEndpointFailing', { endpoint: 'https://x.example/hook' }), 'webhooks-pager'],
  [alert('WebhookEndpointFailing', { endpoint: 'https://x.example/hook', severity: 'warning' }), 'webhooks-chat'],
  [alert('WebhookEndpointFailing', { endpoint: 'webhook-verify', severity: 'none' }), 'none'],
  [alert('WebhookEndpointFailing', { endpoint: 'orders', team: 'sales', severity: 'none' }), 'none'],
  [alert('WebhookReceiverDown'), 'webhooks-pager'],
  [alert('WebhookSpansDropped', { severity: 'warning' }), 'webhooks-chat'],
  [alert('WebhookReportsRefused', { severity: 'warning', source: 'retm' }), 'webhooks-chat'],
  [{ ...alert('KubePodCrashLooping'), team: 'sales' }, 'default'],
]

const orders = { endpoint: 'orders' }
/** What fires, and which of it is told. */
const INHIBITED: readonly { what: string; fires: readonly Labels[]; told: readonly string[] }[] = [
  {
    what: 'a receiver that is down silences what it would have said, not what was known before',
    fires: [
      alert('WebhookReceiverDown'),
      alert('WebhookCanaryLost'),
      alert('WebhookProbesStale', { ...orders, severity: 'warning' }),
      alert('WebhookJournalDown'),
      alert('WebhookEndpointFailing', orders),
    ],
    told: ['WebhookReceiverDown', 'WebhookEndpointFailing'],
  },
  {
    what: 'a disabled endpoint silences that it fails, and no other',
    fires: [
      alert('WebhookEndpointDisabled', { ...orders, source: 'svix' }),
      alert('WebhookEndpointFailing', orders),
      alert('WebhookEndpointFailing', { endpoint: 'stock' }),
      alert('WebhookSuccessRateBurnFast', orders),
    ],
    told: ['WebhookEndpointDisabled', 'WebhookEndpointFailing'],
  },
  {
    what: 'a receiver of another release silences nothing',
    fires: [{ ...alert('WebhookReceiverDown'), job: 'another' }, alert('WebhookCanaryLost')],
    told: ['WebhookReceiverDown', 'WebhookCanaryLost'],
  },
  {
    what: 'many endpoints of a team silence its probes and rates, but no failing endpoint and no other team',
    fires: [
      alert('WebhookManyEndpointsFailing', { severity: 'warning', team: 'sales' }),
      alert('WebhookEndpointFailing', { ...orders, team: 'sales' }),
      alert('WebhookEndpointFailing', { endpoint: 'stock', team: 'kitchen' }),
      alert('WebhookFailuresIncreasing', { endpoint: 'a', team: 'sales' }),
      alert('WebhookEndpointDown', { endpoint: 'b', team: 'sales' }),
      alert('WebhookAvailabilityBurnFast', { endpoint: 'c', team: 'sales' }),
      alert('WebhookEndpointDown', { endpoint: 'menu', team: 'kitchen' }),
    ],
    told: ['WebhookManyEndpointsFailing', 'WebhookEndpointFailing', 'WebhookEndpointFailing', 'WebhookEndpointDown'],
  },
  {
    what: 'many endpoints without a team, such as invented URLs, silence nothing',
    fires: [
      alert('WebhookManyEndpointsFailing', { severity: 'warning' }),
      alert('WebhookEndpointDown', { endpoint: 'menu' }),
    ],
    told: ['WebhookManyEndpointsFailing', 'WebhookEndpointDown'],
  },
  {
    what: 'a cluster silences nothing in another one',
    fires: [
      alert('WebhookReceiverDown', { cluster: 'eu' }),
      alert('WebhookCanaryLost', { cluster: 'us' }),
      alert('WebhookCanaryLost', { cluster: 'eu' }),
    ],
    told: ['WebhookReceiverDown', 'WebhookCanaryLost'],
  },
  {
    what: 'failing deliveries silence the probes of that endpoint alone',
    fires: [
      alert('WebhookEndpointFailing', orders),
      alert('WebhookEndpointDown', orders),
      alert('WebhookAvailabilityBurnFast', orders),
      alert('WebhookAvailabilityBurnSlow', { ...orders, severity: 'warning' }),
      alert('WebhookCertificateExpiring', orders),
      alert('WebhookFailuresIncreasing', orders),
      alert('WebhookEndpointDown', { endpoint: 'menu' }),
    ],
    told: ['WebhookEndpointFailing', 'WebhookEndpointDown'],
  },
  {
    what: 'a journal that is down silences its own consequences',
    fires: [
      alert('WebhookJournalDown'),
      alert('WebhookReportsNotRecorded', { source: 'retm' }),
      alert('WebhookReportsRefused'),
    ],
    told: ['WebhookJournalDown', 'WebhookReportsRefused'],
  },
  {
    what: 'the nearest end of a certificate is told alone',
    fires: ['critical', 'warning'].map((severity) => alert('WebhookCertificateExpiring', { ...orders, severity })),
    told: ['WebhookCertificateExpiring'],
  },
  {
    what: 'without any token refused requests are no news',
    fires: [alert('WebhookNoCredentials', { source: 'retm' }), alert('WebhookReportsRefused', { source: 'retm' })],
    told: ['WebhookNoCredentials'],
  },
]

describe('the example for Alertmanager', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  it('is valid for amtool', async function () {
    const { code, text } = await run(this, 'amtool', ['check-config', CONFIG])
    expect(code, text).to.equal(0)
  })

  for (const [labels, receivers] of ROUTES) {
    it(`routes ${labels['alertname']} of ${labels['team'] ?? 'no team'} (${labels['severity']}) to ${receivers}`, async function () {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      const args = ['config', 'routes', 'test', `--config.file=${CONFIG}`, `--verify.receivers=${receivers}`, ...pairs]
      const { code, text } = await run(this, 'amtool', args)
      expect(code, text).to.equal(0)
    })
  }

  it('inhibits as its table says, in a real Alertmanager', async function () {
    const silent = { ...parse(readFileSync(CONFIG, 'utf8')), templates: [], receivers: [], route: {} }
    silent.receivers = [{ name: 'default' }]
    silent.route = { receiver: 'default' }
    for (const { what, fires, told } of INHIBITED) {
      const manager = await startAlertmanager(this, JSON.stringify(silent))
      try {
        await manager.post(fires)
        const known = await until('the alerts', async () => {
          const all = await manager.alerts()
          return all.length === fires.length && all.every(({ status }) => status.state !== 'unprocessed') && all
        })
        const heard = known.filter(({ status }) => status.state === 'active').map(({ labels }) => labels['alertname'])
        expect(heard, what).to.have.members(told)
      } finally {
        await manager.stop()
      }
    }
  })

  it('reports thirty endpoints of a team in one notification', async function () {
    const sink = await startSink()
    const manager = await startAlertmanager(this, fastAlertmanager(CONFIG, sink.url))
    try {
      const names = Array.from({ length: 30 }, (_, index) => `orders-${index}`)
      await manager.post(names.map((endpoint) => alert('WebhookEndpointFailing', { endpoint, team: 'sales' })))
      const first = await until('a notification', () => sink.notifications[0])
      expect(first.receiver).to.equal('sales-pager')
      expect(first.alerts).to.have.length(30)
      expect(sink.notifications).to.have.length(1)
    } finally {
      await manager.stop()
      await sink.close()
    }
  })

  it('inhibits by alerts that exist', () => {
    for (const { source, target } of INHIBITIONS) {
      for (const { name, op, value } of [...source, ...target]) {
        if (name !== 'alertname') continue
        const pattern = new RegExp(`^(?:${value})$`)
        expect(
          ALL.filter((it) => (op === '=' ? it === value : pattern.test(it))),
          value,
        ).not.to.have.length(0)
      }
    }
  })

  it('uses labels that the alerts have', () => {
    const matched = ({ matchers, routes = [] }: Route): string[] => [
      ...matchers.map(({ name }) => name),
      ...routes.flatMap(matched),
    ]
    const used = new Set([
      ...GROUPING.by,
      ...matched(ROUTE),
      ...INHIBITIONS.flatMap(({ source, target, equal }) => [
        ...[...source, ...target].map(({ name }) => name),
        ...equal,
      ]),
      ...Object.values(TEMPLATES).flatMap((text) => [...text.matchAll(/Labels\.(\w+)/g)].map(([, name]) => name!)),
    ])
    const fired = CASES.filter(({ fires }) => fires !== undefined)
    const has = new Set(['alertname', 'namespace', 'job', ...fired.flatMap(({ labels = {} }) => Object.keys(labels))])
    expect([...used].filter((name) => !has.has(name))).to.deep.equal([])
    // An inhibition is void where a source or target lacks a label that is to be equal.
    for (const { source, target, equal } of INHIBITIONS) {
      if (!equal.includes('endpoint')) continue
      const pattern = new RegExp(`^(?:${[...source, ...target].map(({ value }) => value).join('|')})$`)
      for (const { alert: name, labels = {} } of fired.filter((it) => pattern.test(it.alert)))
        expect(labels, name).to.include.keys('endpoint')
    }
  })

  it('is an AlertmanagerConfig that the chart renders, texts unchanged', async function () {
    await requireHelm(this)
    const { objects } = await render('4', ['--values', join(FOLDER, 'chart-values.yaml')])
    const config = the(objects, 'AlertmanagerConfig')
    expect(await modelFault(config)).to.equal(undefined)
    const spec = config['spec'] as { receivers: object[]; inhibitRules: object[] }
    expect(JSON.stringify(spec.receivers)).to.include(JSON.stringify(TEMPLATES.slack))
  })

  it('ships its inhibitions with the rules, with or without routes', async function () {
    await requireHelm(this)
    const { inhibit_rules } = parse(readFileSync(CONFIG, 'utf8'))
    const inOperatorForm = inhibit_rules.map((rule: Record<string, string[]>) => {
      const objects = (list: string[]) =>
        list.map((text) => {
          const [, name, matchType, value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text)!
          return { name, matchType, value }
        })
      return {
        sourceMatch: objects(rule['source_matchers']!),
        targetMatch: objects(rule['target_matchers']!),
        equal: rule['equal'],
      }
    })
    const alone = the((await render('4', ['--set', 'rules.enabled=true'])).objects, 'AlertmanagerConfig')
    expect(await modelFault(alone)).to.equal(undefined)
    expect(alone['spec']).to.deep.equal({ inhibitRules: inOperatorForm })
    const values = ['--values', join(FOLDER, 'chart-values.yaml'), '--set', 'rules.enabled=true']
    const both = the((await render('4', values)).objects, 'AlertmanagerConfig')['spec'] as { inhibitRules: object[] }
    expect(both).to.include.keys('route', 'receivers')
    expect(both.inhibitRules).to.deep.equal(inOperatorForm)
  })

  it('is documented with the longest time to the notification of each alert that may page', () => {
    const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(
      /^\| [^|]+ \| (Webhook[^|]+) \|[^|]*\| (?:(\d+) min )?(\d+) s[^|]* \|$/gm,
    )
    const stated = new Map<string, number>()
    for (const [, names, minutes = 0, rest] of rows)
      for (const name of names!.split(', '))
        stated.set(name, Math.min(stated.get(name) ?? Infinity, 60 * Number(minutes) + Number(rest)))
    const least = new Map(
      GROUPS.flatMap(({ interval, rules }) =>
        rules
          .filter(isAlert)
          .filter((it) => it.severityLabel || it.severity === 'critical' || it.severity === 'endpoint')
          .map((it) => [
            it.alert,
            SCRAPE_INTERVAL + seconds(interval) + seconds(it.for ?? '0s') + seconds(GROUPING.wait),
          ]),
      ),
    )
    expect([...stated.keys()]).to.have.members([...least.keys()])
    for (const [name, time] of least) expect(stated.get(name), name).to.be.at.least(time)
  })

  it('says the same as values for the chart', () => {
    const { alertmanagerConfig } = parse(readFileSync(join(FOLDER, 'chart-values.yaml'), 'utf8'))
    const plain = parse(readFileSync(CONFIG, 'utf8'))
    const names = (list: { name: string }[]) => list.map(({ name }) => name).filter((name) => name !== 'default')
    expect(names(alertmanagerConfig.receivers)).to.deep.equal(names(plain.receivers))
    expect(names(alertmanagerConfig.receivers)).to.include(alertmanagerConfig.route.receiver)
  })
})
