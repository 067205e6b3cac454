import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresJournal } from '../../src/journal/postgres/journal.ts'
import { entry, INCIDENTS } from '../journal/entries.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { filled, refill } from './postgres-rows.ts'

const ROWS = 1_000_000
/** Of them, too old; they are spread over a year. */
const OLD = 200_000
/** Reports a second, evenly. */
const RATE = 1_000
const YEAR = 365 * 86_400_000

interface Run {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly seconds: number
}

/**
 * What retention does to those who report meanwhile: 1,000 reports a second while 200,000 rows are removed, beside the
 * same rows and the same time without. Prints milliseconds from the call to the commit, and the ratios.
 */
export async function retention(server: PostgresServer, rounds: number): Promise<void> {
  const database = await filled(server, 'retention', ROWS)
  const runs: [Run, Run][] = []
  for (let round = 0; round < rounds; round++) {
    await settle(server, database)
    const during = await run(server, database, YEAR * (1 - OLD / ROWS), undefined)
    await settle(server, database)
    const without = await run(server, database, 10 * YEAR, during.seconds)
    runs.push([without, during])
  }
  const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
  const show = (key: keyof Run, side: 0 | 1) => median(runs.map((pair) => pair[side][key])).toFixed(2)
  console.log(`\n${RATE} reports a second while ${OLD} of ${ROWS} rows are removed: medians of ${rounds} rounds`)
  for (const [side, name] of (['without', 'during'] as const).entries()) {
    const at = side as 0 | 1
    console.log(
      `  ${name.padEnd(8)} p50 ${show('p50', at)} ms  p99 ${show('p99', at)} ms  longest ${show('max', at)} ms  in ${show('seconds', at)} s`,
    )
  }
  const ratio = (key: keyof Run) => median(runs.map(([without, during]) => during[key] / without[key])).toFixed(2)
  console.log(`  during / without: p50 ${ratio('p50')}, p99 ${ratio('p99')}`)
}

async function settle(server: PostgresServer, database: string): Promise<void> {
  await refill(server, database, ROWS)
  await server.query('CHECKPOINT')
}

/** @param age of retention, milliseconds @param seconds how long; until all old rows are gone unless given */
async function run(server: PostgresServer, database: string, age: number, seconds: number | undefined): Promise<Run> {
  let removed = 0
  const journal = openPostgresJournal({
    url: server.socketUrl(database),
    clock: Date.now,
    incidents: INCIDENTS,
    retention: { age, size: 2 ** 40 },
    events: {
      onOpened: () => {},
      onSnapshot: () => {},
      onFault: (_, detail) => console.error(detail),
      onCommitted: () => {},
      onExpired: (failures) => {
        removed += failures
      },
    },
  })
  await journal.open()
  const begun = performance.now()
  const took: number[] = []
  const pending: Promise<unknown>[] = []
  const over = () => (seconds === undefined ? removed >= OLD * 0.999 : performance.now() - begun >= seconds * 1_000)
  for (let sent = 0; !over(); ) {
    for (; sent < ((performance.now() - begun) / 1_000) * RATE; sent++) {
      const asked = performance.now()
      pending.push(journal.record(entry()).then(() => took.push(performance.now() - asked)))
    }
    await sleep(1)
  }
  const lasted = (performance.now() - begun) / 1_000
  await Promise.all(pending)
  await journal.close(10_000)
  took.sort((a, b) => a - b)
  const at = (part: number) => took[Math.floor(took.length * part)]!
  return { p50: at(0.5), p99: at(0.99), max: took.at(-1)!, seconds: lasted }
}
