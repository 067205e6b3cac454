import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { boundedNames } from '../../src/domain/bounded-names.ts'
import { failureIds } from '../../src/domain/failure.ts'
import type { EndpointState } from '../../src/domain/incident.ts'
import type { SeriesTotal } from '../../src/domain/journal.ts'
import { createIncidentTracker } from '../../src/service/track-incidents.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry, INCIDENTS, signalEntry } from './entries.ts'
import { databases } from './postgres-databases.ts'

const DAY = 86_400_000

/** Keeps the label sets of other replicas too. */
class ReplicaLog extends EventLog {
  readonly known = new Map<string, SeriesTotal>()
  onRemoteSeries(series: readonly SeriesTotal[]): void {
    for (const each of series) this.known.set(each.labels.endpoint, each)
  }
}

describe('openPostgresJournal, by several replicas', () => {
  const children: ChildProcess[] = []
  // Before the journals are closed.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  const base = databases()
  const { journals, open, sql } = base

  const holders = () => journals.filter((journal) => journal.lease.fence() !== null)

  describe('migrations', () => {
    it('let ten replicas start at once on an empty database', async function () {
      this.timeout(60_000)
      await Promise.all(Array.from({ length: 10 }, () => open()))
      expect(journals.map((journal) => journal.status().fault)).to.deep.equal(Array(10).fill(undefined))
      expect(holders()).to.have.length(1)
      const codes = await Promise.all(journals.map((journal) => codeOf(journal.record(entry()))))
      expect(new Set(codes)).to.deep.equal(new Set(['none']))
    })

    it('bring a database of the version before signals up to date, with its endpoints', async () => {
      const old = await open()
      await old.record(entry({ isTracked: true }))
      await old.close(2_000)
      await sql('DROP TABLE webhook_errors.signals')
      await sql('ALTER TABLE webhook_errors.endpoints DROP COLUMN delivered')
      await sql('UPDATE webhook_errors.schema_version SET version = 1')
      const journal = await open()
      const [joined] = await Promise.all(journal.recordAll([signalEntry('failing', { key: 'k' })]))
      expect(joined?.incident).to.deep.include({ change: 'joined' })
      expect(joined?.incident?.state.incident).to.include({ failures: 1 })
    })

    it('let an old replica work alongside a newer one, until that one takes something away', async () => {
      const old = await open()
      await sql(`ALTER TABLE webhook_errors.failures ADD COLUMN news text`)
      await sql('UPDATE webhook_errors.schema_version SET version = 99')
      expect(await codeOf(old.record(entry()))).to.equal('none')
      expect((await open()).status().up).to.equal(true)
      await sql('UPDATE webhook_errors.schema_version SET compatible_with = 99')
      expect((await open()).status().fault?.kind).to.equal('newer_schema')
    })
  })

  describe('lease', () => {
    it('is held by one, given to another at a stop, and its fence grows', async () => {
      const first = await open()
      const second = await open()
      expect([first.lease.fence(), second.lease.fence()]).to.deep.equal([1, null])
      const changes: (number | null)[] = []
      second.lease.onChange((fence) => changes.push(fence))
      await first.close(2_000)
      await until('the other to take it', () => second.lease.fence() === 2)
      expect(first.lease.fence()).to.equal(null)
      expect(changes).to.deep.equal([2])
    })

    it('passes on from a holder that is cut off, which lets go first', async function () {
      this.timeout(60_000)
      const proxy = await tcpProxy(base.server.port)
      const first = await open({}, base.through(proxy.port))
      const second = await open()
      const held: string[] = []
      first.lease.onChange((fence) => held.push(`first ${fence}`))
      second.lease.onChange((fence) => held.push(`second ${fence}`))
      proxy.mode = 'freeze'
      await until('the other to take it', () => second.lease.fence() !== null)
      expect(held).to.deep.equal(['first null', 'second 2'])
      await proxy.close()
    })
  })

  it('give up the lease at a stop although a renewal is on its way', async function () {
    this.timeout(60_000)
    const proxy = await tcpProxy(base.server.port)
    for (let round = 0; round < 5; round++) {
      proxy.delay = 0
      const journal = await open({ leaseTerm: 60_000, tick: 1 }, base.through(proxy.port))
      const changes: (number | null)[] = []
      journal.lease.onChange((fence) => changes.push(fence))
      // So slow that there is hardly a moment without a statement on its way.
      proxy.delay = 10 + round
      await sleep(100 + 20 * round)
      await journal.close(5_000)
      const [lease] = await sql('SELECT expires_at > now() AS held FROM webhook_errors.leases')
      expect({ round, ...lease, changes }).to.deep.equal({ round, held: false, changes: [null] })
    }
    await proxy.close()
  })

  describe('label sets', () => {
    it('of one replica are at 0 in every other within seconds, with their last failure', async () => {
      const events = [new ReplicaLog(), new ReplicaLog(), new ReplicaLog()]
      const [first, second] = [await open({ events: events[0]! }), await open({ events: events[1]! })]
      const at = Date.now()
      await Promise.all([first.record(entry({ at, endpoint: 'menu' })), first.record(entry({ at, endpoint: 'menu' }))])
      await until('the other replica to know it', () => events[1]!.known.has('menu'))
      expect(events[1]!.known.get('menu')).to.deep.equal({
        labels: { source: 'retm', tenant: '', endpoint: 'menu', code: '500', cause: 'server_error' },
        count: 0,
        lastFailureAt: at,
      })
      // One that starts later knows it from its start.
      await open({ events: events[2]! })
      expect(events[2]!.counts()).to.deep.equal({ menu: 0 })

      await second.record(entry({ at: at + 5_000, endpoint: 'menu' }))
      await until(
        'the last failure to reach the first',
        () => events[0]!.known.get('menu')?.lastFailureAt === at + 5_000,
      )
      expect(events[0]!.known.get('menu')?.count).to.equal(2)
    })

    it('are counted from this start on, and lose their place when unseen for the retention time', async () => {
      const now = Date.now()
      const options = { retention: { age: DAY, size: 2 ** 40 } }
      const first = await open(options)
      await first.record(entry({ at: now - DAY - 1, endpoint: 'old' }))
      await first.record(entry({ at: now, endpoint: 'young' }))
      await first.close(2_000)
      const events = new ReplicaLog()
      const second = await open({ ...options, events })
      expect(events.counts()).to.deep.equal({ young: 0 })
      expect(await second.resetSeries(now + 1)).to.equal(1)
      // A set whose row is gone comes back with its next failure.
      await second.record(entry({ at: now, endpoint: 'young' }))
      await until('its row', async () => (await sql('SELECT 1 FROM webhook_errors.series')).length === 1)
    })
  })

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
        metrics: { probed: () => {} },
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
      const events = new ReplicaLog()
      const journal = await open({ events, slots: { configured: [], limit: 3 } })
      await open({ slots: { configured: [], limit: 3 } })
      for (let round = 0; round < 4; round++) {
        const names = [0, 1, 2].map((index) => `e${round}-${index}`)
        // Two by the other replica, and one of its own.
        for (const [index, endpoint] of names.entries())
          await journals[index === 2 ? 0 : 1]!.record(entry({ endpoint, isTracked: true }))
        await until('all to be known', () => names.every((name) => events.states.some((it) => it.endpoint === name)))
        expect(events.states).to.have.length(3)
        await sql('DELETE FROM webhook_errors.incidents')
        await sql('DELETE FROM webhook_errors.endpoints')
        await until('all to be forgotten', () => events.states.length === 0)
      }
      expect((await journal.record(entry({ endpoint: 'e0-0', isTracked: true }))).incident?.change).to.equal('opened')
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

  describe('retention', () => {
    it('is done by the holder of the lease alone, by a fence that is still good', async () => {
      const old = Date.now() - 2 * DAY
      const logs = [new EventLog(), new EventLog()]
      const options = { retention: { age: DAY, size: 2 ** 40 }, retentionInterval: 50, retentionBatch: 10 }
      const first = await open({ ...options, events: logs[0]! })
      await open({ ...options, events: logs[1]! })
      await Promise.all(Array.from({ length: 100 }, () => first.record(entry({ at: old }))))
      await until('the old ones to go', () => logs[0]!.removed === 100)
      expect(logs[1]!.removed).to.equal(0)

      await sql(
        `UPDATE webhook_errors.leases SET holder = 'somebody', fence = 77, expires_at = now() + interval '1 hour'`,
      )
      await first.record(entry({ at: old }))
      await sleep(300)
      expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(1)
    })

    it('removes the oldest above the size', async () => {
      const events = new EventLog()
      const journal = await open({ events, retention: { age: DAY, size: 200_000 }, retentionInterval: 50 })
      const raw = Buffer.alloc(1_000)
      const entries = Array.from({ length: 500 }, (_, index) => entry({ at: Date.now() - 1_000 + index, raw }))
      await Promise.all(entries.map((each) => journal.record(each)))
      await until('the oldest to go', () => events.removed > 300)
      expect(events.calls).to.include('expired size')
      const [newest] = (await journal.list({}, { limit: 1 })).failures
      expect(newest?.id).to.equal(entries.at(-1)!.failure.id)
    })

    it('goes on when one replica of three is killed in the middle of it, and no insert is lost', async function () {
      this.timeout(60_000)
      await open()
      await journals[0]!.close(2_000)
      await sql(`INSERT INTO webhook_errors.failures SELECT
        ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 0, 'retm', 'cafe', 'orders', 'u', 500, 'timeout', '', NULL, ''
        FROM generate_series(1, 20000) AS n`)
      const lines = new Map<ChildProcess, string[]>()
      for (let index = 0; index < 3; index++) {
        const child = spawn(process.execPath, [join(import.meta.dirname, 'postgres-replica.ts'), base.url], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        children.push(child)
        const own: string[] = []
        lines.set(child, own)
        createInterface({ input: child.stdout! }).on('line', (line) => own.push(line))
      }
      const expiring = () => children.filter((child) => lines.get(child)!.some((line) => line.startsWith('expired')))
      await until('one to remove', () => expiring().length === 1)
      const killed = expiring()[0]!
      killed.kill('SIGKILL')
      const left = async () =>
        Number((await sql('SELECT count(*) AS n FROM webhook_errors.failures WHERE received_at = 0'))[0].n)
      expect(await left()).to.be.greaterThan(0)
      await until('another to go on', () => expiring().length === 2)
      await until('all old ones to go', async () => (await left()) === 0)
      for (const child of children) child.kill('SIGKILL')
      await sleep(100)
      const stored = [...lines.values()].flat().flatMap((line) => (line.startsWith('stored ') ? [line.slice(7)] : []))
      const there = new Set((await sql('SELECT id FROM webhook_errors.failures')).map(({ id }) => id))
      const lost = stored.filter((id) => !there.has(id)).length
      console.log(
        `      replica killed during retention: 1 run, ${stored.length} acknowledged, ${stored.length - lost} found, ${lost} lost`,
      )
      expect(lost).to.equal(0)
      expect([...lines.values()].flat().filter((line) => line.startsWith('failed'))).to.deep.equal([])
    })
  })
})
