import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { firstIdAt } from '../../src/domain/report/failure.ts'
import { INDEXES } from '../../src/journal/postgres/filter-indexes.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

describe('openPostgresJournal, indexes for filters', function () {
  this.timeout(60_000)
  const base = databases()
  const { open, sql } = base
  const clients: pg.Client[] = []
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()))
  })

  /** By name: whether it can be used. */
  const indexes = async (): Promise<Record<string, boolean>> =>
    Object.fromEntries(
      (
        await sql(
          `SELECT relname, indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
           WHERE i.indrelid = 'webhook_errors.failures'::regclass`,
          base.name,
        )
      ).map(({ relname, indisvalid }) => [relname, indisvalid]),
    )
  const names = Object.keys(INDEXES)
  const built = async (): Promise<boolean> => {
    const known = await indexes()
    return names.every((name) => known[name])
  }

  it('are there from the start in a new database', async () => {
    await open()
    expect(await built()).to.equal(true)
  })

  it('are built in a large table of the version before, beside its replicas, and completed if that is interrupted', async () => {
    const old = await open()
    await old.record(entry({ source: 'before', cause: 'dns' }))
    await old.close(2_000)
    for (const name of names) await sql(`DROP INDEX webhook_errors.${name}`, base.name)
    // As a replica of that version inserts.
    const first = firstIdAt(Date.now()).slice(0, 24)
    const insert = (numbers: string) =>
      sql(
        `INSERT INTO webhook_errors.failures SELECT ('${first}' || lpad(n::text, 12, '0'))::uuid, ${Date.now()}, 'old', 'cafe',
           'orders', 'u', 500, CASE n % 5000 WHEN 1 THEN 'dns' ELSE 'timeout' END, 'm', NULL, '' FROM generate_series(${numbers}) AS n`,
        base.name,
      )
    await insert('1, 10001')
    await sql('UPDATE webhook_errors.schema_version SET version = 4', base.name)
    // A long transaction, as of a backup: an index is not complete before it ends.
    const reader = new pg.Client({ connectionString: base.url })
    clients.push(reader)
    await reader.connect()
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM webhook_errors.failures')

    const events = new EventLog()
    const leader = await open({ events, retentionInterval: 100 })
    await until('a build that waits', async () => (await indexes())[names[0]!] === false)
    await insert('20001, 20001')
    const other = await open({ retentionInterval: 100 })
    const during = entry({ source: 'during', cause: 'dns' })
    expect(await codeOf(leader.record(during))).to.equal('none')
    expect(await codeOf(other.record(entry({ source: 'during' })))).to.equal('none')
    await sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND pid <> pg_backend_pid()`,
      base.name,
    )
    await until('the next build', async () => {
      const running = await sql(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE '% INDEX CONCURRENTLY%' AND state = 'active' AND datname = '${base.name}' AND pid <> pg_backend_pid()`,
        base.name,
      )
      return running.length > 0
    })
    await leader.close(2_000)
    await reader.query('COMMIT')
    await until('the indexes', built)
    expect(events.warnings.join()).to.match(/^indexes for filters were not built: terminating connection[^,]*$/)
    const found = async (source: string) =>
      (await other.list({ source, cause: 'dns' }, { limit: 10 })).failures.map(({ id }) => id)
    expect(await found('before')).to.have.length(1)
    expect(await found('old')).to.have.length(4)
    expect(await found('during')).to.deep.equal([during.failure.id])
  })

  it('are left alone, with one warning, where the role may not build them', async () => {
    const owner = await open()
    await owner.close(2_000)
    for (const name of names) await sql(`DROP INDEX webhook_errors.${name}`, base.name)
    await sql(`DROP ROLE IF EXISTS reporter`)
    await sql('CREATE ROLE reporter LOGIN')
    await sql(
      'GRANT USAGE ON SCHEMA webhook_errors TO reporter; GRANT ALL ON ALL TABLES IN SCHEMA webhook_errors TO reporter',
      base.name,
    )
    const events = new EventLog()
    const journal = await open({ events, retentionInterval: 50 }, base.url.replace('postgres@', 'reporter@'))
    await until('a warning', () => events.warnings.length > 0)
    await sleep(300)
    expect(
      events.warnings.filter((warning) => /^indexes for filters were not built: must be owner/.test(warning)),
    ).to.have.length(1)
    expect(await codeOf(journal.record(entry()))).to.equal('none')
  })
})
