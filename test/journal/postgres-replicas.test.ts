import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROW_BYTES } from '../../src/journal/postgres/size.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry, signalEntry } from './entries.ts'
import { databases } from './postgres-databases.ts'
import { ReplicaLog } from './postgres-replicas-support.ts'

const DAY = 86_400_000

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

    it('is over for a holder that was paused, before its timers run', async () => {
      const journal = await open({ leaseTerm: 200, tick: 60_000 })
      const changes: (number | null)[] = []
      journal.lease.onChange((fence) => changes.push(fence))
      expect(journal.lease.fence()).to.equal(1)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
      expect(journal.lease.fence()).to.equal(null)
      expect(changes).to.deep.equal([null])
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

    it('removes signals above their limit from the tenants that have the most, the oldest first', async () => {
      const first = await open({ retention: { age: 30 * DAY, size: 2 ** 40 }, retentionInterval: DAY })
      const add = (tenant: string, count: number, byte: string) =>
        sql(`INSERT INTO webhook_errors.signals (id, received_at, source, tenant, key, signal)
          SELECT ('${byte}0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${Date.now()}, 'some', '${tenant}', n, ''
          FROM generate_series(1, ${count}) AS n`)
      await first.close(2_000)
      await add('quiet', 30, '0')
      await add('loud', 60_000, '1')
      await add('louder', 43_000, '2')
      await open({ retention: { age: 30 * DAY, size: 2 ** 40 }, retentionInterval: 50 })
      const counts = () =>
        sql(
          'SELECT tenant, count(*)::int AS n, min(key::int) AS first FROM webhook_errors.signals GROUP BY 1 ORDER BY 1',
        )
      await until('the excess to go', async () => (await counts()).reduce((sum, { n }) => sum + n, 0) === 100_000)
      expect(await counts()).to.deep.equal([
        { tenant: 'loud', n: 56_970, first: 3_031 },
        { tenant: 'louder', n: 43_000, first: 1 },
        { tenant: 'quiet', n: 30, first: 1 },
      ])
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

    for (const [first, then] of [
      ['large', 'small'],
      ['small', 'large'],
    ] as const) {
      it(`removes no more and no less than is above the size, where ${first} ones are followed by ${then} ones`, async () => {
        // 20 kB each, which are stored beside the table, and 350 bytes: some 6 MB of either.
        const kinds = { large: { count: 300, bytes: 20_000 }, small: { count: 18_000, bytes: 60 } }
        await (await open()).close(2_000)
        for (const [index, { count, bytes }] of [kinds[first], kinds[then]].entries())
          await sql(`INSERT INTO webhook_errors.failures SELECT
            ('0000000${index}-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 0, 'retm', 'cafe', 'orders', 'u', 500, 'timeout', '', NULL,
            decode(repeat('a5', ${bytes}), 'hex') FROM generate_series(1, ${count}) AS n`)
        const left = async () =>
          (await sql(`SELECT sum(${ROW_BYTES})::int AS bytes FROM webhook_errors.failures`))[0]!['bytes'] as number
        const size = 10_000_000
        expect(await left()).to.be.within(1.1 * size, 1.3 * size)
        await open({ retention: { age: 100 * 365 * DAY, size }, retentionInterval: 50 })
        await until('what is too much to go', async () => (await left()) <= size)
        await sleep(300)
        expect(await left()).to.be.above(0.99 * size)
      })
    }

    it('removes no more than is above the size where the statistics of the server are from before the last run', async () => {
      await (await open()).close(2_000)
      await sql('ALTER TABLE webhook_errors.failures SET (autovacuum_enabled = false)')
      await sql(`INSERT INTO webhook_errors.failures SELECT
        ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 0, 'retm', 'cafe', 'orders', 'u', 500, 'timeout', '', NULL, 'raw'
        FROM generate_series(1, 140000) AS n`)
      await sql('ANALYZE webhook_errors.failures')
      await sql(
        `DELETE FROM webhook_errors.failures WHERE id > ('00000000-0000-7000-8000-' || lpad(to_hex(110000), 12, '0'))::uuid`,
      )
      const left = async () =>
        (await sql(`SELECT sum(${ROW_BYTES})::int AS bytes FROM webhook_errors.failures`))[0]!['bytes'] as number
      const size = 0.95 * (await left())
      const events = new EventLog()
      await open({ retention: { age: 100 * 365 * DAY, size }, retentionInterval: 50, events })
      await until('what is too much to go', async () => events.removed > 0)
      await sleep(500)
      expect((await left()) / size).to.be.within(0.95, 1.03)
    })

    it('does not wait for its next run where the size outgrows the limit', async () => {
      const events = new EventLog()
      const retention = { age: DAY, size: 200_000 }
      const journal = await open({ events, retention, retentionInterval: 3_600_000, sizeInterval: 50 })
      const raw = Buffer.alloc(1_000)
      for (let round = 1; round <= 3; round++) {
        await Promise.all(Array.from({ length: 300 }, () => journal.record(entry({ raw }))))
        await until('the oldest to go', () => events.removed > 300 * round - 200)
      }
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
