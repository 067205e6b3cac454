import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { startAlertmanager } from '../support/alertmanager.ts'
import { removeTempFolders, until } from '../support/temp.ts'
import { fastAlertmanager, startSink } from './live.ts'
import { run } from './promtool.ts'
import type { Labels } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
const CONFIG = join(FOLDER, 'alertmanager.yaml')

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
  [alert('WebhookEgressDown', { severity: 'warning' }), 'webhooks-chat'],
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
      alert('WebhookEgressDown', { severity: 'warning' }),
      alert('WebhookJournalDown'),
      alert('WebhookEndpointFailing', orders),
    ],
    told: ['WebhookReceiverDown', 'WebhookEndpointFailing'],
  },
  {
    what: 'a receiver that is down does not silence that an endpoint is disabled, which silences that it fails',
    fires: [
      alert('WebhookReceiverDown'),
      alert('WebhookEndpointDisabled', { ...orders, source: 'svix' }),
      alert('WebhookEndpointFailing', orders),
    ],
    told: ['WebhookReceiverDown', 'WebhookEndpointDisabled'],
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
        let heard: (string | undefined)[] = []
        // Alertmanager learns of an alert that inhibits others a moment after it shows it.
        const asTold = async () => {
          const all = await manager.alerts()
          heard = all.filter(({ status }) => status.state === 'active').map(({ labels }) => labels['alertname'])
          const isProcessed = all.length === fires.length && all.every(({ status }) => status.state !== 'unprocessed')
          return isProcessed && heard.toSorted().join() === told.toSorted().join()
        }
        await until(what, asTold).catch(() => expect(heard, what).to.have.members(told))
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
})
