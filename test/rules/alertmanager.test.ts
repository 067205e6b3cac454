import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { GROUPING, INHIBITIONS, ROUTE, type Route } from '../../grafana/alertmanager/routing.ts'
import { TEMPLATES } from '../../grafana/alertmanager/templates.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { render, requireHelm, the } from '../helm/support/helm.ts'
import { modelFault } from '../helm/support/models.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { CASES } from './cases.ts'
import { fastAlertmanager, startSink } from './live.ts'
import { run } from './promtool.ts'
import type { Labels } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
const CONFIG = join(FOLDER, 'alertmanager.yaml')
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
  [alert('WebhookReceiverDown'), 'webhooks-pager'],
  [alert('WebhookJournalSlow', { severity: 'warning' }), 'webhooks-chat'],
  [alert('WebhookRequestsRefused', { severity: 'warning', source: 'none' }), 'webhooks-chat'],
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
      alert('WebhookReceiverNotScraped', { severity: 'warning' }),
      alert('WebhookEndpointFailing', orders),
    ],
    told: ['WebhookReceiverDown', 'WebhookEndpointFailing'],
  },
  {
    what: 'a receiver of another release silences nothing',
    fires: [{ ...alert('WebhookReceiverDown'), job: 'another' }, alert('WebhookCanaryLost')],
    told: ['WebhookReceiverDown', 'WebhookCanaryLost'],
  },
  {
    what: 'an absent receiver silences the rest too, though not itself',
    fires: [alert('WebhookReceiverAbsent'), alert('WebhookCanaryLost')],
    told: ['WebhookReceiverAbsent'],
  },
  {
    what: 'many endpoints silence single ones',
    fires: [
      alert('WebhookManyEndpointsFailing'),
      alert('WebhookEndpointFailing', orders),
      alert('WebhookFailuresIncreasing', orders),
    ],
    told: ['WebhookManyEndpointsFailing'],
  },
  {
    what: 'failing deliveries silence the probes of that endpoint alone',
    fires: [
      alert('WebhookEndpointFailing', orders),
      alert('WebhookEndpointDown', orders),
      alert('WebhookAvailabilityBurnFast', orders),
      alert('WebhookAvailabilityBurnSlow', { ...orders, severity: 'warning' }),
      alert('WebhookCertificateExpiresIn1Day', orders),
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
    fires: ['21Days', '7Days', '1Day'].map((days) => alert(`WebhookCertificateExpiresIn${days}`, orders)),
    told: ['WebhookCertificateExpiresIn1Day'],
  },
  {
    what: 'without any token refused requests are no news',
    fires: [alert('WebhookNoCredentials', { source: 'retm' }), alert('WebhookRequestsRefused', { source: 'retm' })],
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

  it('tells of thirty endpoints of a team in one notification', async function () {
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

  const sample = (status: string, count: number, annotations: Labels) => ({
    receiver: 'x',
    status,
    groupLabels: { ...release, team: 'sales' },
    commonLabels: {},
    commonAnnotations: {},
    alerts: Array.from({ length: count }, (_, index) => ({
      status,
      endsAt: '2026-11-24T02:49:30Z',
      labels: alert('WebhookEndpointFailing', { endpoint: `orders-${index}` }),
      annotations: {
        summary: 'Deliveries fail',
        description: 'They do.',
        runbook_url: 'https://r.example/x',
        ...annotations,
      },
    })),
  })
  const rich = {
    cause: 'tls',
    code: '60',
    since: 'T',
    failures_last_hour: '3',
    why: 'It has expired.',
    event: 'order.created',
    first_check: 'See it: `openssl </dev/null | cat`',
    fix: 'Renew it',
    lost_since: 'L',
    recovery: 'invoices (GET /x)',
    caution: 'A probe goes another way.',
    dashboard_url: 'https://g.example',
    api_command: 'kubectl port-forward',
  }

  for (const name of Object.keys(TEMPLATES)) {
    it(`renders ${name} for one, thirty, and resolved alerts`, async function () {
      const show = async (data: object): Promise<string> => {
        const file = join(tempFolder(), 'data.json')
        writeFileSync(file, JSON.stringify(data))
        const { code, text } = await run(this, 'amtool', [
          'template',
          'render',
          `--template.glob=${join(FOLDER, '*.tmpl')}`,
          `--template.data=${file}`,
          `--template.text={{ template "webhooks.${name}" . }}`,
          ...(name === 'html' ? ['--template.type=html'] : []),
        ])
        expect(code, text).to.equal(0)
        expect(text).not.to.match(/no value|<nil>|\{\{/)
        return text
      }
      const one = await show(sample('firing', 1, rich))
      if (name === 'title') {
        expect(await show(sample('firing', 30, rich))).to.match(/^30 firing · orders-0: Deliveries fail · sales: /)
        const over = sample('resolved', 2, rich)
        expect(await show({ ...over, alerts: over.alerts.slice(0, 1) })).to.match(
          /^Resolved · orders-0: Deliveries fail · sales: /,
        )
        const [along, deliveries] = over.alerts
        const silent = { ...along, annotations: { summary: 'It was down.' } }
        for (const alerts of [
          [silent, deliveries],
          [deliveries, silent],
        ])
          expect(await show({ ...over, alerts })).to.match(/^Resolved · orders-1: Deliveries fail · sales: /)
      }
      if (name === 'title')
        expect(one).to.match(/^orders-0: Deliveries fail \(tls\) · sales: shop\/webhook-error-exporter$/)
      else {
        for (const word of [
          'CRITICAL',
          'orders-0',
          'tls',
          'It has expired.',
          'order.created',
          'openssl',
          'Renew it',
          'https://r.example/x',
          'https://g.example',
          'kubectl port-forward',
        ])
          expect(one).to.include(word)
        const many = await show(sample('firing', 30, rich))
        expect(many).to.include('orders-9').and.include('30 alerts in total').and.not.include('orders-10')
        const bare = await show(sample('firing', 1, {}))
        expect(bare)
          .to.include('They do.')
          .and.not.match(/Cause|Check|Fix|Lost/)
        // Slack would take it for a link, a mail for markup.
        if (name !== 'plain') {
          expect(one).to.include('openssl &lt;/dev/null')
          expect(one).not.to.include('</dev/null')
        }
        const over = await show(sample('resolved', 1, { ...rich, api_url: 'https://a.example/i' }))
        expect(over).to.match(/Lost: deliveries from L until .* at the latest/)
        for (const word of ['invoices (GET /x)', 'A probe goes another way.', 'https://a.example/i'])
          expect(over).to.include(word)
        expect(over).not.to.match(/They do\.|Fix/)
        expect(await show(sample('firing', 1, { ...rich, api_url: 'https://a.example/i' })))
          .to.include('https://a.example/i')
          .and.not.include('kubectl')
      }
      expect(await show(sample('resolved', 1, rich))).to.match(/resolved/i)
    })
  }

  it('is an AlertmanagerConfig that the chart renders, texts unchanged', async function () {
    await requireHelm(this)
    const { objects } = await render('4', ['--values', join(FOLDER, 'chart-values.yaml')])
    const config = the(objects, 'AlertmanagerConfig')
    expect(await modelFault(config)).to.equal(undefined)
    const spec = config['spec'] as { receivers: object[]; inhibitRules: object[] }
    expect(spec.inhibitRules).to.have.length(INHIBITIONS.length)
    expect(JSON.stringify(spec.receivers)).to.include(JSON.stringify(TEMPLATES.slack))
  })

  it('says the same as values for the chart', () => {
    const { alertmanagerConfig } = parse(readFileSync(join(FOLDER, 'chart-values.yaml'), 'utf8'))
    const plain = parse(readFileSync(CONFIG, 'utf8'))
    expect(alertmanagerConfig.inhibitRules).to.have.length(plain.inhibit_rules.length)
    const names = (list: { name: string }[]) => list.map(({ name }) => name).filter((name) => name !== 'default')
    expect(names(alertmanagerConfig.receivers)).to.deep.equal(names(plain.receivers))
    expect(names(alertmanagerConfig.receivers)).to.include(alertmanagerConfig.route.receiver)
  })
})
