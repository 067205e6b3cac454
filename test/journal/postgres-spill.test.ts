import { existsSync } from 'node:fs'
import { expect } from 'chai'
import pg from 'pg'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { startService } from '../support/service.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry, INCIDENTS, signalEntry } from './entries.ts'
import { databasesWithSpill } from './postgres-spills.ts'

describe('openPostgresJournal with a spill', () => {
  const spills = databasesWithSpill()
  const { base, open, rows, away, back } = spills
  const { sql } = base

  it('takes reports while the database is unreachable, and moves them on in order, once each, counted once', async () => {
    const journal = await open()
    await journal.record(entry({ isTracked: true }))
    await away(journal)
    const spilled = Array.from({ length: 450 }, (_, index) => entry({ message: `n${index}`, isTracked: true }))
    for (const answer of await Promise.all(spilled.map((each) => journal.record(each)))) {
      expect(answer.duplicate).to.equal(false)
    }
    expect(journal.status().spill).to.deep.equal({ usable: true, waiting: 450 })
    expect(await rows()).to.have.length(1)
    await back(journal)
    expect((await rows()).slice(1).map(({ message }) => message)).to.deep.equal(
      spilled.map(({ failure }) => failure.message),
    )
    expect(spills.events.counts()).to.deep.equal({ orders: 451 })
    const [incident] = (await journal.incidents({}, { limit: 5 })).incidents
    expect(incident?.failures).to.equal(451)
  })

  it('takes other signals too, moves them on in their order among reports, and each id once', async () => {
    const journal = await open()
    const record = (...entries: Parameters<typeof journal.recordAll>[0]) => Promise.all(journal.recordAll(entries))
    await record(signalEntry('failing', { key: 'before' }))
    await away(journal)
    const kept = [
      signalEntry('disabled', { key: 'd', receivedAt: Date.now() - 1 }),
      entry({ isTracked: true }),
      signalEntry('recovered', { key: 'e', what: 'enabled', code: null, cause: null }),
      ...Array.from({ length: 150 }, (_, index) => signalEntry('failing', { message: `n${index}` })),
    ]
    const answers = [...(await record(...kept)), ...(await record(signalEntry('failing', { key: 'before' })))]
    expect(answers.map(({ duplicate }) => duplicate)).not.to.include(true)
    expect(await record(signalEntry('failing', { key: 'd' }))).to.deep.equal([{ id: answers[0]!.id, duplicate: true }])
    await journal.close(2_000)
    const next = await open()
    expect(next.status().spill?.waiting).to.equal(154)
    await back(next)
    const [incident, ...others] = (await next.incidents({}, { limit: 5 })).incidents
    expect(others).to.deep.equal([])
    expect(incident).to.include({ failures: 1 })
    // What was sent again under a known id changed nothing.
    expect(incident?.signals).to.deep.include({ total: 153, warnings: 151, disablings: 1, disabled: [] })
    const { timeline } = (await next.incident(incident!.id))!
    expect(timeline[0]?.type).to.equal('failing')
    expect(timeline.at(-1)?.message).to.equal('n149')
    expect(await sql('SELECT 1 FROM webhook_errors.signals WHERE key IS NOT NULL')).to.have.length(3)
  })

  it('keeps what it acknowledged over a restart without a database', async () => {
    const first = await open()
    await away(first)
    const { id } = await first.record(entry())
    await first.close(2_000)
    const second = await open()
    expect(second.status()).to.deep.include({ up: false, spill: { usable: true, waiting: 1 } })
    await second.record(entry())
    await second.record(entry({ isTracked: true, at: 1_000 }))
    await back(second)
    // What the process that ended had counted counts in the one that moved it, and each of its own once.
    expect(spills.events.moved).to.deep.equal([id])
    await away(second)
    await back(second)
    expect(spills.events.counts()).to.deep.equal({ orders: 3 })
    expect((await rows()).map((row) => row.id))
      .to.include(id)
      .and.have.length(3)
    await until('the file to begin anew', () => existsSync(spills.path))
  })

  it('moves on what is in a file that another process held at the start', async () => {
    const journal = openSqliteJournal({
      path: spills.path,
      events: new EventLog(),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 10 ** 12, size: 2 ** 40 },
    })
    await journal.open()
    const { id } = await journal.record(entry({ key: 'k' }))
    const service = await open()
    expect(service.status()).to.deep.include({ up: true, spill: { usable: false, waiting: 0 } })
    await journal.close(2_000)
    await until('it to move on', async () => (await rows()).some((row) => row.id === id))
    expect(await service.record(entry({ key: 'k' }))).to.deep.equal({ id, duplicate: true })
  })

  it('stores a report with an id once, wherever and how often it is sent', async () => {
    const journal = await open()
    const known = await journal.record(entry({ key: 'before' }))
    await away(journal)
    expect(await journal.record(entry({ key: 'before' }))).to.deep.equal({ id: known.id, duplicate: true })
    expect(await codeOf(journal.record(entry({ key: 'before', digest: 'other' })))).to.equal('idempotency_key_reused')
    const batch = journal.recordAll([entry({ key: 'before' }), entry({ key: 'beside' })])
    expect((await Promise.all(batch)).map(({ duplicate }) => duplicate)).to.deep.equal([true, false])
    const first = await journal.record(entry({ key: 'during' }))
    expect(await journal.record(entry({ key: 'during' }))).to.deep.equal({ id: first.id, duplicate: true })
    expect(await codeOf(journal.record(entry({ key: 'during', digest: 'other' })))).to.equal('idempotency_key_reused')
    // Known to the database with another body: it was acknowledged, so it stays, without its id.
    const promised = await journal.record(entry({ key: 'before 2', digest: 'other' }))
    await sql(
      `INSERT INTO webhook_errors.idempotency_keys VALUES ('retm', 'cafe', 'before 2', 'digest', '${known.id}')`,
    )
    await back(journal)
    expect(await journal.record(entry({ key: 'during' }))).to.deep.equal({ id: first.id, duplicate: true })
    const { id: beside } = (await Promise.all(batch))[1]!
    expect((await rows()).map(({ id }) => id)).to.have.members([known.id, beside, first.id, promised.id])
    await away(journal)
    // Known since it was moved.
    expect(await journal.record(entry({ key: 'beside' }))).to.deep.equal({ id: beside, duplicate: true })
    await back(journal)
    expect(spills.events.counts()).to.deep.equal({ orders: 4 })
  })

  it('knows the ids of senders on both sides while what was spilled moves on', async () => {
    const journal = await open({ commitDeadline: 20_000 })
    await away(journal)
    // Two hundred move on in one step: the first id with the first step, the second one with a step that is held up.
    const moved = await journal.record(entry({ key: 'moved' }))
    await Promise.all(Array.from({ length: 250 }, () => journal.record(entry())))
    const waiting = await journal.record(entry({ key: 'waiting' }))
    const holder = new pg.Client({ connectionString: base.url })
    holder.on('error', () => {})
    await holder.connect()
    await holder.query('BEGIN')
    await holder.query(
      `INSERT INTO webhook_errors.idempotency_keys VALUES ('retm', 'cafe', 'waiting', 'digest', '${moved.id}')`,
    )
    spills.proxy.mode = 'pass'
    await until('the first step', () => journal.status().up && (journal.status().spill?.waiting ?? 0) < 100)

    for (const { key, id } of [
      { key: 'moved', id: moved.id },
      { key: 'waiting', id: waiting.id },
    ]) {
      expect(await journal.record(entry({ key })), key).to.deep.equal({ id, duplicate: true })
      expect(await codeOf(journal.record(entry({ key, digest: 'other' }))), key).to.equal('idempotency_key_reused')
    }
    const fresh = await journal.record(entry({ key: 'fresh' }))
    expect(fresh.duplicate).to.equal(false)
    await holder.query('ROLLBACK')
    await holder.end()
    await back(journal)
    const ids = (await rows()).map(({ id }) => id)
    expect(ids).to.have.length(253)
    expect(ids).to.include.members([moved.id, waiting.id, fresh.id])
    expect(await journal.record(entry({ key: 'fresh' }))).to.deep.equal({ id: fresh.id, duplicate: true })
  })

  it('reports what a failure does to the incident that the database has, and of no more endpoints than have a place', async () => {
    const journal = await open({ slots: { configured: [], limit: 2 } })
    const record = async (endpoint: string) => (await journal.record(entry({ endpoint, isTracked: true }))).incident
    const opened = await record('known')
    await away(journal)
    const joined = await record('known')
    expect(joined?.change).to.equal('joined')
    expect(joined?.state.incident).to.deep.include({ id: opened!.state.incident!.id, failures: 2 })
    expect((await record('known'))?.state.incident?.failures).to.equal(3)
    expect((await record('new'))?.change).to.equal('opened')
    expect((await record('new'))?.change).to.equal('joined')
    expect(await record('one too many')).to.equal(undefined)
    await back(journal)
    const failures = `SELECT incident::json ->> 'failures' AS n FROM webhook_errors.incidents ORDER BY endpoint`
    expect(await base.sql(failures)).to.deep.equal([{ n: '3' }, { n: '2' }])
    expect(await rows()).to.have.length(6)
  })

  it('takes over what was on its way, and stores it once where it had arrived', async () => {
    const journal = await open()
    await journal.record(entry())
    spills.awayOnceStored()
    const { id } = await journal.record(entry({ message: 'unknown' }))
    expect(journal.status().spill?.waiting).to.equal(1)
    await back(journal)
    expect((await rows()).filter((row) => row.id === id)).to.have.length(1)
    expect(await rows()).to.have.length(2)
    expect(spills.events.counts()).to.deep.equal({ orders: 2 })
  })

  it('moves on large reports in small steps, in their order among signals', async () => {
    const journal = await open({ commitDeadline: 20_000 })
    await away(journal)
    const message = (index: number) => ({ message: `n${index}` })
    for (let index = 0; index < 12; index++) {
      await journal.record(entry({ raw: Buffer.alloc(1_000_000, index), isTracked: true, ...message(index) }))
      await Promise.all(journal.recordAll([signalEntry('failing', message(index))]))
    }
    await back(journal)
    expect((await rows()).map((row) => row.message)).to.deep.equal(
      Array.from({ length: 12 }, (_, index) => `n${index}`),
    )
    const steps = await sql(
      'SELECT sum(octet_length(raw))::int AS bytes, min(id::text) FROM webhook_errors.failures GROUP BY xmin::text ORDER BY 2',
    )
    expect(steps.map(({ bytes }) => bytes)).to.deep.equal([4_000_000, 4_000_000, 4_000_000])
    const [incident] = (await journal.incidents({}, { limit: 2 })).incidents
    expect(incident).to.include({ failures: 12 })
    const { timeline } = (await journal.incident(incident!.id))!
    expect(timeline.map((each) => each.message)).to.deep.equal(
      steps.flatMap((_, step) => [0, 1, 2, 3].map((n) => `n${4 * step + n}`)),
    )
  })

  it('keeps the service ready and answering 202, also over a kill -9', async function () {
    this.timeout(60_000)
    const start = () =>
      startService({ config: { journal: { url: base.through(spills.proxy.port), spill: { path: spills.path } } } })
    const service = await start()
    await until('it to be up', async () => (await report(service.ingest, REPORT)).status === 202)
    spills.proxy.mode = 'refuse'
    spills.proxy.cut()
    const ids: string[] = []
    await until('ten acknowledgements', async () => {
      const response = await report(service.ingest, REPORT)
      if (response.status === 202) ids.push(((await response.json()) as { id: string }).id)
      return ids.length >= 10
    })
    const ready = await fetch(`${service.admin}/readyz`)
    expect(ready.status).to.equal(200)
    expect(await ready.text()).to.include('wait there')
    const shown = await scrape(service.admin)
    expect(sum(shown, 'webhook_exporter_journal_up')).to.equal(0)
    expect(sum(shown, 'webhook_exporter_journal_spilled')).to.be.at.least(10)
    await service.stop('SIGKILL')
    spills.proxy.mode = 'pass'
    const next = await start()
    await until('all to move on', async () => {
      const there = new Set((await rows()).map((row) => row.id))
      return ids.every((id) => there.has(id))
    })
    // No living process had counted them.
    await until('the counter', async () => {
      return sum(await scrape(next.admin), 'webhook_delivery_failures_total') === ids.length
    })
  })
})
