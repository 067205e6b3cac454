import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, report, scrape, sum } from '../support/http.ts'
import { filledJournal } from '../support/readers.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

const NDJSON = { Accept: 'application/x-ndjson' }
const errors = async (service: Service, kind: string) =>
  sum(await scrape(service.admin), 'webhook_exporter_journal_read_errors_total', `kind="${kind}"`)
const logged = (service: Service) => service.log().filter(({ level }) => level === 'error')

describe('a journal that cannot be read', () => {
  afterEach(stopServices)

  it('counts every kind from 0', async () => {
    const { admin } = await startService()
    const text = await scrape(admin)
    for (const kind of ['closed', 'corrupt', 'locked', 'permission', 'unreachable', 'io', 'query'])
      expect(text).to.include(`webhook_exporter_journal_read_errors_total{kind="${kind}"} 0\n`)
  })

  it('is 503 for a damaged page, logged once, counted each time, and not written any more', async () => {
    const path = await filledJournal(400, 'm'.repeat(2_000))
    const service = await startService({ config: { journal: { url: `sqlite:${path}` } } })
    expect((await fetch(`${service.admin}/api/v1/failures?limit=1`)).status).to.equal(200)
    // The header page and the schema stay as they are.
    const content = readFileSync(path)
    const file = openSync(path, 'r+')
    for (let page = 8; page < content.length / 4_096; page++) {
      const at = page * 4_096
      // Leaf pages of tables only.
      if (content[at] === 13) writeSync(file, Buffer.alloc(100, 0xff), 0, 100, at)
    }
    closeSync(file)
    for (let time = 0; time < 3; time++) {
      const { status, body, headers } = await answer(fetch(`${service.admin}/api/v1/failures?limit=1000`))
      expect([status, body.code]).to.deep.equal([503, 'journal_unavailable'])
      expect(headers.get('retry-after')).to.match(/^\d+$/)
    }
    const corrupt = await errors(service, 'corrupt')
    expect(corrupt).to.be.above(0)
    expect(corrupt + (await errors(service, 'closed'))).to.equal(3)
    expect((await report(service.ingest)).status).to.equal(503)
    await service.stop()
    const lines = logged(service).filter(({ msg }) => /journal read failed/.test(String(msg)))
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ kind: 'corrupt' })
    expect(lines[0]!['msg']).to.include(path).and.include('damaged')
  })

  it('is 500 for a faulty query, logged with its reason, and counted', async () => {
    const service = await startService()
    const { body } = await answer(report(service.ingest))
    const database = new DatabaseSync(`${service.folder}/journal.db`)
    database.exec('ALTER TABLE failures RENAME COLUMN trace_id TO trace')
    database.close()
    for (const path of ['failures', `failures/${body.id}`]) {
      const it = await answer(fetch(`${service.admin}/api/v1/${path}`))
      expect([it.status, it.body.code], path).to.deep.equal([500, 'internal'])
      expect(JSON.stringify(it.body)).not.to.include('trace_id')
    }
    expect((await answer(fetch(`${service.admin}/api/v1/failures`, { headers: NDJSON }))).status).to.equal(500)
    expect(await errors(service, 'query')).to.equal(3)
    await service.stop()
    const lines = logged(service).filter((line) => JSON.stringify(line).includes('no such column: trace_id'))
    expect(lines).to.have.length(3)
    expect(logged(service)).to.have.length(3)
  })

  it('is 503 for a journal that is not open, and counted', async () => {
    const service = await startService({ config: { journal: { url: 'sqlite:/dev/null/journal.db' } } })
    expect((await answer(fetch(`${service.admin}/api/v1/failures`))).status).to.equal(503)
    expect(await errors(service, 'closed')).to.equal(1)
    await service.stop()
    expect(logged(service).filter(({ msg }) => /journal read failed/.test(String(msg)))).to.deep.equal([])
  })
})
