import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { REPORT, report, scrape, sum } from './support/http.ts'
import { type Service, startService, stopServices } from './support/service.ts'
import { tempFolder, until } from './support/temp.ts'

/** `npm run test:crash` sets 20. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3)
const CLIENTS = 32

/** Reports without a pause until the service is gone; collects the ids that were acknowledged. */
async function load(service: Service, acknowledged: Set<string>): Promise<void> {
  let gone = false
  void service.exited.then(() => {
    gone = true
  })
  const client = async (number: number) => {
    for (let count = 0; !gone; count++) {
      try {
        const response = await report(service.ingest, {
          ...REPORT,
          endpoint: `https://shop-${number % 5}.example/hook`,
          code: 500 + (count % 5),
        })
        if (response.status === 202) acknowledged.add(((await response.json()) as { id: string }).id)
      } catch {
        // Killed before it answered: nothing was promised.
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
}

async function idsInJournal(service: Service): Promise<Set<string>> {
  const response = await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })
  const lines = (await response.text()).split('\n').filter((line) => line !== '')
  return new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id))
}

describe(`kill -9 under load, ${ROUNDS} rounds`, () => {
  afterEach(stopServices)

  it('loses no acknowledged failure, and counts what the journal holds', async function () {
    this.timeout(60_000 + ROUNDS * 20_000)
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const acknowledged = new Set<string>()
    for (let round = 1; round <= ROUNDS; round++) {
      const service = await startService({ env })
      const clients = load(service, acknowledged)
      await until('the first answers of this round', () => acknowledged.size > round * 20)
      await sleep(100 + Math.random() * 700)
      await service.stop('SIGKILL')
      await clients

      const restarted = await startService({ env })
      const found = await idsInJournal(restarted)
      const lost = [...acknowledged].filter((id) => !found.has(id))
      const counted = sum(await scrape(restarted.admin), 'webhook_delivery_failures_total')
      console.log(
        `      round ${round}: ${acknowledged.size} acknowledged, ${found.size} in the journal, ${lost.length} lost, ${counted} counted`,
      )
      expect(lost).to.deep.equal([])
      expect(counted).to.equal(found.size)
      expect((await restarted.stop()).code).to.equal(0)
    }
  })
})
