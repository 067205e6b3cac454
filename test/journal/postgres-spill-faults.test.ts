import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { expect } from 'chai'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { Load, quickJournal } from './postgres-load.ts'
import { databasesWithSpill } from './postgres-spills.ts'

describe('openPostgresJournal with a spill', () => {
  const spills = databasesWithSpill()
  const { base, open, rows, away, back } = spills
  const { sql } = base

  for (const [how, statement] of [
    ['a constraint', `ALTER TABLE webhook_errors.failures ADD CONSTRAINT no_poison CHECK (message <> 'poison')`],
    [
      'a trigger',
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON webhook_errors.failures FOR EACH ROW WHEN (NEW.message = 'poison')
       EXECUTE FUNCTION refuse()`,
    ],
  ] as const) {
    it(`sets aside what ${how} of the database refuses, reports it, and moves on the rest`, async () => {
      const journal = await open()
      await journal.record(entry())
      await sql(statement)
      await away(journal)
      const raw = Buffer.from('{"its": "body"}')
      const poison: string[] = []
      for (let count = 0; count < 450; count++) {
        const isPoison = count === 0 || count === 230
        const { id } = await journal.record(entry(isPoison ? { message: 'poison', raw, key: `${count}` } : {}))
        if (isPoison) poison.push(id)
      }
      await back(journal)
      await until('the file to begin anew', () => journal.status().spill?.usable)
      expect(journal.status().spill).to.deep.equal({ usable: true, waiting: 0, setAside: 2 })
      const kept = await rows()
      expect(kept).to.have.length(449)
      expect(kept.filter(({ id }) => poison.includes(id))).to.deep.equal([])
      const file = `${spills.path}.set-aside.ndjson`
      expect(statSync(file).mode & 0o777).to.equal(0o600)
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
      const records = lines.map((line) => JSON.parse(line))
      expect(records.map(({ failure }) => failure.id)).to.deep.equal(poison)
      expect(records.map((record) => Buffer.from(record.raw, 'base64'))).to.deep.equal([raw, raw])
      expect(records[0].reason).to.match(how === 'a trigger' ? /P0001/ : /23514.*no_poison/)
      const told = spills.events.faults.filter(({ detail }) => detail.includes('set aside'))
      expect(told.map(({ detail }) => poison.filter((id) => detail.includes(id)))).to.deep.equal(
        poison.map((id) => [id]),
      )

      // Neither the next outage nor the next process is held up, and the file is counted.
      await away(journal)
      await journal.record(entry())
      await back(journal)
      await journal.close(2_000)
      const next = await open()
      expect(next.status().spill).to.deep.equal({ usable: true, waiting: 0, setAside: 2 })
      expect(await rows()).to.have.length(450)
    })
  }

  it('sets aside what is refused while the database is there, alone of its request, and acknowledges it', async () => {
    const journal = await open()
    await sql(`ALTER TABLE webhook_errors.failures ADD CONSTRAINT no_poison CHECK (message <> 'poison')`)
    const alone = entry({ message: 'poison' })
    expect(await journal.record(alone)).to.include({ id: alone.failure.id, duplicate: false })
    const batch = ['a', 'poison', 'b'].map((message) => entry({ message }))
    const ids = (await Promise.all(journal.recordAll(batch))).map(({ id }) => id)
    expect(ids).to.deep.equal(batch.map(({ failure }) => failure.id))
    expect((await rows()).map(({ id }) => id)).to.deep.equal([ids[0], ids[2]])
    expect(journal.status().spill).to.deep.equal({ usable: true, waiting: 0, setAside: 2 })
    const told = spills.events.faults.map(({ detail }) => detail)
    expect(told).to.have.length(2)
    expect(told.join()).to.include(`${alone.failure.id} (SQLSTATE 23514, constraint no_poison)`)
  })

  it('answers 503 and logs the error where nothing sets aside what is refused', async function () {
    this.timeout(60_000)
    const service = await startService({ config: { journal: { url: base.url } } })
    expect((await report(service.ingest, REPORT)).status).to.equal(202)
    await sql(`ALTER TABLE webhook_errors.failures ADD CONSTRAINT no_poison CHECK (message <> 'poison')`)
    const answer = await report(service.ingest, { ...REPORT, message: 'poison' })
    expect(answer.status).to.equal(503)
    expect(answer.headers.get('retry-after')).to.equal('60')
    expect(await answer.json()).to.include({ code: 'journal_refused' })
    const line = /"err":\{.*SQLSTATE 23514, constraint no_poison.*report refused by the journal/
    await until('the log', () => service.stdout.some((text) => line.test(text)))
    expect(sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'reason="journal_refused"')).to.equal(1)
    await stopServices()
  })

  it('keeps what is refused where it cannot be set aside, and says so', async () => {
    const journal = await open({ spill: { path: spills.path, size: 2 ** 28 } })
    await sql(`ALTER TABLE webhook_errors.failures ADD CONSTRAINT no_poison CHECK (message <> 'poison')`)
    mkdirSync(`${spills.path}.set-aside.ndjson`)
    await away(journal)
    const { id } = await journal.record(entry({ message: 'poison' }))
    spills.proxy.mode = 'pass'
    await until('the fault', () =>
      spills.events.faults.some(({ detail }) => detail.includes('set-aside.ndjson cannot be written')),
    )
    expect(journal.status().spill?.waiting).to.equal(1)
    rmdirSync(`${spills.path}.set-aside.ndjson`)
    await back(journal)
    expect(readFileSync(`${spills.path}.set-aside.ndjson`, 'utf8')).to.include(id)
  })

  it('reports any other error that keeps its reports from moving on', async () => {
    const journal = await open()
    await away(journal)
    await journal.record(entry())
    await sql('ALTER TABLE webhook_errors.series RENAME TO elsewhere')
    spills.proxy.mode = 'pass'
    await until('the fault', () => spills.events.faults.some(({ detail }) => detail.includes('42P01')))
    await sql('ALTER TABLE webhook_errors.elsewhere RENAME TO series')
    await back(journal)
    expect(await rows()).to.have.length(1)
  })

  it('takes reports again after its file could not be removed', async () => {
    const journal = await open()
    await away(journal)
    await journal.record(entry({ isTracked: true }))
    // A folder in the place of one of its files: removing it fails.
    rmSync(`${spills.path}.mark`)
    mkdirSync(`${spills.path}.mark/in/it`, { recursive: true })
    await back(journal)
    await until('the fault', () => spills.events.faults.some(({ detail }) => detail.includes('the spill:')))
    rmSync(`${spills.path}.mark`, { recursive: true })
    await away(journal)
    await until('a report to be taken', async () => (await codeOf(journal.record(entry()))) === 'none')
    await back(journal)
    expect(await rows()).to.have.length(2)
  })

  it('counts what had arrived in the database where the spill could not take it over', async () => {
    const journal = await open()
    await journal.record(entry())
    spills.awayOnceStored(() => rmSync(spills.path))
    expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    await back(journal)
    expect(await rows()).to.have.length(2)
    expect(spills.events.counts()).to.deep.equal({ orders: 2 })
  })

  it('counts a report once that it acknowledges while the database comes back', async () => {
    let counted = 0
    let tooMany: number | undefined
    const events = new EventLog()
    const onOpened: EventLog['onOpened'] = (totals) => {
      tooMany = (totals[0]?.count ?? 0) - counted
    }
    const journal = quickJournal(base.url, { events: Object.assign(events, { onOpened }) })
    // As the service counts it: after the answer, in the check phase. So one is always between both.
    const acknowledge = () => {
      if (tooMany !== undefined) return
      journal.registerSpilled(entry())
      setImmediate(() => {
        counted++
        acknowledge()
      })
    }
    acknowledge()
    await journal.open()
    await journal.close(2_000)
    expect(counted).to.be.above(1)
    expect(tooMany).to.equal(0)
  })

  it('takes nothing above its size, however much comes at once', async () => {
    const size = 4_000_000
    const journal = await open({ spill: { path: spills.path, size } })
    await away(journal)
    let taken = 0
    for (let round = 0; round < 3; round++) {
      const recording = Array.from({ length: 20 }, () =>
        codeOf(journal.record(entry({ raw: Buffer.alloc(1_000_000) }))),
      )
      taken += (await Promise.all(recording)).filter((code) => code === 'none').length
    }
    expect(taken).to.be.within(3, 4)
    expect(statSync(spills.path).size).to.be.below(1.25 * size)
  })

  it('takes nothing above its size while the database is back, where an earlier process left it full', async () => {
    const size = 3_000_000
    const first = await open({ spill: { path: spills.path, size } })
    await away(first)
    const large = () => entry({ message: 'large', raw: Buffer.alloc(1_000_000) })
    for (let count = 0; count < 4; count++) await codeOf(first.record(large()))
    await first.close(2_000)
    // Something keeps them from being moved.
    await sql(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '42P01'; END $$`,
    )
    await sql(`CREATE TRIGGER refuse BEFORE INSERT ON webhook_errors.failures FOR EACH ROW WHEN (NEW.message = 'large')
       EXECUTE FUNCTION refuse()`)
    spills.proxy.mode = 'pass'
    const next = await open({ spill: { path: spills.path, size } })
    await until('the database', () => next.status().up)
    for (let count = 0; count < 5; count++) await next.record(entry({ key: `k${count}`, raw: Buffer.alloc(900_000) }))
    expect(next.status().spill).to.deep.equal({ usable: false, waiting: 3 })
    expect(await rows()).to.have.length(5)
    await sql('DROP TRIGGER refuse ON webhook_errors.failures')
    await back(next)
    expect(await rows()).to.have.length(8)
  })

  it('takes nothing above its size', async () => {
    const journal = await open({ spill: { path: spills.path, size: 400_000 } })
    await away(journal)
    const codes = new Set<string>()
    await until('it to be full', async () => {
      for (let count = 0; count < 50; count++)
        codes.add(await codeOf(journal.record(entry({ raw: Buffer.alloc(20_000) }))))
      return journal.status().spill?.usable === false
    })
    expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    expect(codes).to.include('none')
  })

  it('loses nothing and doubles no id while the database comes and goes under load', async function () {
    this.timeout(60_000)
    const journal = await open()
    const load = new Load().start([journal])
    for (let round = 0; round < 3; round++) {
      const before = load.acknowledged.size
      await until('acknowledgements', () => load.acknowledged.size > before + 100)
      await away(journal)
      const without = load.acknowledged.size
      await until('acknowledgements without a database', () => load.acknowledged.size > without + 100)
      await back(journal)
    }
    await load.stop()
    await back(journal)
    const outcome = await load.outcome(base.server, base.url, true)
    console.log(
      `      spill: 3 runs, ${outcome.acknowledged} acknowledged, ${outcome.found} found, ${outcome.lost} lost, ${outcome.doubled} doubled, ${outcome.miscounted} incidents wrong`,
    )
    expect(outcome).to.include({ lost: 0, doubled: 0, miscounted: 0 })
    // Refused is only what comes in the moment when the spill starts again.
    expect([...load.refused].filter((code) => code !== 'journal_unavailable')).to.deep.equal([])
  })
})
