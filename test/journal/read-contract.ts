import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import type { ContractStage } from './contract-stage.ts'
import { codeOf, entry } from './entries.ts'

/** What every adapter of the port Journal promises of reading the failures that it has. */
export function readContract(stage: ContractStage): void {
  const { open, all } = stage

  describe('countFailures', () => {
    it('counts each endpoint since each time, and no further than asked', async () => {
      const journal = await open()
      const add = (endpoint: string, ages: readonly number[]) =>
        ages.map((age) => entry({ endpoint, at: stage.now() - age }))
      const entries = [
        ...add('a', [0, 1_000, 5_000]),
        ...add("b' OR 1 --", [1_000, 10_000]),
        ...add('busy', Array(12).fill(0)),
      ]
      await Promise.all(entries.map((each) => journal.record(each)))
      const counted = await journal.countFailures({
        endpoints: ['a', "b' OR 1 --", 'busy', 'nothing here'],
        since: [stage.now() - 2_000, stage.now() - 10_000],
        most: 10,
      })
      expect(Object.fromEntries(counted)).to.deep.equal({
        a: [2, 3],
        "b' OR 1 --": [1, 2],
        busy: [10, 10],
        'nothing here': [0, 0],
      })
      expect(await journal.countFailures({ endpoints: [], since: [0], most: 1 })).to.deep.equal(new Map())
    })
  })

  describe('get', () => {
    it('answers undefined for what it does not have', async () => {
      const journal = await open()
      expect(await journal.get(entry().failure.id)).to.equal(undefined)
      expect(await journal.get('no id')).to.equal(undefined)
    })
  })

  describe('list', () => {
    it('pages newest first by a cursor that inserts do not move, to a true end', async () => {
      const journal = await open()
      const ids = Array.from({ length: 6 }, (_, i) => entry({ at: stage.now() + i }))
      for (const each of ids) await journal.record(each)
      const expected = ids.map(({ failure }) => failure.id).toReversed()
      const seen: string[] = []
      let before: string | null = null
      for (let page = 0; page < 3; page++) {
        const answer: Awaited<ReturnType<Journal['list']>> = await journal.list(
          {},
          { limit: 2, ...(before === null ? {} : { before }) },
        )
        seen.push(...answer.failures.map(({ id }) => id))
        before = answer.next
        await journal.record(entry({ at: stage.now() + 1_000 + page }))
      }
      expect(seen).to.deep.equal(expected)
      expect(before).to.equal(null)
    })

    it('answers an empty page to values that no record can have', async () => {
      const journal = await open()
      await journal.record(entry({ at: stage.now(), isTracked: true }))
      const page = { failures: [], next: null }
      for (const filter of [
        { endpoint: '\0' },
        { source: 'a\0b', tenant: '\ud800' },
        { code: 2 ** 63 },
        { code: -1e300 },
        { since: 1e300 },
        { until: -1e300 },
        { until: -0.5, code: 0.5 },
      ])
        expect(await journal.list(filter, { limit: 9 }), JSON.stringify(filter)).to.deep.equal(page)
      for (const filter of [{ endpoint: '\0' }, { open: false, since: 1e300 }, { open: false, since: -1e300 }])
        expect((await journal.incidents(filter, { limit: 9 })).incidents, JSON.stringify(filter)).to.deep.equal([])
      expect((await journal.list({ since: -1e300, until: 1e300 }, { limit: 9 })).failures).to.have.length(1)
      expect((await journal.list({ since: stage.now() - 0.5 }, { limit: 9 })).failures).to.have.length(1)
      expect((await journal.incidents({ since: -0.5 }, { limit: 9 })).incidents).to.have.length(1)
    })

    it('answers an empty page where there is nothing', async () => {
      const journal = await open()
      expect(await journal.list({}, { limit: 10 })).to.deep.equal({ failures: [], next: null })
    })

    it('filters by each field, by time, and by several together', async () => {
      const journal = await open()
      const entries = [
        entry({ at: stage.now() }),
        entry({ at: stage.now() + 1, source: 'other' }),
        entry({ at: stage.now() + 2, tenant: 'bar' }),
        entry({ at: stage.now() + 3, endpoint: 'menu' }),
        entry({ at: stage.now() + 4, code: 404, cause: 'not_found' }),
        entry({ at: stage.now() + 5, endpoint: 'menu', tenant: 'bar' }),
      ]
      await Promise.all(entries.map((each) => journal.record(each)))
      const found = async (filter: object) =>
        (await journal.list(filter, { limit: 10 })).failures.map(({ receivedAt }) => receivedAt - stage.now())
      expect(await found({ source: 'other' })).to.deep.equal([1])
      expect(await found({ tenant: 'bar' })).to.deep.equal([5, 2])
      expect(await found({ endpoint: 'menu' })).to.deep.equal([5, 3])
      expect(await found({ code: 404 })).to.deep.equal([4])
      expect(await found({ cause: 'not_found' })).to.deep.equal([4])
      expect(await found({ since: stage.now() + 4 })).to.deep.equal([5, 4])
      expect(await found({ until: stage.now() + 2 })).to.deep.equal([1, 0])
      expect(await found({ since: stage.now() + 2, until: stage.now() + 4 })).to.deep.equal([3, 2])
      expect(await found({ endpoint: 'menu', tenant: 'bar', source: 'retm', code: 500 })).to.deep.equal([5])
      expect(await found({ endpoint: 'menu', until: stage.now() + 4, cause: 'server_error' })).to.deep.equal([3])
      expect(await found({ endpoint: 'menu', source: 'other' })).to.deep.equal([])
      expect((await all(journal, { tenant: 'bar' })).map(({ receivedAt }) => receivedAt - stage.now())).to.deep.equal([
        5, 2,
      ])
    })

    it('refuses a cursor that is not its own', async () => {
      const journal = await open()
      expect(await codeOf(journal.list({}, { limit: 1, before: "x' OR 1=1" }))).to.equal('invalid_request')
    })
  })

  describe('stream', () => {
    it('gives 20,000 in order at bounded memory', async function () {
      this.timeout(60_000)
      const journal = await open()
      const message = 'm'.repeat(2_000)
      for (let batch = 0; batch < 20; batch++) {
        await Promise.all(
          Array.from({ length: 1_000 }, () => journal.record(entry({ message, at: stage.now() + batch }))),
        )
      }
      const held = heap()
      let count = 0
      let last = '~'
      let most = 0
      let measuredAt = 0
      for await (const chunk of journal.stream({})) {
        for (const { id } of chunk) {
          expect(id < last).to.equal(true)
          last = id
        }
        count += chunk.length
        if (count < measuredAt + 5_000) continue
        measuredAt = count
        most = Math.max(most, heap() - held)
      }
      expect(count).to.equal(20_000)
      // All of it would be 40 MB and more.
      expect(most).to.be.lessThan(15 * 2 ** 20)
    })

    it('ends early without harm, and shows nothing that came after it began', async () => {
      const journal = await open()
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => journal.record(entry({ at: stage.now() + i }))))
      let seen = 0
      for await (const chunk of journal.stream({})) {
        if (seen === 0) await journal.record(entry({ at: stage.now() + 5_000 }))
        for (const { receivedAt } of chunk) expect(receivedAt).to.be.lessThan(stage.now() + 1_000)
        seen += chunk.length
        if (seen >= 600) break
      }
      expect(await all(journal)).to.have.length(1_001)
    })
  })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of what is reachable. */
function heap(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
