import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { SIGNALS } from '../../grafana/signals.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { run, unitTest } from './promtool.ts'
import { series, type Value, values } from './series.ts'

const DOCS = join(import.meta.dirname, '../../docs/proxy.md')
const MINUTE = 60

/** The rules of the page, as someone would paste them into a file. @returns its path */
function pasted(): string {
  const blocks = [...readFileSync(DOCS, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!)
  const rules = blocks.filter((text) => text.includes('nginx_ingress_controller_requests'))
  expect(rules).to.have.length(1)
  const path = join(tempFolder(), 'ingress-nginx.yaml')
  writeFileSync(path, rules[0]!)
  return path
}

describe('the example of recording rules for ingress-nginx in docs/proxy.md', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  it('is valid for promtool with every lint, and records the name that the chart’s rules read', async function () {
    const path = pasted()
    const { code, text } = await run(this, 'promtool', ['check', 'rules', '--lint=all', '--lint-fatal', path])
    expect(code, text).to.equal(0)
    const [group] = parse(readFileSync(path, 'utf8')).groups
    expect(group.rules.map(({ record }: { record: string }) => record)).to.deep.equal([SIGNALS.deliveryRate.name])
    expect(Object.keys(group.rules[0].labels)).to.have.members(['namespace', 'job', 'source', 'endpoint'])
  })

  it('leads from the ingress’s counters to the success rate and the alert, through a reload of the ingress', async function () {
    const requests = (status: string, pod: string, path = '/hooks/orders', ingress = 'shop') =>
      `nginx_ingress_controller_requests{exported_namespace="shop", ingress="${ingress}", path="${path}", method="POST", status="${status}", controller_pod="${pod}"}`
    const rate = (perMinute: number): Value[] => values([['2h', (tick) => tick * perMinute]], MINUTE)
    // A controller that restarts after an hour counts from 0.
    const restarted = (perMinute: number): Value[] =>
      values(
        [
          ['1h', (tick) => tick * perMinute],
          ['1h', (tick) => tick * perMinute],
        ],
        MINUTE,
      )
    const release = { namespace: 'webhooks', job: 'webhook-error-exporter', endpoint: 'orders' }
    const { code, text } = await unitTest(this, {
      files: ['endpoints.yaml', 'error-budgets.yaml'],
      others: [pasted()],
      step: MINUTE,
      keep: ({ record, alert }) => record !== undefined || alert === 'WebhookSuccessRateBurnFast',
      series: {
        [series('webhook_endpoint_info', { ...release, event: '', team: 'sales', severity: 'critical' })]: values(
          [['2h', 1]],
          MINUTE,
        ),
        [requests('200', 'a')]: rate(2),
        [requests('201', 'b')]: restarted(1),
        [requests('503', 'b')]: restarted(1),
        // Other paths and ingresses are not deliveries to this endpoint.
        [requests('500', 'a', '/')]: rate(100),
        [requests('500', 'a', '/hooks/orders', 'blog')]: rate(100),
      },
      expect: [
        {
          at: '110m',
          promql: `round(${SIGNALS.deliveryRate.name} * 60, 0.01)`,
          samples: [
            ['failure', '503', 1],
            ['success', '200', 2],
            ['success', '201', 1],
          ].map(([result, status, value]) => ({
            labels: `{namespace="webhooks", job="webhook-error-exporter", source="ingress-nginx", endpoint="orders", result="${result}", code="${status}"}`,
            value: Number(value),
          })),
        },
        {
          at: '110m',
          promql: `round(${SIGNALS.effectiveRatio.name}, 0.001)`,
          samples: [{ labels: '{namespace="webhooks", job="webhook-error-exporter", endpoint="orders"}', value: 0.75 }],
        },
        {
          at: '110m',
          promql: 'ALERTS{alertname="WebhookSuccessRateBurnFast", alertstate="firing"}',
          samples: [
            {
              labels:
                'ALERTS{alertname="WebhookSuccessRateBurnFast", alertstate="firing", namespace="webhooks", job="webhook-error-exporter", endpoint="orders", team="sales", severity="critical"}',
              value: 1,
            },
          ],
        },
      ],
    })
    expect(code, text).to.equal(0)
  })
})
