import { expect } from 'chai'
import { SCHEMA_VERSION } from '../../src/journal/postgres/migrations.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

/** The server plays databases that speak PostgreSQL's protocol and lack some of what it has (docs/postgresql.md). */
describe('openPostgresJournal, where the database lacks something', () => {
  const base = databases()
  const { journals, open, sql } = base
  /** Functions of the same name come first in the search path. */
  const replace = async (...functions: readonly string[]): Promise<void> => {
    await sql('CREATE SCHEMA IF NOT EXISTS theirs')
    for (const each of functions) await sql(`CREATE FUNCTION theirs.${each}`)
    await sql(`ALTER DATABASE ${base.name} SET search_path = theirs, pg_catalog, public`)
  }
  const raising = (signature: string, state: string) =>
    `${signature} LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not here' USING ERRCODE = '${state}'; END $$`

  for (const [what, lock] of [
    ['do nothing', (each: string) => `${each}(bigint) RETURNS void LANGUAGE sql AS 'SELECT'`],
    ['are not supported', (each: string) => raising(`${each}(bigint) RETURNS void`, '0A000')],
  ] as const) {
    it(`lets ten replicas start at once on an empty database whose advisory locks ${what}`, async function () {
      this.timeout(60_000)
      await replace(lock('pg_advisory_lock'), lock('pg_advisory_unlock'))
      await Promise.all(Array.from({ length: 10 }, () => open()))
      await until('all to be up', () => journals.every((journal) => journal.status().up))
      expect(await sql('SELECT version FROM webhook_errors.schema_version')).to.deep.equal([
        { version: SCHEMA_VERSION },
      ])
      expect(journals.filter(({ lease }) => lease.fence() !== null)).to.have.length(1)
    })
  }

  it('takes settings that are not known for no way to lose data', async () => {
    await replace(`current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'`)
    const journal = await open()
    expect(journal.status().fault).to.equal(undefined)
    expect(await codeOf(journal.record(entry()))).to.equal('none')
  })

  it('computes the size by the rows where it is not known', async () => {
    await replace(
      raising('pg_total_relation_size(regclass) RETURNS bigint', '42883'),
      raising('pg_relation_size(regclass) RETURNS bigint', '42883'),
    )
    await (await open()).record(entry({ raw: Buffer.alloc(5_000) }))
    expect((await open()).status().size?.bytes).to.be.within(5_000, 10_000)
  })

  /** The first so many inserts of failures fail; a sequence counts also what is rolled back. */
  const failing = async (times: number, state: string): Promise<void> => {
    await sql('CREATE SEQUENCE tries')
    await sql(
      `CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('tries') <= ${times} THEN RAISE EXCEPTION 'restart transaction' USING ERRCODE = '${state}'; END IF;
         RETURN NULL; END $$`,
    )
    await sql('CREATE TRIGGER fails BEFORE INSERT ON webhook_errors.failures FOR STATEMENT EXECUTE FUNCTION fails()')
  }

  for (const state of ['40001', '40P01']) {
    it(`repeats a group that was rolled back for the sake of another (${state}), and stores it once`, async () => {
      const events = new EventLog()
      const journal = await open({ events })
      await failing(3, state)
      expect(await codeOf(journal.record(entry({ key: 'k', isTracked: true })))).to.equal('none')
      expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(1)
      expect(events.faults).to.deep.equal([])
    })
  }

  it('writes in a transaction of several statements where the one that does it all is not supported (0A000)', async () => {
    const events = new EventLog()
    const journal = await open({ events })
    await journal.record(entry({ isTracked: true }))
    await failing(1, '0A000')
    for (let count = 2; count <= 3; count++) {
      const { incident } = await journal.record(entry({ isTracked: true }))
      expect(incident?.state.incident?.failures).to.equal(count)
    }
    expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(3)
    expect(events.faults).to.deep.equal([])
  })

  it('acknowledges nothing whose completion is unknown (40003)', async () => {
    const journal = await open()
    await failing(1, '40003')
    expect(await codeOf(journal.record(entry({ key: 'k' })))).to.equal('journal_unavailable')
    await until('the journal to come back', () => journal.status().up)
    expect(await codeOf(journal.record(entry({ key: 'k' })))).to.equal('none')
    expect(await sql('SELECT 1 FROM webhook_errors.failures')).to.have.length(1)
  })
})
