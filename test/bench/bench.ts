import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { removeTempFolders } from '../support/temp.ts'
import type { Figure, Rows } from './figure.ts'
import { reports } from './figures/reports.ts'
import { rest } from './figures/rest.ts'
import { scraped } from './figures/scraped.ts'
import { sources } from './figures/sources.ts'
import { storm } from './figures/storm.ts'
import { traced } from './figures/traced.ts'
import { BARE, otherCheckout, SERVICE, type Side } from './sides.ts'
import { type Round, table } from './table.ts'

/**
 * `npm run bench`: bare Koa in plain JavaScript and the service in turn, in one go, so that the ratios hold when the
 * machine's speed drifts; with `--against FOLDER` another checkout of the service too. The service is durable (SQLite).
 */
const FIGURES: readonly Figure[] = [rest, reports, traced, scraped, sources, storm]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '64' },
    figures: { type: 'string' },
    sides: { type: 'string' },
    against: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench -- [--quick] [--rounds N] [--seconds S] [--connections C] [--figures NAME,NAME]
               [--sides NAME,NAME] [--against FOLDER]

figures:
${FIGURES.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}
--sides: bare Koa, service, and the name of the folder given with --against (a checkout with its dependencies)`)
  process.exit(0)
}
const settings = {
  seconds: Number(values.seconds ?? (values.quick ? 4 : 10)),
  connections: Number(values.connections),
}
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
const chosen = named(FIGURES, values.figures)
const sides: readonly Side[] = named(
  [BARE, ...(values.against === undefined ? [] : [otherCheckout(values.against)]), SERVICE],
  values.sides,
)

function named<T extends { readonly name: string }>(all: readonly T[], names: string | undefined): readonly T[] {
  const wanted = names?.split(',') ?? all.map(({ name }) => name)
  const unknown = wanted.filter((name) => !all.some((each) => each.name === name))
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(', ')}; known: ${all.map(({ name }) => name).join(', ')}`)
  return all.filter(({ name }) => wanted.includes(name))
}

console.log(
  `Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load average ${loadavg()[0]!.toFixed(1)}`,
)
for (const { name, command, folder } of sides) console.log(`${name}: ${command} (in ${folder})`)
// Once before it counts: the second start finds the compile cache.
for (const side of sides) await reports.measure(side, { ...settings, seconds: 1 })
const results: Round[] = []
for (let round = 1; round <= rounds; round++) {
  const measured: Rows[] = sides.map(() => ({}))
  for (const figure of chosen) {
    // In turn within each figure, so that the sides meet the same machine.
    for (const [index, side] of sides.entries()) {
      const rows = await figure.measure(side, settings)
      measured[index] = { ...measured[index], ...rows }
      console.log(`round ${round}/${rounds}  ${figure.name}  ${side.name}: ${summary(rows)}`)
    }
  }
  results.push(measured)
}
removeTempFolders()

function summary(rows: Rows): string {
  return Object.entries(rows)
    .slice(0, 3)
    .map(([name, value]) => `${name} ${value.toFixed(value < 100 ? 1 : 0)}`)
    .join('; ')
}

console.log(`
Medians of ${rounds} rounds, in brackets the least and the most; loads of ${settings.seconds} s over ${settings.connections} connections.
A ratio is the median of the rounds' ratios.

${table(sides, results)}`)
