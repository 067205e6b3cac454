import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'
import { Load, quickJournals, show } from './postgres-load.ts'

/** `npm run test:postgres-faults` sets 20. */
const ROUNDS = Number(process.env['POSTGRES_FAULT_ROUNDS'] ?? 2)

describe('openPostgresJournal, when the server fails', () => {
  const open = quickJournals()

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
})
