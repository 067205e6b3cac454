import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { inspectJournal } from '../../src/journal/open.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { Load, quickJournals, show } from './postgres-load.ts'

describe('openPostgresJournal, when the server fails', () => {
  const open = quickJournals()

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
  })
  afterEach(stopPostgres)

  describe('a primary with an asynchronous standby', () => {
    it('says so, and reports how many acknowledged failures are gone once a standby that was behind was promoted', async function () {
      this.timeout(60_000)
      const events = new EventLog()
      const journal = await open(both(), { events })
      expect(journal.status().warnings).to.deep.equal(events.warnings)
      expect(events.warnings).to.have.length(1)
      expect(events.warnings[0]).to.match(/names several hosts, .*synchronous_standby_names is empty/)
      const inspected = await inspectJournal({ url: both(), allowUnsafeDurability: false })
      expect(inspected).to.deep.equal({ warning: events.warnings[0] })
      await journal.record(entry())
      const received = async () => {
        const [row] = await primary.query('SELECT replay_lsn = pg_current_wal_lsn() AS all FROM pg_stat_replication')
        return row?.all === true
      }
      await until('the standby to have it', received)
      // It receives nothing more.
      await standby.query(`ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'`)
      await standby.query('SELECT pg_reload_conf()')
      await until('the end of the replication', async () => {
        return (await primary.query('SELECT 1 FROM pg_stat_replication')).length === 0
      })
      for (let count = 0; count < 112; count++) await journal.record(entry())
      await primary.kill()
      await until('the primary to be missed', () => !journal.status().up)
      await standby.promote()
      await until('the journal to come back', () => journal.status().up)
      expect(events.lost).to.equal(112)
      expect(journal.status().warnings?.[1]).to.match(/holds 112 failures fewer than this process acknowledged/)
      // Once.
      await standby.stop()
      await until('the server to be missed', () => !journal.status().up)
      await standby.start()
      await until('the journal to come back', () => journal.status().up)
      expect(events.lost).to.equal(112)
    })
  })

  describe('a primary with a synchronous standby', () => {
    beforeEach(async () => {
      primary.configure({ synchronous_standby_names: 'standby' })
      primary.reload()
      await until('the standby to be synchronous', async () => {
        const [row] = await primary.query('SELECT sync_state FROM pg_stat_replication')
        return row.sync_state === 'sync'
      })
    })

    it('loses nothing when the primary is killed and the standby promoted, and follows it', async function () {
      this.timeout(90_000)
      const events = new EventLog()
      const journal = await open(`${both()}&target_session_attrs=read-write`, { events })
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
      expect(events.lost).to.equal(0)
      expect(events.warnings.length).to.be.at.most(1)
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
      // The warning comes before the row is visible.
      await until('the row', async () => (await primary.query(there, url.match(/test_\w+/)![0])).length === 1)
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
