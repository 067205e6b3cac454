import { parseArgs } from 'node:util'
import { scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { longText, TEXTS, type TextKind } from './long-texts.ts'
import { sendReports } from './report-load.ts'

/**
 * `npm run bench:long`: bodies of 64 KiB over many connections. It prints how long the answers took, and how many of the reports
 * that were stored had been acknowledged: one that is stored but answered 503 comes again, and is counted twice.
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '5' },
    bytes: { type: 'string', default: '65536' },
    text: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(
    `npm run bench:long -- [--connections C] [--seconds S] [--bytes B] [--text ${TEXTS.join('|')}] [--profile FOLDER]`,
  )
  process.exit(0)
}
const seconds = Number(values.seconds)
const connections = Number(values.connections)

const quantile = (sorted: readonly number[], part: number) => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN

async function run(kind: TextKind): Promise<void> {
  const nodeArgs = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []
  const service = await startService({ nodeArgs })
  const body = (message: string) =>
    JSON.stringify({ code: 500, endpoint: 'https://shop.example/hooks/orders', message })
  const bodies = Array.from({ length: 64 }, (_, seed) =>
    body(longText(kind, seed, Number(values.bytes) - body('').length)),
  )
  const { answers } = await sendReports(service.ingest, { bodies, connections, seconds })
  const pending = async () => sum(await scrape(service.admin), 'webhook_exporter_journal_pending')
  while ((await pending()) > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  const stored = sum(await scrape(service.admin), 'webhook_delivery_failures_total')
  const good = answers.filter(({ status }) => status === 202)
  const times = (of: typeof answers) => of.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const cells = [
    (good.length / seconds).toFixed(0),
    quantile(times(good), 0.5).toFixed(0),
    quantile(times(good), 0.99).toFixed(0),
    quantile(times(answers), 0.99).toFixed(0),
    quantile(times(answers), 1).toFixed(0),
    String(answers.length - good.length),
    String(good.length),
    String(stored),
    (good.length / stored).toFixed(3),
  ]
  console.log(kind.padEnd(8) + cells.map((cell) => cell.padStart(10)).join(''))
  await service.stop()
}

console.log(`${connections} connections, bodies of ${values.bytes} bytes, ${seconds} s each; milliseconds\n`)
const COLUMNS = ['202/s', 'p50 202', 'p99 202', 'p99 all', 'max all', 'refused', 'acked', 'stored', 'acked/st.']
console.log('text'.padEnd(8) + COLUMNS.map((cell) => cell.padStart(10)).join(''))
for (const kind of TEXTS) if (!values.text || values.text === kind) await run(kind)
await stopServices()
