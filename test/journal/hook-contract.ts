import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { RecoveryReport } from '../../src/domain/incident/recovery.ts'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { until } from '../support/temp.ts'
import type { ContractStage } from './contract-stage.ts'
import { entry, HOOKED } from './entries.ts'

const [ORDERS, REFUNDS] = HOOKED

/** The part of hooks and recoveries in what every adapter of the port Journal promises. */
export function hookContract(stage: ContractStage): void {
  const fail = (journal: Journal, endpoint: string) =>
    journal.record(entry({ at: stage.now(), endpoint, isTracked: true }))
  const close = (journal: Journal, endpoint: string, id: string) =>
    journal.apply(endpoint, { type: 'resolve', at: stage.now(), id, reason: 'fixed' })
  const idsOf = async (journal: Journal, hook: string) => (await journal.pendingEvents(hook, 100)).map(({ id }) => id)
  const report = (journal: Journal, id: string, more: Partial<RecoveryReport>) =>
    journal.recover(id, {
      type: 'report',
      at: stage.now(),
      report: { task: 't', status: 'finished', restored: 1, tenants: [], detail: null, closedAt: null, ...more },
    })

  describe('the outbox', () => {
    it('has an event for each change and hook, in order, over a restart, until it is removed', async () => {
      let journal = await stage.open()
      const { id } = await fail(journal, ORDERS)
      await fail(journal, ORDERS)
      await close(journal, ORDERS, id)
      const { id: other } = await fail(journal, REFUNDS)
      stage.pass(1)
      await fail(journal, ORDERS)
      await fail(journal, 'elsewhere')
      journal = await stage.reopen(journal)
      const expected = [`${id}-opened-1`, `${id}-closed-1`, `${other}-opened-1`, `${id}-reopened-1`]
      expect(await idsOf(journal, 'all')).to.deep.equal(expected)
      expect(await idsOf(journal, 'openings')).to.deep.equal([`${id}-opened-1`, `${other}-opened-1`])
      expect(await idsOf(journal, 'nobody')).to.deep.equal([])
      const [opened, closed] = await journal.pendingEvents('all', 2)
      expect(opened).to.include({ hook: 'all', event: 'incident.opened', recovery: null })
      expect(opened?.incident).to.include({ id, failures: 1, closedAt: null })
      expect(closed?.incident).to.include({ failures: 2, closedAt: closed?.at })
      expect(closed?.recovery).to.include({ status: 'open', closedAt: closed?.at })
      await journal.removeEvents([opened!.sequence, closed!.sequence])
      expect(await idsOf(journal, 'all')).to.deep.equal(expected.slice(2))
      const last = (await journal.pendingEvents('all', 100)).at(-1)!
      await journal.removeEvents([last.sequence])
      await close(journal, ORDERS, id)
      expect((await journal.pendingEvents('all', 100)).at(-1)!.sequence).to.be.above(last.sequence)
    })

    it('keeps what is still to be sent past a short retention time', async () => {
      const hour = 3_600_000
      const options = { retention: { age: 6 * hour, size: 2 ** 30 } }
      stage.willTake(21 * hour)
      let journal = await stage.open(options)
      const { id } = await fail(journal, ORDERS)
      for (const hours of [1, 20]) {
        stage.pass(hours * hour)
        journal = await stage.reopen(journal, options)
      }
      await until('the removal', async () => (await journal.get(id)) === undefined)
      // What follows in the same run.
      await sleep(200)
      expect(await idsOf(journal, 'all')).to.deep.equal([`${id}-opened-1`])
    })

    it('keeps the order of an incident within one group', async () => {
      const journal = await stage.open()
      const first = entry({ at: stage.now(), endpoint: ORDERS, isTracked: true })
      await Promise.all([
        journal.record(first),
        close(journal, ORDERS, first.failure.id),
        fail(journal, ORDERS),
        close(journal, ORDERS, first.failure.id),
      ])
      const changes = (await idsOf(journal, 'all')).map((id) => id.slice(first.failure.id.length))
      expect(changes).to.deep.equal(['-opened-1', '-closed-1', '-reopened-1', '-closed-2'])
    })
  })

  describe('recoveries', () => {
    it('are open once an incident has closed, and follow requests and reports', async () => {
      let journal = await stage.open()
      const { id } = await fail(journal, ORDERS)
      expect(await journal.recover(id, { type: 'request', at: 1, detail: null })).to.include({ change: 'open' })
      await close(journal, ORDERS, id)
      const requested = await journal.recover(id, { type: 'request', at: stage.now(), detail: 'please' })
      expect(requested?.change).to.equal('requested')
      expect(requested?.incident.recovery).to.include({ status: 'requested', task: `${id}-requested-1` })
      expect((await idsOf(journal, 'all')).at(-1)).to.equal(`${id}-requested-1`)
      expect((await report(journal, id, { status: 'running' }))?.incident.recovery).to.include({ status: 'running' })
      journal = await stage.reopen(journal)
      expect((await report(journal, id, {}))?.change).to.equal('reported')
      expect((await report(journal, id, {}))?.change).to.equal('none')
      expect((await journal.incident(id))?.incident.recovery).to.include({ status: 'finished', restored: 1 })
      // The endpoint's state has it too: the next event builds on it.
      stage.pass(1)
      expect((await fail(journal, ORDERS)).incident?.state.incident?.recovery).to.include({ status: 'open' })
      expect(
        await journal.recover('00000000-0000-7000-8000-000000000000', { type: 'request', at: 1, detail: null }),
      ).to.equal(undefined)
    })

    it('of an earlier incident can be reported too', async () => {
      stage.willTake(2_000_000)
      const journal = await stage.open()
      const { id: earlier } = await fail(journal, ORDERS)
      await close(journal, ORDERS, earlier)
      stage.pass(2_000_000)
      const { id: later } = await fail(journal, ORDERS)
      expect(later).not.to.equal(earlier)
      expect((await report(journal, earlier, {}))?.incident.recovery).to.include({ status: 'finished' })
      expect((await fail(journal, ORDERS)).incident?.state.incident).to.include({ id: later, failures: 2 })
    })

    it('are counted by endpoint and status, and filter incidents', async () => {
      const journal = await stage.open()
      for (const endpoint of [ORDERS, REFUNDS, 'elsewhere']) {
        const { id } = await fail(journal, endpoint)
        await close(journal, endpoint, id)
        if (endpoint === REFUNDS) await report(journal, id, { status: 'failed' })
      }
      const counts = [...(await journal.recoveries())].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1))
      expect(counts).to.deep.equal([
        { endpoint: 'elsewhere', status: 'not_needed', incidents: 1, oldestClosedAt: stage.now() },
        { endpoint: ORDERS, status: 'open', incidents: 1, oldestClosedAt: stage.now() },
        { endpoint: REFUNDS, status: 'failed', incidents: 1, oldestClosedAt: stage.now() },
      ])
      const names = async (recovery: 'open' | 'unfinished') =>
        (await journal.incidents({ recovery }, { limit: 9 })).incidents.map(({ endpoint }) => endpoint)
      expect(await names('open')).to.deep.equal([ORDERS])
      expect(await names('unfinished')).to.deep.equal([REFUNDS, ORDERS])
    })

    it('keep incidents past their time until they are finished', async () => {
      const day = 86_400_000
      stage.willTake(80 * day)
      let journal = await stage.open()
      const ids: string[] = []
      for (const _ of [1, 2, 3]) {
        const { id } = await fail(journal, ORDERS)
        ids.push(id)
        await close(journal, ORDERS, id)
        stage.pass(day)
      }
      await report(journal, ids[1]!, {})
      stage.pass(35 * day)
      await fail(journal, ORDERS)
      journal = await stage.reopen(journal)
      await until('the removal', async () => (await journal.incident(ids[1]!)) === undefined)
      expect((await journal.incident(ids[0]!))?.incident.recovery).to.include({ status: 'open' })
      // Nobody fetched the events: a hook that is no longer configured must not fill the journal.
      await until('the events to go', async () => !(await idsOf(journal, 'all')).some((id) => id.startsWith(ids[0]!)))
    })
  })
}
