import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

/** Ways to make a server forget what it acknowledged: how it is told, and how it is told back. */
const WAYS = [
  { where: 'the server', setting: 'fsync' },
  { where: 'the server', setting: 'synchronous_commit' },
  { where: 'the database', setting: 'synchronous_commit' },
  { where: 'the role', setting: 'synchronous_commit' },
  { where: 'the role in the database', setting: 'synchronous_commit' },
] as const

describe('a PostgreSQL database that no longer has what was acknowledged', () => {
  const base = databases()
  const cut = () =>
    base.server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${base.name}' AND pid <> pg_backend_pid()`,
    )
  afterEach(stopServices)

  it('is reported with the number: in the log, a metric and the condition', async function () {
    this.timeout(60_000)
    const service = await startService({ config: { journal: { url: base.url } } })
    const lost = async () => sum(await scrape(service.admin), 'webhook_exporter_journal_lost_failures_total')
    for (let count = 0; count < 3; count++) expect((await report(service.ingest, REPORT)).status).to.equal(202)
    await base.sql('DROP SCHEMA webhook_errors CASCADE')
    await cut()
    await until('a report to be taken', async () => (await report(service.ingest, REPORT)).status === 202)
    expect(await lost()).to.equal(3)
    expect(sum(await scrape(service.admin), 'webhook_exporter_journal_warnings')).to.equal(1)
    const ready = await fetch(`${service.admin}/readyz`)
    expect(ready.status).to.equal(200)
    expect(await ready.text()).to.match(
      /open; found at \d{4}-[^;]*: .* holds 3 failures fewer than this process acknowledged/,
    )
    expect(service.stdout.join('\n')).to.match(/"lost":3,.*acknowledged reports lost: /)
  })

  it('is reported by each replica, also by one that comes back after another has written', async () => {
    const events = [new EventLog(), new EventLog()] as const
    const [slow, quick] = [
      await base.open({ events: events[0], retry: { min: 1_500, max: 1_500 } }),
      await base.open({ events: events[1] }),
    ]
    for (const journal of [slow, quick, slow, slow]) await journal.record(entry())
    await base.sql('DROP SCHEMA webhook_errors CASCADE')
    await cut()
    await until('the faults', () => !slow.status().up && !quick.status().up)
    await until('the first to come back', () => quick.status().up)
    await quick.record(entry())
    expect(slow.status().up).to.equal(false)
    await until('the other to come back', () => slow.status().up)
    expect(events.map(({ lost }) => lost)).to.deep.equal([3, 1])
  })

  for (const [limit, retention] of Object.entries({
    age: { age: 500, size: 2 ** 40 },
    size: { age: 86_400_000, size: 1_000 },
  }))
    it(`is not meant where retention by ${limit} removed it`, async () => {
      const events = new EventLog()
      const journal = await base.open({ events, retention, retentionInterval: 100 })
      await Promise.all(Array.from({ length: 40 }, () => journal.record(entry())))
      await until('retention', () => events.removed >= 30)
      await cut()
      await until('the journal to come back', async () => (await codeOf(journal.record(entry()))) === 'none')
      expect(events.lost).to.equal(0)
    })
})

describe('retention of a PostgreSQL journal', () => {
  const base = databases()

  it('begins with failures that are too old, whatever the rest of it meets', async () => {
    const events = new EventLog()
    const journal = await base.open({ events, retention: { age: 500, size: 2 ** 40 }, retentionInterval: 100 })
    const holder = new pg.Client({ connectionString: base.url })
    holder.on('error', () => {})
    await holder.connect()
    // As a table that takes long to be read.
    await holder.query('BEGIN; LOCK TABLE webhook_errors.signals IN EXCLUSIVE MODE')
    await sleep(300)
    await journal.record(entry({ at: Date.now() - 3_600_000 }))
    await journal.close(2_000)
    await base.open({ events, retention: { age: 500, size: 2 ** 40 }, retentionInterval: 100 })
    await until('retention', () => events.removed === 1)
    await holder.end()
  })
})

describe('a PostgreSQL server that may forget what it acknowledged', () => {
  const base = databases()
  let url: string

  const tell = async ({ where, setting }: (typeof WAYS)[number]): Promise<void> => {
    if (where === 'the server') {
      base.server.configure({ [setting]: 'off' })
      base.server.reload()
      await until('the setting', async () => (await base.server.query(`SHOW ${setting}`))[0][setting] === 'off')
    } else {
      const subject = {
        'the database': `DATABASE ${base.name}`,
        'the role': 'ROLE reporter',
        'the role in the database': `ROLE reporter IN DATABASE ${base.name}`,
      }[where]
      await base.server.query(`ALTER ${subject} SET ${setting} = off`)
    }
  }
  const check = async (journal: Record<string, unknown>) => {
    const service = await startService({ config: { journal }, args: ['check-config', '--deep'], wait: false })
    const { code } = await service.exited
    return { code, said: [...service.stdout, ...service.stderr].join('\n') }
  }

  before(() => base.server.query('CREATE ROLE reporter LOGIN SUPERUSER'))
  beforeEach(() => {
    url = base.url.replace('postgres@', 'reporter@')
  })
  afterEach(async () => {
    await stopServices()
    await base.server.query('ALTER ROLE reporter RESET ALL')
    base.server.configure({ fsync: 'on', synchronous_commit: 'on' })
    base.server.reload()
    await until('the settings', async () => (await base.server.query('SHOW fsync'))[0].fsync === 'on')
  })

  it('is none where both settings are on', async () => {
    expect(await check({ url })).to.deep.equal({ code: 0, said: 'the configuration is valid' })
  })

  for (const way of WAYS) {
    it(`is refused by check-config --deep and while it serves: ${way.setting} off, by ${way.where}`, async function () {
      this.timeout(60_000)
      await tell(way)
      const refused = await check({ url })
      expect(refused.code).to.equal(1)
      expect(refused.said).to.include(`${way.setting} = off`).and.include('journal.allowUnsafeDurability')

      // Faults of a journal never end the process: it stays unready, and says why.
      const service = await startService({ config: { journal: { url } } })
      const answer = await report(service.ingest, REPORT)
      expect(answer.status).to.equal(503)
      expect(Number(answer.headers.get('retry-after'))).to.be.greaterThan(0)
      const ready = await fetch(`${service.admin}/readyz`)
      expect(ready.status).to.equal(503)
      expect(await ready.text()).to.include(`${way.setting} = off`)
      await service.stop()

      expect(await check({ url, allowUnsafeDurability: true })).to.include({ code: 0 })
      const allowed = await startService({ config: { journal: { url, allowUnsafeDurability: true } } })
      await until('a report to be taken', async () => (await report(allowed.ingest, REPORT)).status === 202)
    })
  }
})
