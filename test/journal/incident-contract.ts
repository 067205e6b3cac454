import { expect } from 'chai'
import type { IncidentEvent } from '../../src/domain/incident/incident.ts'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import type { Verdict } from '../../src/domain/verdict/verdict.ts'
import { until } from '../support/temp.ts'
import type { ContractStage } from './contract-stage.ts'
import { codeOf, entry, INCIDENTS, signalEntry } from './entries.ts'

const verdict = (at: number, rule: string): Verdict => ({
  at,
  cause: 'tls',
  confidence: 'agree',
  rule,
  sentence: 'Certificate expired, confirmed by a probe',
  vantage: 'public',
  evidence: ['seen'],
  checks: ['look'],
})

/** The incident part of what every adapter of the port Journal promises. */
export function incidentContract(stage: ContractStage): void {
  const newId = failureIds()
  const failed = (endpoint = 'orders', more: object = {}) =>
    entry({ at: stage.now(), endpoint, isTracked: true, ...more })
  const probe = (up: boolean, more: object = {}) =>
    ({
      type: 'probe',
      at: stage.now(),
      startedAt: stage.now(),
      id: newId(stage.now()),
      scheduled: true,
      up,
      pathUnproven: false,
      status: up ? 200 : null,
      cause: up ? null : 'timeout',
      ...more,
    }) as const satisfies IncidentEvent
  const tick = (probed: boolean) => ({ type: 'tick', at: stage.now(), probed }) as const

  describe('incidents', () => {
    it('reports what a failure did to its endpoint’s incident, and nothing where that is not followed', async () => {
      const journal = await stage.open()
      const first = failed()
      const opened = await journal.record(first)
      expect(opened.incident?.change).to.equal('opened')
      expect(opened.incident?.state).to.include({ endpoint: 'orders', incidents: 1 })
      expect(opened.incident?.state.incident).to.include({ id: first.failure.id, failures: 1, closedAt: null })
      expect((await journal.record(failed())).incident?.change).to.equal('joined')
      expect(await journal.record(entry({ endpoint: 'other' }))).not.to.have.property('incident')
    })

    describe('of endpoints that are not configured', () => {
      const limited = { incidents: { ...INCIDENTS, unconfigured: { configured: ['orders'], limit: 6, places: 500 } } }
      const openNames = async (journal: Journal) =>
        (await journal.incidents({ open: true }, { limit: 100 })).incidents.map(({ endpoint }) => endpoint).toSorted()
      const flood = (journal: Journal, prefix: string, tenant: string) =>
        Promise.all(Array.from({ length: 20 }, (_, index) => journal.record(failed(`${prefix}-${index}`, { tenant }))))

      it('opens as many as the limit allows, half of them for one credential, and stores every report', async () => {
        const journal = await stage.open(limited)
        const first = await flood(journal, 'mallory', 'mallory')
        expect(first.filter(({ incident }) => incident)).to.have.length(3)
        // A tenant that the report names does not make another credential of it.
        const named = failed('named', { tenant: 'invented', openedBy: 'retm/mallory' })
        expect(await journal.record(named)).not.to.have.property('incident')
        const signal = { ...signalEntry('failing', { endpoint: 'warned' }), openedBy: 'retm/mallory' }
        expect(await journal.recordAll([signal])[0]).not.to.have.property('incident')
        expect((await flood(journal, 'alice', 'alice')).filter(({ incident }) => incident)).to.have.length(3)
        expect(await journal.record(failed('bob', { tenant: 'bob' }))).not.to.have.property('incident')
        expect((await journal.record(failed('mallory-0'))).incident?.change).to.equal('joined')
        expect((await journal.record(failed('orders'))).incident?.change).to.equal('opened')
        expect(await openNames(journal)).to.have.length(7)
        expect(await stage.all(journal)).to.have.length(44)
      })

      it('counts those that were open before a restart, and gives the room of closed ones to others', async () => {
        const journal = await stage.open(limited)
        const [first] = await flood(journal, 'mallory', 'mallory')
        const again = await stage.reopen(journal, limited)
        expect((await flood(again, 'more', 'mallory')).filter(({ incident }) => incident)).to.have.length(0)
        await again.apply('mallory-0', { type: 'resolve', at: stage.now(), id: first!.id, reason: 'invented' })
        stage.pass(1_000)
        expect((await again.record(failed('next', { tenant: 'mallory' }))).incident?.change).to.equal('opened')
        // Its room is taken now: it does not reopen.
        expect(await again.record(failed('mallory-0', { tenant: 'mallory' }))).not.to.have.property('incident')
        expect(await openNames(again)).to.deep.equal(['mallory-1', 'mallory-2', 'next'])
      })
    })

    it('forgets the endpoint that is not configured and closed first where one more has an incident', async () => {
      const unconfigured = { configured: ['orders'], limit: 6, places: 4 }
      const journal = await stage.open({ incidents: { ...INCIDENTS, unconfigured } })
      const open = async (endpoint: string) => {
        stage.pass(1_000)
        return (await journal.record(failed(endpoint, { tenant: endpoint }))).incident
      }
      const close = async (endpoint: string) => {
        const { id } = (await journal.incidents({ open: true, endpoint }, { limit: 1 })).incidents[0]!
        stage.pass(1_000)
        await journal.apply(endpoint, { type: 'resolve', at: stage.now(), id, reason: 'x' })
      }
      for (const name of ['orders', 'a', 'b', 'c']) await open(name)
      for (const name of ['orders', 'b', 'a']) await close(name)
      expect((await open('d'))?.change).to.equal('opened')
      // What is forgotten would be reopened otherwise; its past incident stays.
      expect((await open('a'))?.change).to.equal('reopened')
      await close('c')
      expect((await open('b'))?.change).to.equal('opened')
      expect((await open('orders'))?.change).to.equal('reopened')
      expect((await journal.incidents({ endpoint: 'b' }, { limit: 10 })).incidents).to.have.length(2)
    })

    it('counts a duplicate once', async () => {
      const journal = await stage.open()
      await journal.record(failed('orders', { key: 'k' }))
      const again = await journal.record(failed('orders', { key: 'k' }))
      expect(again).to.include({ duplicate: true }).and.not.to.have.property('incident')
      const [incident] = (await journal.incidents({}, { limit: 10 })).incidents
      expect(incident?.failures).to.equal(1)
    })

    it('counts many at once, in one incident each, exactly', async () => {
      const journal = await stage.open()
      const names = Array.from({ length: 600 }, (_, index) => `e${index % 7}`)
      const recorded = await Promise.all(names.map((name) => journal.record(failed(name))))
      expect(recorded.filter(({ incident }) => incident?.change === 'opened')).to.have.length(7)
      const { incidents } = await journal.incidents({}, { limit: 100 })
      expect(incidents.map(({ failures }) => failures).reduce((sum, count) => sum + count, 0)).to.equal(600)
      expect(new Set(incidents.map(({ endpoint }) => endpoint)).size).to.equal(7)
      expect(incidents).to.have.length(7)
    })

    it('leaves out of the incident what it does not store', async () => {
      const journal = await stage.open()
      const first = failed()
      await journal.record(first)
      const twin = { ...failed(), failure: { ...failed().failure, id: first.failure.id } }
      const results = await Promise.all([codeOf(journal.record(twin)), codeOf(journal.record(failed()))])
      expect(results).to.deep.equal(['journal_refused', 'none'])
      expect((await journal.incident(first.failure.id))?.incident.failures).to.equal(2)
    })

    it('closes on proof, keeps the loss window, and opens the next one after the quiet time', async () => {
      const journal = await stage.open()
      await journal.apply('orders', probe(true))
      const good = stage.now()
      stage.pass(60_000)
      const { id } = await journal.record(failed())
      stage.pass(60_000)
      const recovery = stage.now()
      await journal.apply('orders', probe(true))
      stage.pass(60_000)
      await journal.apply('orders', probe(true))
      expect((await journal.apply('orders', tick(true))).change).to.equal('none')
      stage.pass(INCIDENTS.quietTime)
      const closed = await journal.apply('orders', tick(true))
      expect(closed.change).to.equal('closed')
      expect(closed.state.incident).to.include({ id, resolution: 'proven', closedAt: stage.now() })
      expect((await journal.incident(id))?.incident.loss).to.deep.equal({
        from: good,
        fromProof: 'path',
        until: recovery,
        untilProof: 'path',
      })
      stage.pass(INCIDENTS.quietTime)
      expect((await journal.record(failed())).incident?.change).to.equal('opened')
    })

    it('keeps both incidents where one ends and the next begins within one group', async () => {
      const journal = await stage.open()
      const at = stage.now()
      const end = at + INCIDENTS.quietTime
      const works = await Promise.all([
        journal.record(failed()).then(({ incident }) => incident?.change),
        journal.apply('orders', { type: 'tick', at: end, probed: false }).then(({ change }) => change),
        journal.record(failed('orders', { at: end + INCIDENTS.quietTime })).then(({ incident }) => incident?.change),
      ])
      expect(works).to.deep.equal(['opened', 'closed', 'opened'])
      const { incidents } = await journal.incidents({}, { limit: 10 })
      expect(incidents.map(({ closedAt }) => closedAt)).to.deep.equal([null, end])
    })

    it('keeps all of it over a restart, exactly', async () => {
      let journal = await stage.open()
      expect(stage.events().states).to.deep.equal([])
      await journal.apply('good', probe(true))
      await journal.record(failed())
      await journal.apply('orders', { type: 'verdict', at: stage.now(), verdict: verdict(stage.now(), 'agree') })
      const { state } = (await journal.record(failed('orders', { cause: 'tls' }))).incident!
      const known = await journal.incident(state.incident!.id)
      journal = await stage.reopen(journal)
      const states = [...stage.events().states].sort((a, b) => a.endpoint.localeCompare(b.endpoint))
      expect(states.map(({ endpoint }) => endpoint)).to.deep.equal(['good', 'orders'])
      expect(states[1]).to.deep.equal(state)
      expect(await journal.incident(state.incident!.id)).to.deep.equal(known)
      expect((await journal.record(failed())).incident?.change).to.equal('joined')
    })

    it('keeps the history of verdicts along with the incident', async () => {
      const journal = await stage.open()
      const { id } = await journal.record(failed())
      for (const rule of ['report_only', 'agree', 'agree', 'up'])
        await journal.apply('orders', { type: 'verdict', at: stage.now(), verdict: verdict(stage.now(), rule) })
      const record = await journal.incident(id)
      expect(record?.verdicts.map(({ rule }) => rule)).to.deep.equal(['report_only', 'agree', 'up'])
      expect(record?.incident).to.include({ cause: 'tls' })
      expect(record?.incident.verdict).to.deep.equal(record?.verdicts[2])
    })

    it('reads the verdicts that 0.1 stored under their present names', async () => {
      let journal = await stage.open()
      const { id } = await journal.record(failed())
      const stored = (rule: string) => ({ ...verdict(stage.now(), rule), measure: 'tls_expired' }) as Verdict
      for (const rule of ['kin', 'well'])
        await journal.apply('orders', { type: 'verdict', at: stage.now(), verdict: stored(rule) })
      journal = await stage.reopen(journal)
      const names = (read: Verdict | null | undefined) => {
        expect(read).not.to.have.property('measure')
        return [read?.rule, read?.remedy]
      }
      const last = ['ok', 'tls_expired']
      const record = await journal.incident(id)
      expect(record?.verdicts.map(names)).to.deep.equal([['related', 'tls_expired'], last])
      expect(names(record?.incident.verdict)).to.deep.equal(last)
      expect(names((await journal.incidents({}, { limit: 1 })).incidents[0]?.verdict)).to.deep.equal(last)
      expect(names(stage.events().states[0]?.incident?.verdict)).to.deep.equal(last)
      await journal.apply('orders', { type: 'verdict', at: stage.now(), verdict: verdict(stage.now(), 'up') })
      expect((await journal.incident(id))?.verdicts.map(({ rule }) => rule)).to.deep.equal(['related', 'ok', 'up'])
    })

    it('lists newest first, by state, endpoint and time, page by page', async () => {
      const journal = await stage.open()
      const ids: string[] = []
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        stage.pass(1_000)
        ids.unshift((await journal.record(failed(name))).id)
      }
      stage.pass(1_000)
      await journal.apply('b', { type: 'resolve', at: stage.now(), id: ids[3]!, reason: 'gone' })
      const list = async (filter: Parameters<Journal['incidents']>[0]) =>
        (await journal.incidents(filter, { limit: 10 })).incidents.map(({ endpoint }) => endpoint)
      expect(await list({})).to.deep.equal(['e', 'd', 'c', 'b', 'a'])
      expect(await list({ open: true })).to.deep.equal(['e', 'd', 'c', 'a'])
      expect(await list({ open: false })).to.deep.equal(['b'])
      expect(await list({ endpoint: 'c' })).to.deep.equal(['c'])
      expect(await list({ open: false, since: stage.now() })).to.deep.equal(['b'])
      expect(await list({ open: false, since: stage.now() + 1 })).to.deep.equal([])
      const page = await journal.incidents({}, { limit: 2 })
      expect(page.next).to.equal(ids[1])
      const rest = await journal.incidents({}, { limit: 3, before: page.next! })
      expect(rest.incidents.map(({ id }) => id)).to.deep.equal(ids.slice(2))
      expect(rest.next).to.equal(null)
      expect(await journal.incident('00000000-0000-7000-8000-000000000000')).to.equal(undefined)
    })

    it('settles events and entries in the order of the calls', async () => {
      const journal = await stage.open()
      const order: string[] = []
      await Promise.all([
        journal.record(failed()).then(() => order.push('failure')),
        journal.apply('orders', tick(false)).then(() => order.push('tick')),
        journal.receiveCanary('nonce-nonce-nonce', stage.now()).then(() => order.push('canary')),
        journal.record(failed()).then(() => order.push('failure')),
      ])
      expect(order).to.deep.equal(['failure', 'tick', 'canary', 'failure'])
    })
  })

  describe('incidents that are past their time', () => {
    it('are removed, but for each endpoint’s last one; the count stays', async () => {
      const day = 86_400_000
      stage.willTake(33 * day)
      let journal = await stage.open()
      const ids: string[] = []
      for (const _ of [1, 2, 3]) {
        const { id } = await journal.record(failed())
        ids.push(id)
        await journal.apply('orders', { type: 'resolve', at: stage.now(), id, reason: 'r' })
        stage.pass(day)
      }
      stage.pass(30 * day)
      await journal.apply('orders', probe(true))
      journal = await stage.reopen(journal)
      await until('the removal', async () => (await journal.incidents({}, { limit: 9 })).incidents.length === 1)
      expect((await journal.incident(ids[2]!))?.incident.resolution).to.equal('manual')
      expect(stage.events().states[0]).to.include({ incidents: 3 })
    })
  })
}
