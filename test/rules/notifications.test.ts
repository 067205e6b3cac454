import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { TEMPLATES } from '../../grafana/alertmanager/templates.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import { REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { run } from './promtool.ts'
import type { Labels } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
/** Columns of a phone's chat, and lines that it shows. */
const COLUMNS = 45
const LINES = 12
/** The same of five in full, and the names of others. */
const LINES_OF_MANY = 45
const release = { namespace: 'shop', job: 'webhook-error-exporter' }
const ENDS = '2026-11-24T02:49:30Z'

interface Sample {
  readonly labels?: Labels
  readonly annotations?: Labels
  readonly status?: 'firing' | 'resolved'
}

const incident: Labels = {
  summary: 'Webhook deliveries failing',
  description: 'The platform saw no connection (code 7). Confirmed by a probe.',
  headline: 'deliveries failing, connection refused',
  cause: 'connection_refused',
  code: '7',
  proof: '',
  since: '2026-11-24 02:10:00 UTC',
  event: 'order.created',
  first_check: 'See it: `openssl </dev/null | cat`',
  lost_since: '2026-11-24 02:08:00 UTC',
  recovery: 'Read again from retm, for each merchant: invoices (GET /api/v2/invoices/list).',
  runbook_url: 'https://r.example/WebhookEndpointFailing.md',
  remedy_url: 'https://r.example/remedies/connection_refused_seen.md',
  dashboard_url: 'https://g.example/d/1',
}
const named = (endpoint: string, status: 'firing' | 'resolved' = 'firing'): Sample => ({
  status,
  labels: { alertname: 'WebhookEndpointFailing', severity: 'critical', team: 'sales', endpoint, ...release },
  annotations: incident,
})

function message(alerts: readonly Sample[], team = 'sales'): object {
  const status = alerts.some((it) => it.status !== 'resolved') ? 'firing' : 'resolved'
  return {
    receiver: 'x',
    status,
    groupLabels: { ...release, ...(team !== '' && { team }) },
    commonLabels: {},
    commonAnnotations: {},
    alerts: alerts.map((it) => ({ status: 'firing', endsAt: ENDS, ...it })),
  }
}

/** How many lines a text takes where each is broken after so many columns; Slack shows a link's name only. */
const linesOnPhone = (text: string): number =>
  text
    .replaceAll(/<[^|>]*\|([^>]*)>|<a href="[^"]*">([^<]*)<\/a>/g, '$1$2')
    .replaceAll(/<\/?(b|code|br)>/g, '')
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / COLUMNS)), 0)

describe('a notification', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  async function show(context: Mocha.Context, name: string, data: object): Promise<string> {
    const file = join(tempFolder(), 'data.json')
    writeFileSync(file, JSON.stringify(data))
    const { code, text } = await run(context, 'amtool', [
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

  const TITLES: readonly (readonly [what: string, data: object, title: string])[] = [
    ['one endpoint', message([named('orders')]), 'orders: deliveries failing, connection refused (team sales)'],
    [
      'thirty',
      message(Array.from({ length: 30 }, (_, index) => named(`e-${index}`))),
      '30 × Webhook deliveries failing (team sales)',
    ],
    [
      'one that still fails, and one that has recovered',
      message([named('menu', 'resolved'), named('orders')]),
      'orders: deliveries failing, connection refused (team sales)',
    ],
    [
      'a recovery',
      message([named('orders', 'resolved')]),
      'Resolved: orders: deliveries failing, connection refused (team sales)',
    ],
    [
      'the receiver',
      message(
        [{ labels: { severity: 'critical', ...release }, annotations: { summary: 'Webhook error receiver down' } }],
        '',
      ),
      'Webhook error receiver down (shop/webhook-error-exporter)',
    ],
  ]
  for (const [what, data, title] of TITLES) {
    it(`has a title in plain English for ${what}`, async function () {
      expect(await show(this, 'title', data)).to.equal(title)
    })
  }

  for (const name of Object.keys(TEMPLATES).filter((it) => it !== 'title')) {
    it(`says in ${name} what, since when, the owner, the platform’s words, the first check and a link`, async function () {
      const text = await show(this, name, message([named('orders')]))
      for (const word of [
        'CRITICAL',
        'since 2026-11-24 02:10:00 UTC',
        'Owner: sales (order.created)',
        'The platform saw no connection (code 7). Confirmed by a probe.',
        'openssl',
        name === 'plain' ? 'remedies/connection_refused_seen.md' : 'https://g.example/d/1',
      ])
        expect(text).to.include(word)
      // Slack would take it for a link, a mail for markup.
      if (name !== 'plain') expect(text).to.include('openssl &lt;/dev/null').and.not.include('</dev/null')
      const linked = await show(
        this,
        name,
        message([{ ...named('orders'), annotations: { ...incident, api_url: 'https://a.example/i' } }]),
      )
      expect(linked).to.include('https://a.example/i')
    })

    it(`takes at most ${LINES} lines on a phone in ${name}, whatever the cause, and at most ${LINES_OF_MANY} for any number`, async function () {
      const cases: [string, object][] = [
        ['30 firing', message(Array.from({ length: 30 }, (_, index) => named(`orders-${index}`)))],
        ['30 resolved', message(Array.from({ length: 30 }, (_, index) => named(`orders-${index}`, 'resolved')))],
        ['1 resolved', message([named('orders', 'resolved')])],
        ...REMEDY_IDS.map((id): [string, object] => {
          const remedy = remediesFor(id, { endpoint: 'orders', url: 'https://shop.example/hooks/orders', code: 7 })
          const annotations = {
            ...incident,
            description:
              'The platform saw no healthy application behind the proxy (code 503). The probe succeeds: check for slowness under load, or for a firewall that drops the packets of the platform alone.',
            first_check: remedy.checks[0]!,
            api_url: 'https://ops.example.com/api/v1/incidents?limit=1&endpoint=orders',
          }
          return [id, message([{ ...named('orders'), annotations }])]
        }),
      ]
      for (const [what, data] of cases) {
        const text = await show(this, name, data)
        expect(linesOnPhone(text), `${what}\n${text}`).to.be.at.most(what.startsWith('30') ? LINES_OF_MANY : LINES)
      }
    })

    it(`says in ${name} at the end how that is known, what was lost and how to restore it`, async function () {
      const proof = 'Closed: no report for 30 minutes. Not proven: the endpoint was not probed.'
      const ended = { ...named('orders', 'resolved'), annotations: { ...incident, proof } }
      const over = await show(this, name, message([ended]))
      expect(over).to.match(/^[^\n]*RESOLVED/)
      expect(over).to.include(
        'Lost: deliveries from 2026-11-24 02:08:00 UTC until 2026-11-24 02:49:30 UTC at the latest.',
      )
      expect(over).to.include('invoices (GET /api/v2/invoices/list)').and.include(proof)
      const without = { ...named('orders', 'resolved'), annotations: { ...incident, lost_since: '' } }
      expect(await show(this, name, message([without]))).not.to.match(/Lost|Read again/)
    })

    it(`names in ${name} the instance and the owner of a receiver, since when it is down, and later what was not observed`, async function () {
      const down = (status: 'firing' | 'resolved'): Sample => ({
        status,
        labels: { alertname: 'WebhookReceiverDown', severity: 'critical', ...release },
        annotations: {
          summary: 'Webhook error receiver down',
          description: 'Prometheus gets no metrics.',
          instance: '10.0.0.1:9464',
          since: '2026-11-24 02:10:00 UTC',
          unobserved_since: '2026-11-24 02:10:00 UTC',
          runbook_url: 'https://r.example/x.md',
        },
      })
      const text = await show(this, name, message([down('firing')], ''))
      for (const word of [
        'since 2026-11-24 02:10:00 UTC',
        'Owner: the operators of shop/webhook-error-exporter',
        'Instance: 10.0.0.1:9464',
      ])
        expect(text).to.include(word)
      expect(await show(this, name, message([down('resolved')], ''))).to.include(
        'Not observed: from 2026-11-24 02:10:00 UTC until 2026-11-24 02:49:30 UTC.',
      )
    })
  }
})
