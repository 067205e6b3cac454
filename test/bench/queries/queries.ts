import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Journal } from '../../../src/domain/ports/journal.ts'
import { openPostgresJournal } from '../../../src/journal/postgres/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/journal.ts'
import { EventLog, INCIDENTS } from '../../journal/entries.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../../support/postgres.ts'
import { stopServices } from '../../support/service.ts'
import { removeTempFolders, tempFolder } from '../../support/temp.ts'
import { made } from '../postgres-rows.ts'
import { besideExport, besideRetention, type Latency, type Round, readyTime } from './beside.ts'
import { type Costs, postgresCost, sqliteCost } from './cost.ts'
import { dropFromCache, pageTime, timePages } from './pages.ts'
import { DAYS, type Filled, fillPostgres, fillSqlite } from './rows.ts'

const PARTS: readonly (readonly [name: string, about: string])[] = [
  ['pages', 'the first page of 100 failures by each filter, cold and warm, and a page far back'],
  ['cost', 'what the indexes for filters cost those who report'],
  ['ready', 'from the start of the process until /readyz answers 200, with cold files'],
  ['export', '500 reports per second, without and beside an export of everything'],
  ['retention', '500 reports per second, without and while the oldest rows are removed'],
]

/**
 * `npm run bench:queries -- [--rows 1000000] [--journals sqlite,postgres] [--parts pages,cost,ready,export,retention]
 * [--rounds 7] [--seconds 3]`: what reading a large journal takes, and what it costs those who report. Pages are asked for
 * through the journal, the rest over HTTP. Everything is written to temporary folders (1 GB per million rows and journal),
 * and removed.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    journals: { type: 'string', default: 'sqlite,postgres' },
    parts: { type: 'string', default: PARTS.map(([name]) => name).join() },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench:queries -- [--rows N] [--journals NAME,NAME] [--parts NAME,NAME] [--rounds N] [--seconds S]

journals: sqlite, postgres
parts:
${PARTS.map(([name, about]) => `  ${name.padEnd(10)} ${about}`).join('\n')}`)
  process.exit(0)
}
const [rows, rounds, seconds] = [values.rows, values.rounds, values.seconds].map(Number) as [number, number, number]
const wants = (part: string) => values.parts.split(',').includes(part)
const OPTIONS = {
  clock: Date.now,
  incidents: INCIDENTS,
  retention: { age: 10 ** 12, size: 2 ** 42 },
}

interface Subject {
  readonly name: string
  readonly url: string
  readonly fill: () => Promise<Filled>
  readonly open: () => Journal
  /** Closes what keeps pages in memory, and takes the files out of the system's cache. */
  readonly cool: () => Promise<void>
  readonly cost: () => Promise<Costs>
}

function sqlite(): Subject {
  const path = join(tempFolder(), 'journal.db')
  return {
    name: 'SQLite',
    url: `sqlite:${path}`,
    fill: async () => fillSqlite(path, rows),
    open: () => openSqliteJournal({ ...OPTIONS, path, events: new EventLog() }),
    cool: async () => dropFromCache([path]),
    cost: () => sqliteCost(rounds),
  }
}

async function postgres(): Promise<Subject> {
  const server: PostgresServer = await startPostgres({
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min' },
  })
  const database = await made(server, 'queries')
  const url = server.socketUrl(database)
  return {
    name: 'PostgreSQL',
    url,
    fill: () => fillPostgres(server, database, rows),
    open: () => openPostgresJournal({ ...OPTIONS, url, events: new EventLog() }),
    async cool() {
      await server.stop()
      dropFromCache(filesIn(join(server.data, 'base')))
      await server.start()
    },
    cost: () => postgresCost(server, rounds, seconds),
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    // The catalogue's hundreds of small files take longer to name than to read.
    .filter((file) => statSync(file).isFile() && statSync(file).size > 2 ** 20)

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!
const ms = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`.padStart(11)

async function opened(subject: Subject): Promise<Journal> {
  const journal = subject.open()
  await journal.open()
  return journal
}

async function pages(subject: Subject): Promise<void> {
  const { name, cool } = subject
  const timings = await timePages(async () => {
    await cool()
    const journal = await opened(subject)
    return { journal, close: () => journal.close(10_000) }
  })
  console.log(`\nfirst page of 100, ${name}, ${rows} rows${' '.repeat(8)}warm       cold  rows`)
  for (const [filter, { warm, cold, rows: found }] of timings)
    console.log(`  ${filter.padEnd(40)}${ms(warm)}${ms(cold)}  ${found}`)
  const journal = await opened(subject)
  const depth = Math.min(10_000, Math.floor(rows / 100) - 1)
  for (const filter of [{}, { cause: 'unavailable' } as const]) {
    const before = await cursorAt(journal, filter, depth)
    const first = await pageTime(journal, filter)
    const deep = await pageTime(journal, filter, { before })
    const text = 'cause' in filter ? 'cause, 1 in 7' : 'no filter'
    console.log(`  ${text}: page 1 ${ms(first.milliseconds)}, page ${depth} ${ms(deep.milliseconds)}`)
  }
  await journal.close(10_000)
}

/** The cursor of page so many, by time; with a filter, the page at the same time. */
async function cursorAt(journal: Journal, filter: object, page: number): Promise<string> {
  const until = Date.now() - Math.floor((page * 100 * DAYS * 86_400_000) / rows)
  const { failures } = await journal.list({ ...filter, until }, { limit: 1 })
  return failures[0]!.id
}

function printCosts({ name }: Subject, costs: Costs): void {
  console.log(`\nwriting with and without the indexes for filters, ${name}: medians of ${rounds} rounds in turn`)
  for (const [key, title] of [
    ['rate', 'reports a second'],
    ['cpu', 'µs of processor time per report'],
  ] as const) {
    const of = (side: keyof Costs) => costs[side].map((cost) => cost[key])
    const ratios = of('with').map((value, round) => value / of('without')[round]!)
    const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`
    console.log(
      `  ${title}: ${median(of('without')).toFixed(1)} without, ${median(of('with')).toFixed(1)} with; ratio ${median(ratios).toFixed(3)} (${range})`,
    )
  }
}

function printRounds(title: string, results: readonly Round[]): void {
  const of = (side: 'without' | 'beside', key: keyof Latency) => median(results.map((round) => round[side][key]))
  const ratios = results.map(({ without, beside }) => beside.p99 / without.p99).toSorted((a, b) => a - b)
  const at = (share: number) => ratios[Math.floor(share * (ratios.length - 1))]!.toFixed(2)
  console.log(
    `\n${title}: medians of ${results.length} rounds of ${seconds} s; ${results[results.length >> 1]!.amount} each`,
  )
  for (const side of ['without', 'beside'] as const)
    console.log(
      `  ${side.padEnd(8)}p50 ${ms(of(side, 'p50'))}  p99 ${ms(of(side, 'p99'))}  longest of all ${ms(Math.max(...results.map((round) => round[side].max)))}`,
    )
  console.log(
    `  p99 beside / without: median ${median(ratios).toFixed(2)}, half of the rounds from ${at(0.25)} to ${at(0.75)}, all from ${at(0)} to ${at(1)}`,
  )
}

for (const kind of values.journals.split(',')) {
  const subject = kind === 'sqlite' ? sqlite() : await postgres()
  const { name, url, cool } = subject
  if (wants('cost')) printCosts(subject, await subject.cost())
  if (wants('pages') || wants('ready') || wants('export') || wants('retention')) {
    const { fillSeconds, indexSeconds, bytes, indexBytes } = await subject.fill()
    const share = ((100 * indexBytes) / bytes).toFixed(1)
    console.log(
      `\n${name}: ${rows} rows in ${fillSeconds.toFixed(0)} s, indexes for filters in ${indexSeconds.toFixed(0)} s; ${(bytes / 1e9).toFixed(2)} GB, ${share} % of it these indexes`,
    )
  }
  if (wants('pages')) await pages(subject)
  if (wants('ready')) {
    const took: number[] = []
    for (let time = 0; time < 3; time++) {
      await cool()
      took.push(await readyTime(url))
    }
    console.log(`\nstart to ready, ${name}, files not in the cache: ${took.map((each) => ms(each).trim()).join(', ')}`)
  }
  if (wants('export'))
    printRounds(`500 reports a second beside an export, ${name}`, await besideExport(url, rounds, seconds))
  if (wants('retention'))
    printRounds(
      `500 reports a second while the oldest rows are removed, ${name}`,
      await besideRetention(url, DAYS, rounds, seconds),
    )
}
await stopServices()
await stopPostgres()
removeTempFolders()
