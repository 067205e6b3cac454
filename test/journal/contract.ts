import { expect } from 'chai'
import { until } from '../support/temp.ts'
import { canaryContract } from './canary-contract.ts'
import { type ContractPromises, type ContractStore, contractStage } from './contract-stage.ts'
import { entry } from './entries.ts'
import { hookContract } from './hook-contract.ts'
import { incidentContract } from './incident-contract.ts'
import { readContract } from './read-contract.ts'
import { recordContract } from './record-contract.ts'
import { signalContract } from './signal-contract.ts'

const DAY = 86_400_000

/** What every adapter of the port Journal promises. */
export function journalContract(
  name: string,
  makeStore: () => Promise<ContractStore> | ContractStore,
  promises: ContractPromises,
): void {
  describe(`${name} as a Journal`, () => {
    const stage = contractStage(makeStore, promises)
    const { totals, make, open, reopen, all, willTake } = stage
    incidentContract(stage)
    canaryContract(stage)
    signalContract(stage)
    hookContract(stage)
    recordContract(stage)
    readContract(stage)

    describe('a simulated failure', () => {
      it('is stored and marked, and counted nowhere, also after a restart', async () => {
        const journal = await open()
        const real = entry()
        const given = { ...real, failure: { ...entry().failure, mark: 'simulated' as const } }
        await Promise.all([journal.record(real), journal.record(given)])
        const again = await reopen(journal)
        expect(await again.get(given.failure.id)).to.deep.equal(given.failure)
        expect(await again.get(real.failure.id)).to.deep.equal(real.failure)
        const count = { endpoints: ['orders'], since: [stage.now() - 60_000], most: 10 }
        expect(Object.fromEntries(await again.countFailures(count))).to.deep.equal({ orders: [1] })
        if (totals) expect(stage.events().totals.map((total) => total.count)).to.deep.equal([1])
      })
    })

    describe('retention', () => {
      it('removes what is older than the age, and nothing else', async () => {
        willTake(30 * DAY + 1)
        const journal = await open({ retentionInterval: 20 })
        await Promise.all(Array.from({ length: 700 }, () => journal.record(entry({ at: stage.now() }))))
        await journal.record(entry({ at: stage.now() + DAY, message: 'young' }))
        stage.pass(30 * DAY + 1)
        await until('the old ones to expire', () => stage.events().removed === 700)
        expect((await all(journal)).map(({ message }) => message)).to.deep.equal(['young'])
        expect(stage.events().calls).to.include('expired age')
        if (totals) {
          await reopen(journal)
          expect(stage.events().counts()).to.deep.equal({ orders: 701 })
        }
      })
    })

    describe('status', () => {
      it('reports whether it is up and how much it holds', async () => {
        let journal = make()
        expect(journal.status()).to.deep.include({ up: false, pending: 0, size: null })
        await journal.open()
        const waiting = journal.record(entry({ at: stage.now() - 5 }))
        expect(journal.status()).to.deep.include({ up: true, pending: 1 })
        await waiting
        journal = await reopen(journal)
        expect(journal.status().size).to.deep.include({ failures: 1, oldestAt: stage.now() - 5 })
        expect(journal.status().size?.bytes).to.be.greaterThan(1_000)
      })
    })

    describe('close', () => {
      it('makes durable what was handed in', async () => {
        const journal = await open()
        const waiting = Promise.all(Array.from({ length: 2_000 }, () => journal.record(entry())))
        await journal.close(20_000)
        expect(await waiting).to.have.length(2_000)
        stage.opened.delete(journal)
        expect(await all(await open())).to.have.length(2_000)
      })

      it('may be called twice, and before open', async () => {
        const journal = make()
        await journal.close(1_000)
        await journal.close(1_000)
      })
    })

    if (!totals) return
    describe('totals', () => {
      it('continue after a restart, and the last time never goes back', async () => {
        const journal = await open()
        await journal.record(entry({ at: stage.now() }))
        await journal.record(entry({ at: stage.now() - 1_000 }))
        await journal.record(entry({ at: stage.now(), endpoint: 'menu', code: 404, cause: 'not_found' }))
        await reopen(journal)
        expect(stage.events().totals).to.have.deep.members([
          {
            labels: { source: 'retm', tenant: '', endpoint: 'orders', code: '500', cause: 'server_error' },
            count: 2,
            lastFailureAt: stage.now(),
          },
          {
            labels: { source: 'retm', tenant: '', endpoint: 'menu', code: '404', cause: 'not_found' },
            count: 1,
            lastFailureAt: stage.now(),
          },
        ])
      })

      it('lose a label set that was not seen for the retention time at a start, not before', async () => {
        let journal = await open({ retention: { age: DAY, size: 2 ** 30 } })
        await journal.record(entry({ at: stage.now(), endpoint: 'old' }))
        await journal.record(entry({ at: stage.now() + DAY, endpoint: 'young' }))
        journal = await reopen(journal, { retention: { age: DAY, size: 2 ** 30 } })
        expect(stage.events().counts()).to.deep.equal({ old: 1, young: 1 })
        stage.pass(DAY + 1)
        await reopen(journal, { retention: { age: DAY, size: 2 ** 30 } })
        expect(stage.events().counts()).to.deep.equal({ young: 1 })
      })

      it('are forgotten by resetSeries where unseen since then', async () => {
        const journal = await open()
        await journal.record(entry({ at: stage.now() - 10, endpoint: 'old' }))
        await journal.record(entry({ at: stage.now(), endpoint: 'young' }))
        expect(await journal.resetSeries(stage.now())).to.equal(1)
        expect(await journal.resetSeries(stage.now())).to.equal(0)
        await reopen(journal)
        expect(stage.events().counts()).to.deep.equal({ young: 1 })
        expect(await all([...stage.opened].at(-1)!)).to.have.length(2)
      })
    })
  })
}
