import { expect } from 'chai'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

describe('openPostgresJournal, when something cannot be read', () => {
  const base = databases()
  afterEach(stopServices)

  /** Reading fails with that error of the server, and writing goes on. */
  const breakReading = async (sqlstate: string, table = 'incidents') => {
    await base.sql(`CREATE FUNCTION broken() RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '${sqlstate}'; END $$`)
    await base.sql(`ALTER TABLE webhook_errors.${table} RENAME TO kept`)
    await base.sql(`CREATE VIEW webhook_errors.${table} AS SELECT * FROM webhook_errors.kept WHERE broken()`)
  }

  for (const [sqlstate, kind] of [
    ['XX001', 'corrupt'],
    ['42883', 'query'],
    ['42501', 'permission'],
    ['53200', 'unreachable'],
  ] as const) {
    it(`reports each error ${sqlstate} as ${kind}, and goes on`, async () => {
      const events = new EventLog()
      const journal = await base.open({ events, tick: 60_000 })
      const { id } = await journal.record(entry({ isTracked: true }))
      await breakReading(sqlstate)
      for (let count = 0; count < 3; count++)
        expect(await codeOf(journal.incidents({}, { limit: 9 }))).to.equal(
          kind === 'query' ? sqlstate : 'journal_unavailable',
        )
      expect(events.readFaults.map((fault) => fault.kind)).to.deep.equal([kind, kind, kind])
      expect(events.faults).to.deep.equal([])
      expect((await journal.get(id))?.id).to.equal(id)
      expect(await codeOf(journal.record(entry()))).to.equal('none')
    })
  }

  it('shows it in the log once, and in the metric by kind each time', async function () {
    this.timeout(60_000)
    const service = await startService({ env: { JOURNAL_URL: base.url, LOG_LEVEL: 'info' } })
    expect((await report(service.ingest, REPORT)).status).to.equal(202)
    await breakReading('XX001', 'failures')
    for (let count = 0; count < 3; count++)
      expect((await fetch(`${service.admin}/api/v1/failures`)).status).to.equal(503)
    expect(
      sum(await scrape(service.admin), 'webhook_exporter_journal_read_errors_total', 'kind="corrupt"'),
    ).to.be.at.least(3)
    // The log ends with the process.
    await service.stop()
    const lines = service.log().filter(({ msg }) => String(msg).startsWith('journal read failed'))
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ level: 'error', kind: 'corrupt' })
    expect(lines[0]!['msg']).to.include('is damaged (XX001')
  })

  it('counts a reading of a journal that is closed as such', async () => {
    const events = new EventLog()
    const journal = await base.open({ events })
    const reading = codeOf(journal.list({}, { limit: 9 }))
    await journal.close(2_000)
    expect(['none', 'journal_unavailable']).to.include(await reading)
    expect(await codeOf(journal.list({}, { limit: 9 }))).to.equal('journal_unavailable')
    expect(new Set(events.readFaults.map(({ kind }) => kind))).to.deep.equal(new Set(['closed']))
  })
})
