import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { words } from '../http/pages-support.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { report } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { run } from './promtool.ts'
import { bash } from './runbook-commands.ts'
import type { Labels } from './series.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/maintenance.md'), 'utf8')
const COMMANDS = [...PAGE.matchAll(/^amtool silence add .*$/gm)].map(([command]) => command)
const CONFIG = JSON.stringify({ route: { receiver: 'default' }, receivers: [{ name: 'default' }] })
/** A canonical URL keeps an apostrophe, which ends a quoted word of a shell. */
const QUOTED = "https://shop.example/it's/$(exit)"

const release = { namespace: 'shop', job: 'webhook-error-exporter', severity: 'critical' }
const FIRING: readonly Labels[] = [
  { ...release, alertname: 'WebhookEndpointFailing', team: 'sales', endpoint: 'orders' },
  { ...release, alertname: 'WebhookCertificateExpiring', team: 'sales', endpoint: 'orders' },
  { ...release, alertname: 'WebhookEndpointFailing', team: 'sales', endpoint: 'orders-2' },
  { ...release, alertname: 'WebhookEndpointFailing', team: 'kitchen', endpoint: 'a/b c' },
  { ...release, alertname: 'WebhookEndpointFailing', endpoint: QUOTED },
  { ...release, alertname: 'WebhookCanaryLost' },
  // The operator's own label: the name of a port.
  { ...release, alertname: 'KubePodCrashLooping', endpoint: 'orders', team: 'sales' },
]
const name = ({ alertname, endpoint = '' }: Labels) => `${alertname} ${endpoint}`

describe('silences, with real amtool and Alertmanager', function () {
  this.timeout(60_000)
  after(stopServices)

  /** What is suppressed in a fresh Alertmanager once the command has run. */
  async function silenced(context: Mocha.Context, command: string): Promise<string[]> {
    const amtool = await requireProgram(context, 'amtool')
    const manager = await startAlertmanager(context, CONFIG)
    try {
      await manager.post(FIRING)
      const url = `http://${manager.address}`
      const { code, output } = await bash(
        command.replace('http://ALERTMANAGER:9093', url),
        { ...amtool.env, AM: url, PATH: `${dirname(amtool.path)}${delimiter}${process.env['PATH']}` } as Record<
          string,
          string
        >,
        tempFolder(),
      )
      expect(code, `${command}\n${output}`).to.equal(0)
      expect(output.trim()).to.match(/^[0-9a-f-]{36}$/)
      const states = async () =>
        (await manager.alerts()).map(({ labels, status }) => ({ name: name(labels), ...status }))
      await until('the alerts', async () => {
        const all = await states()
        return all.length === FIRING.length && all.every(({ state }) => state !== 'unprocessed')
      })
      if (command.includes('--start=')) return []
      await until('the silence', async () => (await states()).some(({ state }) => state === 'suppressed'))
      return (await states()).filter(({ state }) => state === 'suppressed').map((each) => each.name)
    } finally {
      await manager.stop()
    }
  }

  it('of an endpoint’s page suppress the alerts of that endpoint and nothing else, whatever its name', async function () {
    const { admin, ingest } = await startService({
      config: {
        endpoints: ['orders', 'a/b c'].map((each) => ({
          name: each,
          urls: [`https://${each.length}.example/x`],
          probe: { onReport: false },
        })),
      },
    })
    await report(ingest, { code: 500, endpoint: QUOTED, message: 'x' })
    for (const endpoint of ['orders', 'a/b c', QUOTED]) {
      const response = await fetch(`${admin}/endpoints/${encodeURIComponent(endpoint)}`, {
        headers: { Accept: 'text/html' },
      })
      const text = await response.text()
      const markup = /<pre>(amtool .*?)<\/pre>/s.exec(text)
      expect(markup, `${endpoint}: ${response.status}`).not.to.equal(null)
      const found = await silenced(this, words(markup![1]!))
      const own = FIRING.filter((each) => each['endpoint'] === endpoint && each['alertname']!.startsWith('Webhook'))
      expect(found, endpoint).to.have.members(own.map(name))
    }
  })

  it('of docs/maintenance.md suppress what they say', async function () {
    const expected = [
      ['WebhookEndpointFailing orders', 'WebhookCertificateExpiring orders'],
      ['WebhookEndpointFailing orders', 'WebhookCertificateExpiring orders', 'WebhookEndpointFailing orders-2'],
      ['WebhookCanaryLost '],
      [],
    ]
    expect(COMMANDS).to.have.length(expected.length)
    for (const [index, command] of COMMANDS.entries())
      expect(await silenced(this, command), command).to.have.members(expected[index]!)
  })

  it('of a weekly window are a valid configuration, which sends the endpoint to the muted route', async function () {
    const file = join(tempFolder(), 'alertmanager.yaml')
    writeFileSync(file, /```yaml\n(.*?)```/s.exec(PAGE)![1]!)
    const checked = await run(this, 'amtool', ['check-config', file])
    expect(checked.code, checked.text).to.equal(0)
    const test = ['config', 'routes', 'test', `--config.file=${file}`]
    for (const [endpoint, receiver] of [
      ['orders', 'sales-pager'],
      ['menu', 'default'],
    ] as const) {
      const { code, text } = await run(this, 'amtool', [
        ...test,
        `--verify.receivers=${receiver}`,
        'alertname=WebhookEndpointFailing',
        `endpoint=${endpoint}`,
      ])
      expect(code, text).to.equal(0)
    }
  })
})
