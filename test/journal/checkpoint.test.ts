import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const CHECKPOINTS = 'webhook_exporter_journal_checkpoints_total'

describe('checkpoints of the SQLite journal', function () {
  this.timeout(120_000)
  let acknowledged: string[] = []

  beforeEach(() => {
    acknowledged = []
  })
  afterEach(stopServices)

  /** Large reports, so that the WAL soon reaches its limit. @returns the metrics once `done` says so */
  const load = async (service: Service, done: (metrics: string) => boolean): Promise<string> => {
    const body = { ...REPORT, padding: 'x'.repeat(50_000) }
    for (let round = 0; round < 200; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => answer(report(service.ingest, body))))
      for (const { status, body } of answers) {
        expect(status).to.equal(202)
        acknowledged.push(body.id)
      }
      const metrics = await scrape(service.admin)
      if (done(metrics)) return metrics
    }
    throw new Error('gave up')
  }
  const checkpoints = (metrics: string, result: string) => sum(metrics, CHECKPOINTS, `result="${result}"`)
  const walRatio = (metrics: string) =>
    sum(metrics, 'webhook_exporter_journal_wal_bytes') / sum(metrics, 'webhook_exporter_journal_wal_limit_bytes')
  const logged = (service: Service, text: RegExp) => service.log().filter(({ msg }) => text.test(String(msg)))
  const expectAllStored = (service: Service) => {
    const db = new DatabaseSync(join(service.folder, 'journal.db'), { readOnly: true })
    const stored = new Set(
      db
        .prepare('SELECT id FROM failures')
        .all()
        .map(({ id }) => id),
    )
    db.close()
    expect(acknowledged.filter((id) => !stored.has(id))).to.deep.equal([])
  }

  it('are counted and logged where the database file fails and the WAL does not, and go on once it is well', async function () {
    const { path: strace, env } = await requireProgram(this, 'strace')
    const service = await startService()
    await load(service, () => true)
    const file = join(service.folder, 'journal.db')
    const inject = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO', '-P', file]
    const tracer = spawn(strace, ['-f', '-o', '/dev/null', ...inject, '-p', String(service.pid)], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      await attached(tracer)
      const metrics = await load(service, (text) => checkpoints(text, 'failed') > 1 && walRatio(text) > 2)
      expect(sum(metrics, 'webhook_exporter_journal_up')).to.equal(1)
      await until('the log line', () => logged(service, /^journal checkpoint failed: disk I\/O error/).length === 1)
      const ready = await answer(fetch(`${service.admin}/readyz`))
      expect(ready.status).to.equal(200)
      expect(JSON.stringify(ready.body)).to.include('the WAL cannot be brought into')
    } finally {
      const ended = once(tracer, 'close')
      tracer.kill('SIGINT')
      await ended
    }
    await load(service, (text) => walRatio(text) <= 1.1)
    await until('the log line', () => logged(service, /^journal checkpoint succeeded again/).length === 1)
    expectAllStored(service)
  })

  it('are counted where a reader in another process pins the WAL, which is cut once it lets go', async () => {
    const service = await startService()
    await load(service, () => true)
    const reader = new DatabaseSync(join(service.folder, 'journal.db'), { readOnly: true })
    try {
      reader.exec('BEGIN')
      reader.prepare('SELECT count(*) FROM failures').get()
      const metrics = await load(service, (text) => walRatio(text) > 4)
      expect(checkpoints(metrics, 'blocked')).to.be.above(0)
      expect(checkpoints(metrics, 'failed')).to.equal(0)
      await until('the log line', () => logged(service, /^journal checkpoint blocked by a reader/).length === 1)
    } finally {
      reader.close()
    }
    await load(service, (text) => walRatio(text) <= 1.1)
    await until('the log line', () => logged(service, /^journal checkpoint succeeded again/).length === 1)
    expectAllStored(service)
  })
})

/** strace says so on stderr for each thread. */
const attached = (tracer: ChildProcess): Promise<unknown> => once(tracer.stderr!, 'data')
