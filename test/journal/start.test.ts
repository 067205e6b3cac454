import { mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { EventLog, entry, INCIDENTS } from './entries.ts'

const FAILURES = 'webhook_exporter_journal_failures'
const TMPFS = 0x01021994

describe('a start on a SQLite journal', function () {
  this.timeout(60_000)
  afterEach(stopServices)

  it('says what it is doing, and counts the rows of a large file only when it is open, while reports come', async () => {
    const path = join(tempFolder(), 'journal.db')
    const start = () => startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
    let service = await start()
    expect((await report(service.ingest)).status).to.equal(202)
    await service.stop()
    const rows = 300_000
    addRows(path, rows)
    expect(statSync(path).size).to.be.above(64 * 2 ** 20)

    const journal = openSqliteJournal({
      path,
      events: new EventLog(),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 30 * 86_400_000, size: 2 ** 30 },
    })
    await journal.open()
    expect(journal.status()).to.deep.include({ up: true })
    expect(journal.status().size?.failures).to.equal(null)
    // One of them among the rows that are still to be counted.
    await journal.record(entry({ at: Date.now() - 60_000 }))
    await journal.record(entry())
    await until('the count', () => journal.status().size?.failures === rows + 3)
    await journal.close(10_000)

    service = await start()
    expect((await report(service.ingest)).status).to.equal(202)
    await until('the count', async () => sum(await scrape(service.admin), FAILURES) === rows + 4)
    const lines = service.log().filter(({ msg }) => msg === 'opening journal')
    expect(lines[0]).to.include({ step: 'checking the file', bytes: statSync(path).size })
    await service.stop('SIGKILL')
    service = await start()
    expect(service.log().filter(({ msg }) => msg === 'opening journal')[1]).to.include({
      step: 'bringing the WAL into the file',
    })
    await until('the count', async () => sum(await scrape(service.admin), FAILURES) === rows + 4)
  })

  it('warns of a journal in memory: in the log, and on /readyz', async function () {
    if (statfsSync('/dev/shm').type !== TMPFS) this.skip()
    const folder = mkdtempSync('/dev/shm/webhook-error-exporter-test-')
    try {
      const service = await startService({ env: { JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}` } })
      expect((await report(service.ingest)).status).to.equal(202)
      const lines = service.log().filter(({ level }) => level === 'warn')
      expect(lines.map(({ msg }) => msg).join()).to.match(/journal\.db is on tmpfs, in memory: .* persistent volume/)
      const ready = await answer(fetch(`${service.admin}/readyz`))
      expect(ready.status).to.equal(200)
      expect(JSON.stringify(ready.body)).to.match(/open; .*journal\.db is on tmpfs, in memory/)
      await service.stop()
    } finally {
      rmSync(folder, { recursive: true })
    }
    const lasting = await startService()
    if (statfsSync(lasting.folder).type === TMPFS) return
    expect(JSON.stringify((await answer(fetch(`${lasting.admin}/readyz`))).body)).not.to.include('in memory')
  })
})

/** Rows of about 250 bytes, a second apart, up to now. */
function addRows(path: string, rows: number): void {
  const db = new DatabaseSync(path)
  db.prepare(`INSERT INTO failures
      (id, received_at, source, tenant, endpoint, url, code, cause, message, trace_id, idempotency_key, digest, raw)
    SELECT printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, n), at, 'retm', '', 'orders', 'https://shop.example/',
      500, 'server_error', 'no answer', NULL, 'key-' || n, printf('%064x', n), randomblob(100)
    FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?1) SELECT n, ?2 - (?1 - n) * 1000 AS at FROM s)`).run(
    rows,
    Date.now(),
  )
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}
