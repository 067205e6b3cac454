import type { ChildProcess } from 'node:child_process'
import { expect } from 'chai'
import type { EndpointState } from '../../src/domain/incident/incident.ts'
import { boundedNames } from '../../src/domain/report/bounded-names.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import { createIncidentTracker } from '../../src/service/track-incidents.ts'
import { until } from '../support/temp.ts'
import { entry, INCIDENTS, signalEntry } from './entries.ts'
import { databases } from './postgres-databases.ts'
import { ReplicaLog } from './postgres-replicas-support.ts'

describe('incidents of several PostgreSQL replicas', () => {
  const children: ChildProcess[] = []
  // Before the journals are closed.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  const base = databases()
  const { journals, open, sql } = base
  describe('incidents', () => {
    it('are opened once and closed once by three replicas at the same time, and reported to each', async () => {
      const events = [new ReplicaLog(), new ReplicaLog(), new ReplicaLog()]
      for (const log of events)
        await open({ events: log, incidents: { quietTime: 100, goodProbes: 1, failedProbes: 0 } })
      const at = Date.now()
      const known = events.map(() => new Map<string, EndpointState>())
      const failures = Array.from({ length: 60 }, async (_, index) => {
        const recorded = await journals[index % 3]!.record(entry({ at, endpoint: `e${index % 5}`, isTracked: true }))
        const { change, state } = recorded.incident!
        known[index % 3]!.set(state.endpoint, state)
        return change
      })
      const changes = await Promise.all(failures)
      expect(changes.filter((change) => change === 'opened')).to.have.length(5)
      expect(changes.filter((change) => change === 'joined')).to.have.length(55)
      const stored = await sql('SELECT endpoint, incident FROM webhook_errors.incidents')
      expect(stored.map(({ incident }) => JSON.parse(incident).failures)).to.deep.equal([12, 12, 12, 12, 12])
      // What a replica did itself it has been answered; it is told what others did since.
      await until('all to know them', () =>
        known.every((own, index) => {
          for (const state of events[index]!.states) {
            const before = own.get(state.endpoint)?.incident?.failures ?? 0
            if (state.incident!.failures >= before) own.set(state.endpoint, state)
          }
          return own.size === 5 && [...own.values()].every(({ incident }) => incident?.failures === 12)
        }),
      )

      const tick = { type: 'tick', at: at + 1_000, probed: false } as const
      const closing = await Promise.all(
        journals.flatMap((journal) => [0, 1, 2, 3, 4].map((n) => journal.apply(`e${n}`, tick))),
      )
      expect(closing.filter(({ change }) => change === 'closed')).to.have.length(5)
      expect(closing.every(({ state }) => state.incident?.closedAt === at + 1_000)).to.equal(true)
    })
  })
  describe('an endpoint', () => {
    const failuresOf = async () =>
      (await sql('SELECT incident FROM webhook_errors.incidents')).map(({ incident }) => JSON.parse(incident).failures)

    it('that several write to in turn and at once has every failure in its incident', async () => {
      for (const log of [new ReplicaLog(), new ReplicaLog()]) await open({ events: log })
      const record = async (replica: number) =>
        (await journals[replica]!.record(entry({ isTracked: true }))).incident!.state.incident!.failures
      // Each writes what the other does not know yet.
      for (let count = 1; count <= 6; count++) expect(await record(count % 2)).to.equal(count)
      await Promise.all(Array.from({ length: 200 }, (_, index) => record(index % 2)))
      expect(await failuresOf()).to.deep.equal([206])
      expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(206)
    })

    it('is shown as it is by a replica that takes notice of its own change late', async () => {
      const events = new ReplicaLog()
      const [own, other] = [await open({ events }), await open()]
      const tracker = createIncidentTracker({
        journal: own,
        settings: INCIDENTS,
        names: boundedNames([], 500, true),
        probing: { onFailure: () => {}, recheck: () => {} },
        plans: [],
        urlOf: () => undefined,
        newId: failureIds(),
        metrics: { probed: () => {}, incidentNotOpened: () => {} },
        tracing: { probe: () => {} },
        log: { info: () => {}, warn: () => {} },
        clock: Date.now,
      })
      const { failure, ...rest } = entry({ isTracked: true })
      const recorded = await own.record({ failure, ...rest })
      await other.apply('orders', { type: 'resolve', at: Date.now(), id: recorded.id, reason: 'done' })
      const closed = () => events.states[0]?.incident?.closedAt != null
      await until('the other replica’s change to arrive', closed)
      tracker.onSnapshot(events.states)
      // The recorder tells of a failure once its answer is out.
      tracker.onRecorded(failure, recorded.incident, null)
      expect(tracker.state('orders')?.incident?.resolution).to.equal('manual')
      const again = await own.record(entry({ isTracked: true }))
      tracker.onRecorded(failure, again.incident, null)
      expect(tracker.state('orders')?.incident).to.include({ closedAt: null, failures: 2 })
    })

    it('that is not configured has an incident while all replicas together have fewer than the limit', async () => {
      const incidents = { ...INCIDENTS, unconfigured: { configured: ['own'], limit: 10, places: 500 } }
      for (let count = 0; count < 3; count++) await open({ incidents })
      const record = async (replica: number, endpoint: string, tenant: string) =>
        (await journals[replica]!.record(entry({ endpoint, tenant, isTracked: true }))).incident?.change
      const flood = (tenant: string) =>
        Promise.all(Array.from({ length: 90 }, (_, index) => record(index % 3, `${tenant}-${index % 30}`, tenant)))
      const opened = (changes: readonly (string | undefined)[]) =>
        changes.filter((change) => change === 'opened').length
      expect(opened(await flood('mallory'))).to.equal(5)
      expect((await Promise.all(['alice', 'bob', 'eve'].map(flood))).map(opened).reduce((a, b) => a + b)).to.equal(5)
      expect(await record(1, 'own', 'mallory')).to.equal('opened')
      expect(await sql('SELECT 1 FROM webhook_errors.incidents WHERE closed_at IS NULL')).to.have.length(11)
      // Nothing but what has an incident takes one of the 500 places.
      expect(await sql('SELECT 1 FROM webhook_errors.endpoints')).to.have.length(11)
      expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(361)
    })

    it('has an incident while there is a place, of all replicas together; configured ones keep theirs', async () => {
      const slots = { configured: ['own'], limit: 4 }
      for (let count = 0; count < 3; count++) await open({ slots })
      const record = async (replica: number, endpoint: string) =>
        (await journals[replica]!.record(entry({ endpoint, isTracked: true }))).incident?.change
      const changes = await Promise.all(
        Array.from({ length: 60 }, (_, index) => record(index % 3, `stranger-${index % 20}`)),
      )
      expect(changes.filter((change) => change === 'opened')).to.have.length(3)
      expect(changes.filter((change) => change === 'joined')).to.have.length(6)
      expect(await record(1, 'own')).to.equal('opened')
      expect(await record(2, 'own')).to.equal('joined')
      expect(await sql('SELECT 1 FROM webhook_errors.endpoints')).to.have.length(4)
      expect((await failuresOf()).toSorted()).to.deep.equal([2, 3, 3, 3])
      expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(62)
    })

    it('that another one dropped is forgotten by all, so that no replica shows more than there are', async () => {
      const [events, others] = [new ReplicaLog(), new ReplicaLog()]
      const journal = await open({ events, slots: { configured: [], limit: 3 } })
      await open({ events: others, slots: { configured: [], limit: 3 } })
      for (let round = 0; round < 4; round++) {
        const names = [0, 1, 2].map((index) => `e${round}-${index}`)
        // Two by the other replica, and one of its own.
        for (const [index, endpoint] of names.entries())
          await journals[index === 2 ? 0 : 1]!.record(entry({ endpoint, isTracked: true }))
        await until('all to be known', () => names.every((name) => events.states.some((it) => it.endpoint === name)))
        expect(events.states).to.have.length(3)
        await sql('DELETE FROM webhook_errors.incidents')
        await sql('DELETE FROM webhook_errors.endpoints')
        await until('all to be forgotten', () => events.states.length + others.states.length === 0)
      }
      expect((await journal.record(entry({ endpoint: 'e0-0', isTracked: true }))).incident?.change).to.equal('opened')
    })

    it('has the texts of its incident’s signals stored, and no text of another signal', async () => {
      const journal = await open()
      const [stored, untracked] = [signalEntry('failing'), signalEntry('failing', { key: 'k', isTracked: false })]
      await Promise.all(journal.recordAll([stored, untracked, signalEntry('recovered', { endpoint: 'unknown' })]))
      const texts = (await sql('SELECT signal FROM webhook_errors.signals ORDER BY id')).map(({ signal }) => signal)
      expect(texts).to.deep.equal([JSON.stringify(stored.signal), '', ''])
    })

    it('that another one forgot is taken up again', async () => {
      const journal = await open()
      const record = () => journal.record(entry({ isTracked: true }))
      for (let count = 1; count <= 3; count++) await record()
      await journal.apply(entry().failure.endpoint, { type: 'resolve', at: Date.now(), id: 'any', reason: '' })
      await sql('DELETE FROM webhook_errors.incidents')
      await sql('DELETE FROM webhook_errors.endpoints')
      expect((await record()).incident?.change).to.equal('opened')
      expect((await record()).incident?.change).to.equal('joined')
      expect(await failuresOf()).to.deep.equal([2])
    })
  })
})
