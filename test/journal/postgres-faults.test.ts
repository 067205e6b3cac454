import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { PostgresJournal } from '../../src/journal/postgres/journal.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'
import { Load, type Outcome, quickJournal } from './postgres-load.ts'

/** `npm run test:postgres-faults` sets 20. */
const ROUNDS = Number(process.env['POSTGRES_FAULT_ROUNDS'] ?? 2)

function show(
  name: string,
  runs: number,
  { acknowledged, found, lost, doubled, miscounted }: Outcome,
  recovery: readonly number[],
): void {
  const seconds = recovery.length > 0 ? (Math.max(...recovery) / 1_000).toFixed(2) : '-'
  console.log(
    `      ${name}: ${runs} runs, ${acknowledged} acknowledged, ${found} found, ${lost} lost, ${doubled} doubled, ${miscounted} incidents wrong, recovered in at most ${seconds} s`,
  )
}

describe('openPostgresJournal, when the server fails', () => {
  const journals: PostgresJournal[] = []
  const open = async (...args: Parameters<typeof quickJournal>): Promise<PostgresJournal> => {
    const journal = quickJournal(...args)
    journals.push(journal)
    await journal.open()
    return journal
  }

  afterEach(async () => {
    await Promise.all(journals.splice(0).map((journal) => journal.close(2_000)))
  })

  describe('one server', () => {
    const base = databases()
    const { open } = base

    const rounds = async (name: string, count: number, fail: () => Promise<void>): Promise<void> => {
      const load = new Load().start([await open(), await open()])
      const recovery: number[] = []
      for (let round = 1; round <= count; round++) {
        const before = load.acknowledged.size
        await until('the first acknowledgements', () => load.acknowledged.size > before + 50)
        await sleep(Math.random() * 300)
        await fail()
        await sleep(50)
        await base.server.start()
        recovery.push(await load.recovery())
      }
      await load.stop()
      const outcome = await load.outcome(base.server, base.url)
      show(name, count, outcome, recovery)
      expect(outcome).to.include({ lost: 0, doubled: 0, miscounted: 0 })
      expect([...load.refused]).to.deep.equal(['journal_unavailable'])
    }

    it(`loses nothing and doubles no id when it is killed with -9 under load, ${ROUNDS} rounds`, async function () {
      this.timeout(60_000 + ROUNDS * 20_000)
      await rounds('killed with -9', ROUNDS, () => base.server.kill())
    })

    it('loses nothing and doubles no id when it is restarted', async function () {
      this.timeout(60_000)
      await rounds('restarted', 1, () => base.server.stop())
    })

    it('answers at once while it is unreachable, reports since when, and counts no answer as stored', async () => {
      const events = new EventLog()
      const journal = await open({ events })
      await base.server.stop('immediate')
      await until('the journal to notice', () => !journal.status().up)
      const begun = journal.status().since
      const refusal = await journal.record(entry()).catch((error) => error)
      expect(refusal).to.include({ code: 'journal_unavailable' })
      expect(refusal.retryAfter).to.be.within(1, 5)
      expect(await codeOf(journal.list({}, { limit: 1 }))).to.equal('journal_unavailable')
      await sleep(300)
      expect(journal.status()).to.deep.include({ since: begun, pending: 0 })
      expect(journal.status().fault?.kind).to.equal('unreachable')
      await base.server.start()
      await until('the journal to come back', () => journal.status().up)
      expect(journal.status().fault).to.equal(undefined)
    })

    it('comes back when connections are free again', async function () {
      this.timeout(60_000)
      const journal = await open()
      await base.server.query(`ALTER DATABASE ${base.name} CONNECTION LIMIT 0`)
      await base.server.query(`CREATE ROLE plain LOGIN`).catch(() => {})
      await base.server.query(`GRANT ALL ON DATABASE ${base.name} TO plain`)
      await journal.close(1_000)
      const plain = await open({}, base.url.replace('postgres@', 'plain@'))
      expect(plain.status().fault).to.include({ kind: 'unreachable' })
      await base.server.query(`ALTER DATABASE ${base.name} CONNECTION LIMIT -1`)
      // The schema belongs to another role, so writing needs a grant too.
      await until('a connection', () => plain.status().fault?.kind === 'permission')
      await base.sql(
        `GRANT USAGE ON SCHEMA webhook_errors TO plain; GRANT ALL ON ALL TABLES IN SCHEMA webhook_errors TO plain`,
      )
      await until('the grant to be seen', () => plain.status().up)
    })

    it('refuses a server that may forget, unless the configuration says so by name', async () => {
      await base.server.query(`ALTER DATABASE ${base.name} SET synchronous_commit = off`)
      const journal = await open()
      expect(journal.status()).to.deep.include({ up: false })
      expect(journal.status().fault?.kind).to.equal('unsafe_durability')
      expect(journal.status().fault?.detail).to.include('synchronous_commit = off').and.include('allowUnsafeDurability')
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect((await open({ allowUnsafeDurability: true })).status().up).to.equal(true)
    })

    it('goes down when fsync is turned off while it runs, and comes back with it', async () => {
      const journal = await open()
      base.server.configure({ fsync: 'off' })
      base.server.reload()
      await until('the journal to notice', () => journal.status().fault?.kind === 'unsafe_durability')
      base.server.configure({ fsync: 'on' })
      base.server.reload()
      await until('the journal to come back', () => journal.status().up)
    })

    it('is down while the server takes no writes', async () => {
      const journal = await open()
      base.server.configure({ default_transaction_read_only: 'on' })
      base.server.reload()
      await until('the journal to notice', () => journal.status().fault?.kind === 'read_only')
      base.server.configure({ default_transaction_read_only: 'off' })
      base.server.reload()
      await until('the journal to come back', () => journal.status().up)
    })
  })

  describe('a volume without room', () => {
    let volume: string
    let mounted = true
    let server: PostgresServer

    before(async function () {
      this.timeout(60_000)
      volume = mkdtempSync(join(tmpdir(), 'webhook-error-exporter-test-volume-'))
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', volume], { stdio: 'ignore' })
      } catch {
        // Mounting needs rights that a developer's machine does not give: then the server is made to say it is full.
        mounted = false
      }
      await requirePostgres(this)
      server = await startPostgres({ folder: volume, settings: { wal_keep_size: 0, max_wal_size: '32MB' } })
    })
    after(async () => {
      await stopPostgres()
      if (mounted) execFileSync('umount', ['-l', volume], { stdio: 'ignore' })
      rmSync(volume, { recursive: true, force: true })
    })

    /** @returns what makes room again */
    const fill = async (database: string): Promise<() => Promise<unknown>> => {
      if (!mounted) {
        await server.query(
          `CREATE FUNCTION full_volume() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
          database,
        )
        await server.query(
          'CREATE TRIGGER full_volume BEFORE INSERT ON webhook_errors.failures EXECUTE FUNCTION full_volume()',
          database,
        )
        return () => server.query('DROP FUNCTION full_volume CASCADE', database)
      }
      const ballast = join(volume, 'ballast')
      try {
        for (let size = 160; size > 0; size -= 1) writeFileSync(ballast, Buffer.alloc(2 ** 20), { flag: 'a' })
      } catch {
        // Full.
      }
      return async () => rmSync(ballast)
    }

    it('acknowledges nothing that is not stored, and goes on when there is room', async function () {
      this.timeout(90_000)
      const url = await server.createDatabase()
      const journal = await open(url)
      const load = new Load().start([journal])
      await until('some acknowledgements', () => load.acknowledged.size > 50)
      const makeRoom = await fill(url.match(/test_\w+/)![0])
      const raw = randomBytes(60_000)
      const flood = new Load().start([{ record: (each) => journal.record({ ...each, raw }) }], 4)
      await until('the journal to fail', () => !journal.status().up, 40_000)
      expect(['disk_full', 'unreachable', 'io']).to.include(journal.status().fault?.kind)
      await makeRoom()
      await flood.stop()
      // A full WAL ends the server itself; whoever runs it starts it again.
      if (!(await server.query('SELECT 1').catch(() => undefined))) {
        await server.stop('immediate')
        await server.start()
      }
      const recovery = await load.recovery()
      await load.stop()
      const outcome = await load.outcome(server, url)
      show('volume full', 1, outcome, [recovery])
      expect(outcome).to.include({ lost: 0, doubled: 0, miscounted: 0 })
    })
  })

  describe('a primary with a synchronous standby', () => {
    let primary: PostgresServer
    let standby: PostgresServer
    let url: string

    const both = () => url.replace(/127[^/]*/, `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`)

    beforeEach(async function () {
      this.timeout(60_000)
      await requirePostgres(this)
      primary = await startPostgres()
      url = await primary.createDatabase()
      await primary.stop()
      standby = await startPostgres({ standbyOf: primary })
      await primary.start()
      await standby.start()
      await until(
        'the standby to follow',
        async () => (await primary.query('SELECT 1 FROM pg_stat_replication')).length > 0,
      )
      primary.configure({ synchronous_standby_names: 'standby' })
      primary.reload()
      await until('the standby to be synchronous', async () => {
        const [row] = await primary.query('SELECT sync_state FROM pg_stat_replication')
        return row.sync_state === 'sync'
      })
    })
    afterEach(stopPostgres)

    it('loses nothing when the primary is killed and the standby promoted, and follows it', async function () {
      this.timeout(90_000)
      const journal = await open(`${both()}&target_session_attrs=read-write`)
      const load = new Load().start([journal])
      await until('some acknowledgements', () => load.acknowledged.size > 200)
      await primary.kill()
      await until('the standby alone to be refused', () => journal.status().fault?.kind === 'read_only')
      await standby.promote()
      const recovery = await load.recovery()
      await load.stop()
      const outcome = await load.outcome(standby, url)
      show('standby promoted', 1, outcome, [recovery])
      expect(outcome).to.include({ lost: 0, doubled: 0, miscounted: 0 })
    })

    it('acknowledges nothing while the standby is gone, also where the wait is cancelled', async function () {
      this.timeout(60_000)
      // Warnings are not for everybody; this one is all that tells of the cancelled wait.
      await primary.query(`ALTER DATABASE ${url.match(/test_\w+/)![0]} SET client_min_messages = error`)
      const journal = await open(both(), { commitDeadline: 60_000 })
      await standby.stop('immediate')
      const hanging = codeOf(journal.record(entry({ message: 'unreplicated' })))
      const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE 'INSERT%'`
      await until('the commit to wait', async () => (await primary.query(waiting)).length > 0)
      // The server answers this INSERT with success and a warning.
      await primary.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
      expect(await hanging).to.equal('journal_unavailable')
      expect(journal.status().fault?.kind).to.equal('unsafe_durability')
      const there = `SELECT 1 FROM webhook_errors.failures WHERE message = 'unreplicated'`
      expect(await primary.query(there, url.match(/test_\w+/)![0])).to.have.length(1)
    })

    it('fails what waits for the standby at the deadline, leaves no hanging process, and goes on when it is back', async function () {
      this.timeout(60_000)
      const journal = await open(both(), { commitDeadline: 300 })
      await standby.stop('immediate')
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(journal.status().up).to.equal(false)
      // Several attempts to open again, each of which hangs at its proof of writing.
      await sleep(2_500)
      expect(journal.status().up).to.equal(false)
      const hanging = await primary.query(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
      expect(hanging.length).to.be.at.most(2)
      await standby.start()
      await until('the journal to come back', () => journal.status().up)
      expect(await codeOf(journal.record(entry()))).to.equal('none')
    })
  })
})
