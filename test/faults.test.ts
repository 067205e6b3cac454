import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, REPORT, report, scrape, sum } from './support/http.ts'
import { type Service, startService, stopServices } from './support/service.ts'
import { tempFolder, until } from './support/temp.ts'

/** What promise 8 says of a journal that cannot be written. */
async function expectDown(service: Service, kind: string, detail: RegExp): Promise<void> {
  const { status, body, headers } = await answer(report(service.ingest))
  expect(status).to.equal(503)
  expect(body.code).to.equal('journal_unavailable')
  expect(Number(headers.get('retry-after'))).to.be.above(0)
  expect((await fetch(`${service.admin}/healthz`)).status).to.equal(200)
  const ready = await answer(fetch(`${service.admin}/readyz`))
  expect(ready.status).to.equal(200)
  const condition = ready.body.conditions.find((it: { name: string }) => it.name === 'journal')
  expect(condition.ok).to.equal(false)
  expect(condition.detail).to.match(detail)
  const text = await scrape(service.admin)
  expect(sum(text, 'webhook_exporter_journal_up')).to.equal(0)
  expect(sum(text, 'webhook_exporter_journal_errors_total', `kind="${kind}"`)).to.be.above(0)
  expect(sum(text, 'webhook_exporter_reports_total', 'outcome="failed"', 'reason="journal_unavailable"')).to.be.above(0)
  await until('the log line', () => service.stdout.some((line) => detail.test(line)))
}

describe('a journal that cannot be written', () => {
  afterEach(stopServices)

  it('held by another process: is not touched, and taken when it is free', async () => {
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const first = await startService({ env })
    const second = await startService({ env })
    await expectDown(second, 'locked', /another process holds .*journal\.db/)
    expect((await report(first.ingest)).status).to.equal(202)
    await first.stop('SIGKILL')
    await until('the take-over', async () => (await report(second.ingest)).status === 202)
    expect(sum(await scrape(second.admin), 'webhook_delivery_failures_total')).to.equal(2)
  })

  it('damaged: is left as it is, to the byte', async () => {
    const path = join(tempFolder(), 'journal.db')
    writeFileSync(path, 'this is no database, '.repeat(500))
    const digest = () => createHash('sha256').update(readFileSync(path)).digest('hex')
    const before = digest()
    const service = await startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
    await expectDown(service, 'corrupt', /is damaged/)
    expect(digest()).to.equal(before)
    rmSync(path)
    await until('a new journal', async () => (await report(service.ingest)).status === 202)
  })

  it('removed while it is open: nothing more is acknowledged into it', async () => {
    const path = join(tempFolder(), 'journal.db')
    const service = await startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
    expect((await report(service.ingest)).status).to.equal(202)
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
    expect((await report(service.ingest)).status).to.equal(503)
    await until('a new journal', async () => (await report(service.ingest)).status === 202)
    const text = await scrape(service.admin)
    expect(sum(text, 'webhook_delivery_failures_total')).to.equal(1)
    expect(sum(text, 'webhook_exporter_journal_errors_total', 'kind="lost_commits"')).to.equal(1)
    expect(sum(text, 'webhook_exporter_journal_lost_failures_total')).to.equal(1)
    expect(await (await fetch(`${service.admin}/readyz`)).text()).to.match(
      /open; found at [^;]* holds 1 failures fewer/,
    )
  })

  it('a folder: is reported as one', async () => {
    await expectDown(
      await startService({ env: { JOURNAL_URL: `sqlite:${tempFolder()}` } }),
      'io',
      /is a folder; name a file/,
    )
  })

  it('of a newer version: is left as it is', async () => {
    const path = join(tempFolder(), 'journal.db')
    const service = await startService({ env: { JOURNAL_URL: `sqlite:${path}` } })
    await service.stop()
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 9999')
    db.close()
    await expectDown(await startService({ env: { JOURNAL_URL: `sqlite:${path}` } }), 'newer_schema', /newer version/)
  })

  it('on a full volume: answers 503, and resumes automatically once there is room', async function () {
    this.timeout(60_000)
    const mount = join(tempFolder(), 'volume')
    mkdirSync(mount)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount])
    if (mounted.status !== 0) {
      if (process.env['CI'] === 'true') throw new Error(`a tmpfs cannot be mounted: ${mounted.stderr}`)
      console.log('      SKIPPED: a tmpfs cannot be mounted here')
      this.skip()
    }
    try {
      const service = await startService({ env: { JOURNAL_URL: `sqlite:${join(mount, 'journal.db')}` } })
      expect((await report(service.ingest)).status).to.equal(202)
      writeFileSync(join(mount, 'ballast'), Buffer.alloc(2 ** 20))
      for (let filled = false; !filled; ) {
        try {
          writeFileSync(join(mount, 'ballast2'), Buffer.alloc(2 ** 14), { flag: 'a' })
        } catch {
          filled = true
        }
      }
      const acknowledged: string[] = []
      const message = 'words that fill pages '.repeat(300)
      await until('the volume to be full for the journal', async () => {
        const it = await answer(report(service.ingest, { ...REPORT, message }))
        if (it.status === 202) acknowledged.push(it.body.id)
        return it.status === 503
      })
      await expectDown(service, 'disk_full', /no room/)
      rmSync(join(mount, 'ballast'))
      rmSync(join(mount, 'ballast2'))
      await until('the recovery', async () => (await report(service.ingest)).status === 202)
      for (const id of acknowledged)
        expect((await fetch(`${service.admin}/api/v1/failures/${id}`)).status).to.equal(200)
      const rows = (
        await (await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })).text()
      )
        .trim()
        .split('\n')
      expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total')).to.equal(rows.length)
      await service.stop()
    } finally {
      await stopServices().catch(() => {})
      execFileSync('umount', ['-l', mount], { stdio: 'ignore' })
    }
  })
})

describe('a journal that is slow', () => {
  afterEach(stopServices)

  it('is waited for until the deadline, and what is stored late is counted all the same', async function () {
    this.timeout(60_000)
    const service = await startService({ config: { ingest: { answerTimeout: '300ms' } } })
    await report(service.ingest)
    // A stopped thread is what a disk that hangs looks like; SIGSTOP stops all threads, so the writer alone is delayed
    // by a reader's lock on the file.
    const path = join(service.folder, 'journal.db')
    const other = new DatabaseSync(path, { timeout: 100 })
    other.exec('BEGIN IMMEDIATE')
    const { status, body } = await answer(report(service.ingest))
    expect(status).to.equal(503)
    expect(body.code).to.be.oneOf(['answer_timeout', 'journal_unavailable'])
    expect((await fetch(`${service.admin}/healthz`)).status).to.equal(200)
    other.exec('ROLLBACK')
    other.close()
    await until('the recovery', async () => (await report(service.ingest)).status === 202)
    const rows = (
      await (await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })).text()
    )
      .trim()
      .split('\n')
    expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total')).to.equal(rows.length)
  })

  it('answers a batch that was stored after its 503 with the first ids, and stores it once', async function () {
    this.timeout(60_000)
    const map = { each: '/events', endpoint: '/url', code: '/code', message: '/message' }
    const service = await startService({
      config: { ingest: { answerTimeout: '300ms' }, sources: { batches: { kind: 'generic', auth: 'none', map } } },
    })
    const url = 'https://shop.example/hooks/orders'
    const events = Array.from({ length: 1_000 }, (_, code) => ({ url, code, message: 'no answer' }))
    const send = () =>
      answer(
        fetch(`${service.ingest}/webhooks/batches`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ events }),
        }),
      )
    const other = new DatabaseSync(join(service.folder, 'journal.db'), { timeout: 100 })
    other.exec('BEGIN IMMEDIATE')
    expect((await send()).status).to.equal(503)
    expect((await send()).status).to.equal(503)
    other.exec('ROLLBACK')
    other.close()
    let ids: string[] = []
    await until('the answer', async () => {
      const { status, body } = await send()
      ids = body.ids
      return status === 202
    })
    expect(ids).to.have.length(1_000)
    const listed = await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })
    const rows = (await listed.text()).trim().split('\n')
    expect(new Set(rows.map((row) => JSON.parse(row).id))).to.deep.equal(new Set(ids))
    expect(sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'outcome="duplicate"')).to.equal(1)
    expect((await send()).body.ids[0]).not.to.equal(ids[0])
  })
})
