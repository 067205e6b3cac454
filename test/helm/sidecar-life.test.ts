import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { installedExampleApp, type KubernetesObject, parseObjects } from '../../helm/tools/example-app.ts'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { runContainer } from '../support/kubelet.ts'
import { childrenOf, isAlive, privateMemory } from '../support/processes.ts'
import { sample } from '../support/scrape.ts'
import { freePort, removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { requireHelm, the, tool } from './support/helm.ts'
import { type Pod, sendTraffic } from './support/sidecar-pod.ts'

const ROOT = join(import.meta.dirname, '../..')
const TOKEN = 'sidecar-test-token-0123456789abcdef'

describe('the sidecar below the kubelet', function () {
  this.timeout(180_000)
  let chart: string
  let application: Server
  let pod: Pod | undefined
  /** Those that go on. */
  const traffics = new Set<object>()

  before(async function () {
    await requireHelm(this)
    chart = installedExampleApp()
    // As in the image, where the compile cache is filled: no type stripper in the parent.
    const warm = await startPod()
    await taken(warm)
    await warm.sidecar.stop()
    pod = undefined
    application = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  })
  afterEach(async () => {
    traffics.clear()
    await pod?.sidecar.stop()
    pod = undefined
    removeTempFolders()
  })
  after(() => {
    application?.close()
    if (chart) rmSync(chart, { recursive: true, force: true })
  })

  async function startPod(
    change: (config: Record<string, unknown>) => unknown = (config) => config,
    more: Record<string, unknown> = {},
  ): Promise<Pod> {
    const [ingest, admin, live] = [await freePort(), await freePort(), await freePort()]
    const values = {
      config: { ingest: { port: ingest }, admin: { port: admin } },
      sidecar: { supervisorPort: live },
      ...more,
    }
    const args = ['template', 'demo', chart, '--namespace', 'shop']
    const { stdout, stderr } = await tool('4', 'helm', [
      ...args,
      '--set-json',
      `webhookErrors=${JSON.stringify(values)}`,
    ])
    const objects: KubernetesObject[] = parseObjects(stdout)
    expect(objects, stderr).not.to.have.length(0)
    const [spec] = the(objects, 'Deployment')['spec'].template.spec.initContainers
    const folder = tempFolder()
    mkdirSync(join(folder, 'tokens'))
    writeFileSync(join(folder, 'tokens/merchant'), TOKEN)
    const config = parse(the(objects, 'ConfigMap')['data']['config.yaml'])
    config.sources.retm.tokensDir = join(folder, 'tokens')
    const configFile = join(folder, 'config.yaml')
    const changed = change(structuredClone(config))
    writeFileSync(configFile, typeof changed === 'string' ? changed : stringify(changed))
    const sidecar = runContainer(spec, {
      entrypoint: [process.execPath, '--max-semi-space-size=8', join(ROOT, 'src/main.ts')],
      env: {
        CONFIG_FILE: configFile,
        // With a Secret, the image's own value stays, which must not count.
        JOURNAL_URL: more['journal'] ? 'sqlite:/data/journal.db' : `sqlite:${join(folder, 'journal.db')}`,
        ...(more['journal'] ? { JOURNAL_URL_FILE: join(folder, 'journal/url') } : {}),
        // As in the image.
        NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compile'),
        MALLOC_ARENA_MAX: '2',
      },
    })
    pod = {
      sidecar,
      ingest: `http://127.0.0.1:${ingest}`,
      admin: `http://127.0.0.1:${admin}`,
      configFile,
      config,
      traffic: () => sendTraffic(sidecar, application, traffics),
    }
    return pod
  }
  // On connections of their own: one that is kept open dies with the service that accepted it.
  const send = ({ ingest }: Pod) => report(ingest, REPORT, { Authorization: `Bearer ${TOKEN}`, Connection: 'close' })
  const taken = (it: Pod) => until('a report to be taken', async () => (await send(it)).status === 202, 60_000)
  const service = async ({ sidecar }: Pod) => (await until('the service', () => childrenOf(sidecar.pid)))[0]!

  it('keeps the pod ready while the service is killed six times', async () => {
    const it = await startPod()
    await taken(it)
    const parent = it.sidecar.pid
    const traffic = it.traffic()
    const gaps: number[] = []
    let acknowledged = 1
    for (let kill = 0; kill < 6; kill++) {
      const pid = await until('one service', () => childrenOf(parent).length === 1 && childrenOf(parent)[0])
      process.kill(pid, 'SIGKILL')
      await until('its end', () => !isAlive(pid))
      const begun = performance.now()
      // It waits at the socket, which the parent keeps.
      expect((await send(it)).status).to.equal(202)
      gaps.push(performance.now() - begun)
      acknowledged++
    }
    const { sent, refused } = await traffic.stop()
    const memory = privateMemory(parent)
    console.log(
      `      ${refused} of ${sent} requests to the application refused; private memory of the parent ${memory.toFixed(1)} MiB`,
    )
    console.log(`      a report waited after each kill, in ms (the pause grows): ${gaps.map(Math.round).join(', ')}`)
    expect({ refused, restarts: it.sidecar.restarts, pid: it.sidecar.pid }).to.deep.equal({
      refused: 0,
      restarts: 0,
      pid: parent,
    })
    // Node.js 26 alone has 9 MiB; the type stripper would add 12, and the service's own modules far more.
    expect(memory).to.be.below(16)
    const metrics = await scrape(it.admin)
    expect(sum(metrics, 'webhook_delivery_failures_total')).to.equal(acknowledged)
    expect(sample(metrics, 'webhook_exporter_restarts_total')).to.equal(6)
    for (const line of it.sidecar.stdout) JSON.parse(line)
  })

  for (const [what, change, named] of [
    ['an unknown key', (config: Record<string, unknown>) => ({ ...config, ingset: {} }), /ingset/],
    ['no YAML', () => 'journal: [unclosed\nsecret: *hunter2-is-secret', /is not valid YAML/],
    [
      'two errors, with a secret in one',
      (config: Record<string, unknown>) => ({
        ...config,
        metrics: { seriesLimit: 0 },
        canary: { url: 'ftp://user:hunter2@x.example/?token=hunter2-is-secret', secret: 'hunter2-is-secret' },
      }),
      /metrics\.seriesLimit.*canary|canary.*metrics\.seriesLimit/,
    ],
  ] as const) {
    it(`keeps the pod ready with an invalid configuration (${what}), says so, and recovers without a restart`, async () => {
      const it = await startPod(change as (config: Record<string, unknown>) => unknown)
      const parent = it.sidecar.pid
      const traffic = it.traffic()
      const { body, headers } = await until('an answer', async () => {
        const answered = await answer(send(it))
        return answered.status === 503 && answered
      })
      expect(body).to.include({ code: 'configuration_invalid', status: 503 })
      expect(Number(headers.get('Retry-After'))).to.be.above(0)
      expect((await fetch(`${it.admin}/healthz`)).status).to.equal(200)
      const ready = await fetch(`${it.admin}/readyz`)
      const said = await ready.text()
      expect(ready.status).to.equal(503)
      expect(said).to.match(named)
      expect((await fetch(`${it.admin}/api/v1/failures`)).status).to.equal(503)
      const metrics = await scrape(it.admin)
      expect(sample(metrics, 'webhook_exporter_config_valid')).to.equal(0)
      expect(sample(metrics, 'webhook_exporter_config_errors')).to.be.above(0)
      expect(sum(metrics, 'webhook_exporter_reports_total', 'configuration_invalid', 'retm')).to.be.above(0)
      await until('the log', () => it.sidecar.stdout.some((line) => named.test(line)))
      expect(it.sidecar.stdout.filter((line) => line.includes('configuration invalid'))).to.have.length(1)
      for (const text of [said, metrics, ...it.sidecar.stdout]) expect(text).not.to.include('hunter2')
      const child = await service(it)

      writeFileSync(it.configFile, stringify(it.config))
      await taken(it)
      expect(sample(await scrape(it.admin), 'webhook_exporter_config_valid')).to.equal(1)
      expect((await fetch(`${it.admin}/readyz`)).status).to.equal(200)
      expect(await service(it)).to.equal(child)
      const { sent, refused } = await traffic.stop()
      console.log(`      ${refused} of ${sent} requests to the application refused`)
      expect({ refused, restarts: it.sidecar.restarts, pid: it.sidecar.pid }).to.deep.equal({
        refused: 0,
        restarts: 0,
        pid: parent,
      })
      expect(await it.sidecar.stop()).to.equal(0)
    })
  }

  it('reports a journal’s Secret that is missing or empty, uses no other journal, and starts when it is there', async () => {
    const it = await startPod(undefined, { journal: { existingSecret: 'journal', existingSecretKey: 'uri' } })
    const folder = join(it.configFile, '../journal')
    const said = async () => {
      const ready = await fetch(`${it.admin}/readyz`).catch(() => undefined)
      return ready?.status === 503 ? await ready.text() : ''
    }
    await until('the missing Secret to be reported', async () =>
      /journal\.urlFile \(from JOURNAL_URL_FILE\): \S+journal\/url does not exist; create it .*the Secret/.test(
        await said(),
      ),
    )
    const { status, body } = await answer(send(it))
    expect({ status, code: body.code }).to.deep.equal({ status: 503, code: 'configuration_invalid' })
    // What WebhookConfigInvalid looks at.
    expect(sample(await scrape(it.admin), 'webhook_exporter_config_valid')).to.equal(0)
    mkdirSync(folder)
    writeFileSync(join(folder, 'url'), '')
    await until('the empty one to be reported', async () => /journal\/url is empty/.test(await said()))
    expect(it.sidecar.isReady()).to.equal(true)
    // As the kubelet does a minute after the Secret was created.
    writeFileSync(join(folder, 'url'), `sqlite:${join(folder, 'journal.db')}\n`)
    await taken(it)
    expect(it.sidecar.restarts).to.equal(0)
    for (const line of it.sidecar.stdout) expect(line).not.to.include('/data/')
  })

  it('has no parent in the stand-alone form', async () => {
    const { stdout } = await tool('4', 'helm', ['template', 'demo', join(chart, 'charts/webhook-error-exporter')])
    const [spec] = the(parseObjects(stdout), 'StatefulSet')['spec'].template.spec.containers
    expect(spec.args).to.equal(undefined)
    expect(spec.livenessProbe.httpGet).to.deep.equal({ path: '/healthz', port: 9464 })
  })
})
