import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { type Program, requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const run = promisify(execFile)
const ERRORS = 'webhook_exporter_journal_errors_total'

/** docs/backup.md, tested under load: other programs read the journal, copy it and run checkpoints of their own. */
describe('other programs at the SQLite journal', function () {
  this.timeout(120_000)
  let service: Service
  let path: string
  let acknowledged: string[]
  let refused: number
  let isLoaded: boolean
  let senders: Promise<unknown>

  const beginLoad = async (): Promise<void> => {
    service = await startService()
    path = join(service.folder, 'journal.db')
    acknowledged = []
    refused = 0
    isLoaded = true
    const sender = async () => {
      while (isLoaded) {
        const { status, body } = await answer(report(service.ingest, { ...REPORT, padding: 'x'.repeat(2_000) }))
        if (status === 202) acknowledged.push(body.id)
        else refused++
      }
    }
    senders = Promise.all(Array.from({ length: 8 }, sender))
    await until('some load', () => acknowledged.length > 100)
  }
  const endLoad = async (): Promise<void> => {
    isLoaded = false
    await senders
  }
  /** Some reports more, each time. */
  const more = async (count = 200): Promise<void> => {
    const before = acknowledged.length
    await until('more reports', () => acknowledged.length >= before + count)
  }
  const idsIn = (file: string): Set<unknown> => {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      expect(db.prepare('PRAGMA integrity_check').get()!['integrity_check']).to.equal('ok')
      return new Set(
        db
          .prepare('SELECT id FROM failures')
          .all()
          .map(({ id }) => id),
      )
    } finally {
      db.close()
    }
  }
  const expectUndisturbed = async (): Promise<void> => {
    await endLoad()
    expect(refused).to.equal(0)
    const metrics = await scrape(service.admin)
    expect(sum(metrics, ERRORS)).to.equal(0)
    expect(sum(metrics, 'webhook_delivery_failures_total')).to.equal(acknowledged.length)
    const stored = idsIn(path)
    expect(acknowledged.filter((id) => !stored.has(id))).to.deep.equal([])
  }

  afterEach(async () => {
    isLoaded = false
    await stopServices()
  })

  describe('the sqlite3 shell', () => {
    let sqlite3: Program
    before(async function () {
      sqlite3 = await requireProgram(this, 'sqlite3')
    })
    const shell = (command: string) => run(sqlite3.path, ['-cmd', '.timeout 5000', path, command], { env: sqlite3.env })

    for (const mode of ['TRUNCATE', 'RESTART', 'FULL', 'PASSIVE']) {
      it(`may run a ${mode} checkpoint, 20 times under load and 20 times between reports`, async () => {
        await beginLoad()
        for (let round = 0; round < 20; round++) {
          await shell(`PRAGMA wal_checkpoint(${mode})`)
          await more(20)
        }
        await expectUndisturbed()
        for (let round = 0; round < 20; round++) {
          await shell(`PRAGMA wal_checkpoint(${mode})`)
          expect((await report(service.ingest)).status).to.equal(202)
        }
        expect(sum(await scrape(service.admin), ERRORS)).to.equal(0)
      })
    }

    it('makes a whole copy by .backup, with everything acknowledged before it began', async () => {
      await beginLoad()
      for (let round = 0; round < 5; round++) {
        const before = [...acknowledged]
        const copy = join(tempFolder(), 'copy.db')
        await run(sqlite3.path, [path, 'BEGIN; SELECT count(*) FROM meta', `.backup '${copy}'`], { env: sqlite3.env })
        const stored = idsIn(copy)
        expect(before.filter((id) => !stored.has(id))).to.deep.equal([])
        await more()
      }
      await expectUndisturbed()
    })
  })

  it('may copy it by the command in docs/backup.md; the copy runs as its own journal', async () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/backup.md'), 'utf8')
    const script = docs.match(/node -e '(.*?)'/s)![1]!
    await beginLoad()
    const copy = join(tempFolder(), 'journal.db')
    const before = [...acknowledged]
    const { stdout } = await run(process.execPath, ['-e', script, path], { encoding: 'buffer', maxBuffer: 2 ** 30 })
    writeFileSync(copy, stdout)
    expect(existsSync(`${path}.backup`)).to.equal(false)
    await more()
    await expectUndisturbed()
    const restored = await startService({ env: { JOURNAL_URL: `sqlite:${copy}` } })
    const metrics = await scrape(restored.admin)
    expect(sum(metrics, ERRORS)).to.equal(0)
    expect(sum(metrics, 'webhook_delivery_failures_total')).to.be.within(before.length, acknowledged.length)
    expect((await report(restored.ingest)).status).to.equal(202)
  })

  it('may replicate as Litestream does: a reader holds the WAL, its own table, and RESTART and TRUNCATE alternately', async () => {
    await beginLoad()
    const replica = new DatabaseSync(path, { timeout: 1_000 })
    replica.exec(`PRAGMA wal_autocheckpoint = 0; CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
      CREATE TABLE _litestream_lock (id INTEGER)`)
    const pin = () => {
      const reader = new DatabaseSync(path, { readOnly: true })
      reader.exec('BEGIN; SELECT count(*) FROM _litestream_seq')
      return reader
    }
    for (let round = 0; round < 20; round++) {
      const reader = pin()
      copyFileSync(`${path}-wal`, join(tempFolder(), 'segment'))
      await more(50)
      reader.close()
      replica.exec(`PRAGMA wal_checkpoint(${round % 2 ? 'TRUNCATE' : 'RESTART'})`)
      replica.exec('INSERT INTO _litestream_seq VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = seq + 1')
    }
    replica.close()
    await expectUndisturbed()
  })

  for (const size of ['a small file', 'a file of more than 64 MiB']) {
    it(`acknowledges nothing more once ${size} was cut, says so, and leaves it as it is`, async () => {
      await beginLoad()
      await until('pages in the file', () => statSync(path).size > 2 ** 20)
      await endLoad()
      if (size.includes('64')) {
        grow(path)
        isLoaded = true
      }
      // What the WAL still held would make the file whole again. And what was added behind the service's back reaches the file.
      const db = new DatabaseSync(path)
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
      expect((await report(service.ingest)).status).to.equal(202)
      const bytes = statSync(path).size
      truncateSync(path, Math.floor(bytes / 2 / 4_096) * 4_096)
      expect((await answer(report(service.ingest))).body.code).to.equal('journal_unavailable')
      const metrics = await scrape(service.admin)
      expect(sum(metrics, ERRORS, 'kind="corrupt"')).to.be.above(0)
      await until('another attempt', async () => sum(await scrape(service.admin), ERRORS, 'kind="corrupt"') > 1)
      expect((await answer(report(service.ingest))).body.code).to.equal('journal_unavailable')
      expect(statSync(path).size).to.be.below(bytes)
      const ready = await answer(fetch(`${service.admin}/readyz`))
      expect(JSON.stringify(ready.body)).to.match(/is damaged .* move it away to start anew, or restore a copy/)
      // As a restart finds it, too.
      await service.stop('SIGKILL')
      const again = await startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
      expect((await answer(report(again.ingest))).body.code).to.equal('journal_unavailable')
      for (const suffix of ['', '-wal', '-shm', '.mark']) rmSync(`${path}${suffix}`, { force: true })
      await until('a new journal', async () => (await report(again.ingest)).status === 202)
    })
  }
})

/** Rows by the thousand, without HTTP. */
function grow(path: string): void {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  db.exec(`INSERT INTO failures (id, received_at, source, tenant, endpoint, url, code, cause, message, trace_id, idempotency_key, digest, raw)
    SELECT printf('%08x-0000-7000-8000-000000000000', value), 0, 'retm', '', 'orders',
    'https://shop.example/', 500, 'server_error', '', NULL, NULL, NULL, randomblob(60000)
    FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1200) SELECT value FROM n)`)
  db.close()
}
