import { expect } from 'chai'
import { TIMELINE_LIMIT } from '../../src/domain/incident/timeline.ts'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import { until } from '../support/temp.ts'
import type { ContractStage } from './contract-stage.ts'
import { entry, INCIDENTS, signalEntry } from './entries.ts'

/** What every adapter of the port Journal promises of signals that are no failures. */
export function signalContract(stage: ContractStage): void {
  const newId = failureIds()
  const at = (more: Parameters<typeof signalEntry>[1] = {}) => ({ receivedAt: stage.now(), ...more })
  const record = (journal: Journal, ...entries: Parameters<Journal['recordAll']>[0]) =>
    Promise.all(journal.recordAll(entries))

  describe('signals', () => {
    it('are rows of the incident that they open or join, and no failures', async () => {
      let journal = await stage.open()
      const warning = signalEntry('failing', at({ key: 'w1' }))
      const off = signalEntry('disabled', at({ key: 'd1' }))
      const [opened] = await record(journal, warning)
      expect(opened).to.include({ id: warning.signal.id, duplicate: false })
      expect(opened?.incident?.change).to.equal('opened')
      const [joined, lost] = await record(journal, off, entry({ at: stage.now(), isTracked: true }))
      expect([joined?.incident?.change, lost?.incident?.change]).to.deep.equal(['joined', 'joined'])
      const { id } = opened!.incident!.state.incident!
      journal = await stage.reopen(journal)
      const stored = await journal.incident(id)
      expect(stored?.timeline).to.deep.equal([warning.signal, off.signal])
      expect(stored?.incident).to.include({ failures: 1 })
      expect(stored?.incident.signals).to.include({ total: 2, warnings: 1, disablings: 1 })
      expect(stage.events().states[0]?.incident).to.deep.equal(stored?.incident)
      expect((await journal.list({}, { limit: 9 })).failures).to.have.length(1)
    })

    it('are rows of the incident that was open when they came, also where it closes and the next one opens within one group', async () => {
      const journal = await stage.open()
      const [first, second, next] = [0, 1, INCIDENTS.quietTime + 3].map((later) =>
        signalEntry('failing', { receivedAt: stage.now() + later }),
      )
      const [opened] = await record(journal, first!)
      const { id } = opened!.incident!.state.incident!
      const [, , [last]] = await Promise.all([
        record(journal, second!),
        journal.apply('orders', { type: 'resolve', at: stage.now() + 2, id, reason: 'a test' }),
        record(journal, next!),
      ])
      const timelineOf = async (incident: string) => (await journal.incident(incident))?.timeline
      expect(await timelineOf(id)).to.deep.equal([first!.signal, second!.signal])
      expect(await timelineOf(last!.incident!.state.incident!.id)).to.deep.equal([next!.signal])
    })

    it('count once by their sender’s id, per source and tenant, also within one group and after a restart', async () => {
      let journal = await stage.open()
      const first = signalEntry('failing', at({ key: 'k' }))
      const others = [{ source: 'convoy' }, { tenant: 'bar' }].map((own) =>
        signalEntry('failing', at({ key: 'k', ...own })),
      )
      const again = () => signalEntry('disabled', at({ key: 'k', message: 'other content' }))
      const answers = await record(journal, first, again(), ...others)
      expect(answers.map(({ duplicate }) => duplicate)).to.deep.equal([false, true, false, false])
      expect(answers[1]).to.deep.equal({ id: first.signal.id, duplicate: true })
      journal = await stage.reopen(journal)
      expect(await record(journal, again())).to.deep.equal([{ id: first.signal.id, duplicate: true }])
      const [incident] = (await journal.incidents({}, { limit: 2 })).incidents
      expect(incident?.signals).to.deep.include({ total: 3, disabled: [] })
    })

    it('keep the first row and the newest ones', async () => {
      const journal = await stage.open()
      const entries = Array.from({ length: TIMELINE_LIMIT + 20 }, (_, index) =>
        signalEntry('failing', at({ message: `m${index}`, ...(index % 2 === 0 && { key: `k${index}` }) })),
      )
      const half = entries.length / 2
      const [opened] = await record(journal, ...entries.slice(0, half))
      await record(journal, ...entries.slice(half))
      const { timeline, incident } = (await journal.incident(opened!.incident!.state.incident!.id))!
      const kept = [entries[0], ...entries.slice(1 - TIMELINE_LIMIT)]
      expect(timeline.map(({ message }) => message)).to.deep.equal(kept.map((each) => each?.signal.message))
      expect(incident.signals?.total).to.equal(entries.length)
      // The ids of the others are still known.
      const [known] = await record(journal, signalEntry('failing', at({ key: 'k2' })))
      expect(known).to.deep.equal({ id: entries[2]!.signal.id, duplicate: true })
    })

    it('of an endpoint that nothing is known of leave nothing but their id', async () => {
      const journal = await stage.open()
      const [first] = await record(journal, signalEntry('recovered', at({ key: 'r', what: 'both' })))
      expect(first).to.include({ duplicate: false })
      const [untracked] = await record(journal, signalEntry('failing', at({ key: 'u', isTracked: false })))
      expect(untracked).not.to.have.property('incident')
      expect((await journal.incidents({}, { limit: 2 })).incidents).to.deep.equal([])
      const again = await record(
        journal,
        signalEntry('recovered', at({ key: 'r' })),
        signalEntry('failing', at({ key: 'u' })),
      )
      expect(again.map(({ duplicate }) => duplicate)).to.deep.equal([true, true])
    })

    it('keep the last good deliveries over a restart, which begin the next window', async () => {
      let journal = await stage.open()
      const stream = { source: 'svix', tenant: 'cafe', url: 'svix:ep_1', at: stage.now(), proof: 'platform' } as const
      const run = { count: 1, since: stage.now() }
      await journal.apply('orders', { type: 'delivered', at: stage.now(), streams: [{ ...stream, run }] })
      journal = await stage.reopen(journal)
      expect(stage.events().states[0]?.delivered).to.deep.equal([stream])
      stage.pass(5_000)
      const [warned] = await record(journal, signalEntry('failing', at()))
      expect(warned?.incident?.state.incident?.loss).to.include({ from: stream.at, fromProof: 'platform' })
    })

    it('keep an incident open while its endpoint is disabled', async () => {
      let journal = await stage.open()
      const [opened] = await record(journal, signalEntry('disabled', at()))
      const { id } = opened!.incident!.state.incident!
      stage.pass(INCIDENTS.quietTime + 1)
      journal = await stage.reopen(journal)
      const tick = () => journal.apply('orders', { type: 'tick', at: stage.now(), probed: false })
      expect((await tick()).change).to.equal('none')
      await record(journal, signalEntry('recovered', at({ what: 'enabled', code: null, cause: null })))
      stage.pass(INCIDENTS.quietTime + 1)
      expect((await tick()).change).to.equal('closed')
      expect((await journal.incident(id))?.timeline.map(({ type }) => type)).to.deep.equal(['disabled', 'recovered'])
    })

    it('are removed with their incident, and by age where they belong to none', async () => {
      const day = 86_400_000
      stage.willTake(33 * day)
      let journal = await stage.open()
      const ids: string[] = []
      for (const key of ['a', 'b']) {
        const [opened] = await record(journal, signalEntry('failing', at({ key })))
        const { id } = opened!.incident!.state.incident!
        ids.push(id)
        await journal.apply('orders', { type: 'resolve', at: stage.now(), id, reason: 'r' })
        stage.pass(day)
      }
      await record(journal, signalEntry('recovered', at({ key: 'c', endpoint: 'other' })))
      stage.pass(30 * day)
      // What is open is not forgotten at the start.
      await journal.apply('orders', { type: 'delivered', at: stage.now(), streams: [] })
      journal = await stage.reopen(journal)
      await until('the removal', async () => (await journal.incident(ids[0]!)) === undefined)
      const isKnown = async (key: string, endpoint: string) =>
        (await record(journal, signalEntry('recovered', at({ key, endpoint, id: newId(stage.now()) }))))[0]!.duplicate
      // The last incident of the endpoint stays, with its timeline.
      expect((await journal.incident(ids[1]!))?.timeline).to.have.length(1)
      await until('the ids to go', async () => !(await isKnown('a', 'orders')))
      expect(await isKnown('b', 'orders')).to.equal(true)
    })
  })
}
