import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { installedExampleApp, parseObjects } from '../../helm/tools/example-app.ts'
import { REPORT, report } from '../support/http.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { freePort, removeTempFolders, tempFolder } from '../support/temp.ts'
import { requireHelm, the, tool } from './support/helm.ts'
import { RolloutModel, type RolloutSpec } from './support/rollout.ts'

const ROOT = join(import.meta.dirname, '../..')
const TOKEN = 'sidecar-test-token-0123456789abcdef'
/** `npm run test:rollouts` sets 3. */
const ROLLOUTS = Number(process.env['ROLLOUTS'] ?? 1)
/** Milliseconds between two reports. */
const PACE = 10

describe(`a sidecar with PostgreSQL during ${ROLLOUTS} rollouts`, function () {
  this.timeout(120_000 + ROLLOUTS * 60_000)
  let model: RolloutModel | undefined
  afterEach(() => model?.stop())
  after(async () => {
    await stopPostgres()
    removeTempFolders()
  })

  it('refuses no report', async function () {
    await requireHelm(this)
    await requirePostgres(this)
    const server = await startPostgres()
    const database = await server.createDatabase()
    const [ingest, admin] = [await freePort(), await freePort()]
    const { spec, config } = await render({ ingest, admin })
    const folder = tempFolder()
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    mkdirSync(join(folder, 'tokens'))
    write('tokens/merchant', TOKEN)
    config.sources.retm.tokensDir = join(folder, 'tokens')
    const given = {
      CONFIG_FILE: write('config.yaml', stringify(config)),
      JOURNAL_URL_FILE: write('url', database),
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compile'),
    }
    model = new RolloutModel(spec, {
      entrypoint: [process.execPath, join(ROOT, 'src/main.ts')],
      env: async (address) => ({
        ...given,
        // Each pod has an address of its own; they share this machine.
        INGEST_HOST: address,
        ADMIN_HOST: address,
        SUPERVISOR_PORT: String(await freePort()),
      }),
    })
    await model.start(2)
    const results = new Map<number | string, number>()
    let isOver = false
    const sent: Promise<void>[] = []
    const sending = (async () => {
      while (!isOver) {
        sent.push(
          send(model!.target(), ingest).then((result) => void results.set(result, (results.get(result) ?? 0) + 1)),
        )
        await sleep(PACE)
      }
    })()
    for (let round = 0; round < ROLLOUTS; round++) await model.rollout()
    isOver = true
    await sending
    await Promise.all(sent)
    console.log(`      ${sent.length} reports, answers: ${JSON.stringify(Object.fromEntries(results))}`)
    expect([...results.keys()]).to.deep.equal([202])
    const rows = await server.query('SELECT count(*) AS n FROM webhook_errors.failures', /test_\w+/.exec(database)![0])
    expect(Number(rows[0]!['n'])).to.equal(sent.length)
  })
})

/** The sidecar and its Service, as the chart of the example application renders them. */
async function render({ ingest, admin }: { ingest: number; admin: number }) {
  const chart = installedExampleApp()
  try {
    const values = {
      config: { ingest: { port: ingest }, admin: { port: admin } },
      journal: { existingSecret: 'journal' },
      sidecar: { replicas: 2 },
    }
    const { stdout, stderr } = await tool('4', 'helm', [
      ...['template', 'demo', chart, '--namespace', 'shop'],
      ...['--set-json', `webhookErrors=${JSON.stringify(values)}`],
    ])
    const objects = parseObjects(stdout)
    expect(objects, stderr).not.to.have.length(0)
    const service = objects.find(
      ({ kind, spec }) =>
        kind === 'Service' && spec.ports.some((port: { targetPort: unknown }) => port.targetPort === ingest),
    )!
    const spec: RolloutSpec = {
      sidecar: the(objects, 'Deployment')['spec'].template.spec.initContainers[0],
      publishNotReadyAddresses: service['spec'].publishNotReadyAddresses === true,
    }
    return { spec, config: parse(the(objects, 'ConfigMap')['data']['config.yaml']) }
  } finally {
    rmSync(chart, { recursive: true, force: true })
  }
}

/** @returns the status, or the code of the fault */
async function send(address: string | undefined, port: number): Promise<number | string> {
  if (address === undefined) return 'no endpoint'
  const headers = { Authorization: `Bearer ${TOKEN}`, Connection: 'close' }
  try {
    const response = await report(`http://${address}:${port}`, REPORT, headers)
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? String(error)
  }
}
