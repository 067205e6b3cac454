import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { scrape } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { FILES, run, unitTest } from './promtool.ts'
import { seriesOf } from './scraped.ts'

const TEMPLATES = join(import.meta.dirname, '../../docs/alertmanager/*.tmpl')
describe('the texts of an incident without a lost delivery', function () {
  this.timeout(60_000)
  after(async () => {
    await stopServices()
    removeTempFolders()
  })

  /** The alerts that a scrape leads to, with their annotations, and the notification that each becomes. */
  async function told(context: Mocha.Context, metrics: string, alert: string): Promise<string> {
    const { text } = await unitTest(context, {
      files: FILES,
      series: seriesOf(metrics),
      keep: (rule) => rule.record !== undefined || rule.alert === alert,
      alerts: [{ at: '1m', alert }],
    })
    const got = /got:\[([\s\S]*)\]/.exec(text)?.[1] ?? ''
    expect(got, text).to.include(alert)
    const [labels, annotations] = got
      .split('Annotations:{')
      .map((part) =>
        Object.fromEntries(
          [...part.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, name, value]) => [name, JSON.parse(value!)]),
        ),
      )
    const file = join(tempFolder(), 'data.json')
    const alerts = [{ status: 'firing', labels, annotations }]
    writeFileSync(file, JSON.stringify({ status: 'firing', groupLabels: { team: 'sales' }, alerts }))
    const rendered = await Promise.all(
      ['title', 'plain'].map((name) =>
        run(context, 'amtool', [
          'template',
          'render',
          `--template.glob=${TEMPLATES}`,
          `--template.data=${file}`,
          `--template.text={{ template "webhooks.${name}" . }}`,
        ]),
      ),
    )
    return [got, ...rendered.map((it) => it.text)].join('\n')
  }

  it('warn early, or say that the platform disabled the endpoint; none says that it gave up', async function () {
    const service = await startService({
      config: {
        sources: {
          sender: {
            kind: 'generic',
            auth: 'none',
            map: {
              type: '/type',
              failing: ['failing'],
              disabled: ['disabled'],
              ref: '/endpoint',
              code: '/code',
              id: '/id',
            },
          },
        },
        endpoints: ['orders', 'stock'].map((name) => ({ name, team: 'sales', refs: [`sender:${name}`] })),
      },
    })
    const send = async (body: object) => {
      const response = await fetch(`${service.ingest}/webhooks/sender`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(response.status, await response.text()).to.equal(202)
    }
    await send({ type: 'failing', endpoint: 'orders', code: 503, id: 'a' })
    await send({ type: 'disabled', endpoint: 'stock', id: 'b' })
    const metrics = await until('both verdicts', async () => {
      const text = await scrape(service.admin)
      return /incident_info\{endpoint="stock".*re-enable it on the platform/.test(text) &&
        /incident_info\{endpoint="orders".*The endpoint is not probed/.test(text)
        ? text
        : undefined
    })
    expect(metrics).to.match(/webhook_incident_failures\{endpoint="orders"\} 0/)
    expect(metrics).to.match(/webhook_endpoint_disabled\{source="sender",endpoint="stock"\} 1/)
    expect(metrics).to.match(/incident_info\{endpoint="stock"[^}]*,remedy="disabled"\} 1/)

    const warning = await told(this, metrics.replaceAll(/^.*"stock".*$/gm, ''), 'WebhookEndpointFailing')
    expect(warning).to.include('none reported lost (team sales)')
    expect(warning).to.include('No lost delivery has been reported since the incident began')
    const disabled = await told(this, metrics, 'WebhookEndpointDisabled')
    expect(disabled).to.include('stock: disabled by sender, nothing arrives (team sales)')
    expect(disabled).to.include('remedies/disabled.md').and.include('Re-enable it there; until then nothing arrives')
    for (const text of [warning, disabled]) expect(text).not.to.match(/gave up|will not retry|no longer occurs/)
  })
})
