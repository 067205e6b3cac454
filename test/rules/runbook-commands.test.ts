import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { REPORT, report } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { addressOf, close, listen } from './live.ts'
import {
  type Block,
  bash,
  blocks,
  blocksOf,
  isOfForm,
  placeOf,
  type Ran,
  reasonNotToRun,
  unique,
} from './runbook-commands.ts'

const ROOT = join(import.meta.dirname, '../..')
const steps = blocks.filter(({ isSetup }) => !isSetup)

describe('the commands of the runbooks, against a real service', function () {
  this.timeout(60_000)
  let service: Service
  let endpoint: Server
  let tools = ''
  const table: string[] = []

  before(async function () {
    const programs = []
    for (const name of ['curl', 'jq'] as const) programs.push(await requireProgram(this, name))
    tools = programs.map(({ path }) => dirname(path)).join(delimiter)
    endpoint = await listen(createServer((_, response) => response.end()))
    service = await startService({
      config: {
        outbound: { allow: ['127.0.0.1/32'] },
        endpoints: [{ name: 'orders', team: 'sales', urls: [`${addressOf(endpoint)}/hooks/orders`] }],
      },
    })
    for (const url of [`${addressOf(endpoint)}/hooks/orders`, 'not a URL'])
      expect((await report(service.ingest, { ...REPORT, endpoint: url })).status).to.equal(202)
  })
  after(async () => {
    await stopServices()
    if (endpoint) await close(endpoint)
    console.log(table.map((line) => `      ${line}`).join('\n'))
  })

  const run = async (block: Block, code: string): Promise<Ran> => {
    const api = blocksOf(block.alert).find((it) => it.isSetup && it.code.startsWith('api()'))?.code ?? ''
    const folder = tempFolder()
    writeFileSync(join(folder, 'report.json'), JSON.stringify(REPORT))
    return bash(
      `${api}\n${code}`,
      {
        PATH: `${tools}${delimiter}${process.env['PATH']}`,
        API: service.admin,
        INGEST: service.ingest,
        REPORT_TOKEN: 'none',
        ENDPOINT: 'orders',
        CONFIG_FILE: join(service.folder, 'config.yaml'),
      },
      code.startsWith('npx') ? ROOT : folder,
    )
  }

  for (const code of unique(steps.filter((block) => placeOf(block) === 'service'))) {
    const block = steps.find((it) => it.code === code)!
    // Others have tests of their own below.
    if (reasonNotToRun(block) || isOfForm(block) || /mkdir damaged/.test(code)) continue
    it(`${block.alert}: ${code.split('\n')[0]!.slice(0, 90)}`, async () => {
      const { code: exit, output } = await run(block, code)
      expect(exit, output).to.equal(0)
      // No recovery is unfinished here.
      if (!code.includes('recovery=unfinished')) expect(output).to.have.length.above(1)
      expect(output).not.to.match(/parse error|no such|not found|"status": ?4\d\d/)
      table.push(`run against the service, exit 0: ${code.split('\n')[0]!.slice(0, 100)}`)
    })
  }

  it('move a damaged journal away, in place of which a new one is opened', async () => {
    const moves = steps.filter(({ alert, code }) => alert === 'WebhookJournalDown' && code.includes('damaged'))
    expect(moves).to.have.length(2)
    for (const { code } of moves) {
      const folder = tempFolder()
      const path = join(folder, 'journal.db')
      writeFileSync(path, 'no database')
      const damaged = await startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
      expect((await report(damaged.ingest)).status).to.equal(503)
      // In the pod, its paths; `kubectl exec` runs what follows the dashes.
      const here = code
        .replace(/^kubectl [^\n]* -- /, '')
        .replace('/nodejs/bin/node', `'${process.execPath}'`)
        .replace('/data/journal.db', path)
      const { code: exit, output } = await bash(`cd '${folder}'\n${here}`, { PATH: process.env['PATH']! })
      expect(exit, output).to.equal(0)
      await until('a new journal', async () => (await report(damaged.ingest)).status === 202)
      const kept = globSync('{damaged/*,journal.db.damaged-*}', { cwd: folder })
      expect(kept.map((file) => readFileSync(join(folder, file), 'utf8'))).to.include('no database')
      await damaged.stop()
      table.push(`run beside a service with a damaged journal, exit 0: ${code.split('\n')[0]!.slice(0, 100)}`)
    }
  })
})
