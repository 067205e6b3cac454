import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { type FakeClock, fakeClock } from '../support/faketime.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { EventLog, entry, INCIDENTS } from './entries.ts'

/** Seconds. */
const DAY = 86_400

/** With the real process: its wall clock is set while its monotonic clock goes on. */
describe('a wrong clock', function () {
  this.timeout(60_000)
  let clock: FakeClock
  let url: string

  beforeEach(async function () {
    clock = await fakeClock(this)
    url = `sqlite:${join(tempFolder(), 'journal.db')}`
  })
  afterEach(stopServices)

  const start = () => startService({ config: { journal: { url } }, env: clock.env })
  const send = async (service: Service, count: number): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: count }, () => answer(report(service.ingest))))
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 202))
    return answers.map(({ body }) => body.id)
  }
  const missing = async (service: Service, ids: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(ids.map((id) => fetch(`${service.admin}/api/v1/failures/${id}`)))
    return ids.filter((_, index) => found[index]!.status !== 200)
  }
  const stopped = async (service: Service, reason: string) =>
    sum(await scrape(service.admin), 'webhook_exporter_journal_retention_stopped', `reason="${reason}"`)

  it('31 days behind, then corrected: every report is still there after restarts, and the log says why', async () => {
    clock.set(-31 * DAY)
    let service = await start()
    const ids = await send(service, 48)
    clock.set(0)
    for (let restart = 0; restart < 2; restart++) {
      await service.stop()
      service = await start()
      await until('retention to stop', async () => (await stopped(service, 'clock_changed')) === 1)
      expect(await missing(service, ids)).to.deep.equal([])
    }
    const lines = service.log().filter(({ msg }) => String(msg).startsWith('retention by age stopped'))
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ level: 'error', reason: 'clock_changed' })
    expect(lines[0]!['msg']).to.match(/set forward by 2678[34]\d\d s; check NTP/)
  })

  it('31 days ahead, then corrected: nothing is removed, and the rows from the future are reported', async () => {
    let service = await start()
    const ids = await send(service, 48)
    await service.stop()
    clock.set(31 * DAY)
    service = await start()
    await until('retention to stop', async () => (await stopped(service, 'clock_changed')) === 1)
    ids.push(...(await send(service, 2)))
    await service.stop()
    clock.set(0)
    service = await start()
    expect(await missing(service, ids)).to.deep.equal([])
    expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total')).to.equal(50)
  })

  it('jumped while the service was off, on another boot of the machine: rows from the future stop retention', async () => {
    clock.set(31 * DAY)
    let service = await start()
    const ids = await send(service, 3)
    await service.stop()
    clock.set(0)
    forgetBoot(url)
    service = await start()
    await until('retention to stop', async () => (await stopped(service, 'future_rows')) === 1)
    expect(await missing(service, ids)).to.deep.equal([])
    const ready = await answer(fetch(`${service.admin}/readyz`))
    expect(ready.status).to.equal(200)
    expect(JSON.stringify(ready.body)).to.match(/retention by age is stopped: the newest failure is from/)
  })
})

/** The same within one process, with both clocks in the test's hands. */
describe('retention of the SQLite journal', () => {
  const AGE = 30 * DAY * 1_000
  let journal: Journal
  let events: EventLog
  let wall: number
  let uptime: number
  let path: string

  beforeEach(() => {
    wall = Date.now()
    uptime = 1_000_000
    path = join(tempFolder(), 'journal.db')
  })
  afterEach(async () => {
    await journal.close(10_000)
    removeTempFolders()
  })

  const open = async (size = 2 ** 30) => {
    events = new EventLog()
    journal = openSqliteJournal({
      path,
      events,
      incidents: INCIDENTS,
      clock: () => wall,
      monotonic: () => uptime,
      retention: { age: AGE, size },
      retentionInterval: 5,
    })
    await journal.open()
  }
  const pass = (milliseconds: number) => {
    wall += milliseconds
    uptime += milliseconds
  }
  const record = (count: number, message = 'no answer', raw = Buffer.from('{}')) =>
    Promise.all(Array.from({ length: count }, () => journal.record(entry({ at: wall, message, raw }))))
  const samples = (): number => {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      return db.prepare('SELECT count(*) AS n FROM arrivals').get()!['n'] as number
    } finally {
      db.close()
    }
  }
  const messages = async () => (await journal.list({}, { limit: 1_000 })).failures.map(({ message }) => message)
  const stop = (reason: string | undefined) =>
    until(`a stop for ${reason}`, () => events.stops.at(-1)?.reason === reason || undefined)

  it('keeps what a slow clock stamped until it is old by the monotonic clock', async () => {
    wall -= 31 * DAY * 1_000
    await open()
    await record(48)
    wall += 31 * DAY * 1_000
    await stop('clock_changed')
    pass(DAY * 1_000)
    await stop(undefined)
    await record(1, 'later')
    pass(AGE - 2 * DAY * 1_000)
    await record(1, 'last')
    expect(await messages()).to.have.length(50)
    pass(2 * DAY * 1_000)
    await until('the 48 to expire', () => events.removed === 48)
    expect(await messages()).to.deep.equal(['last', 'later'])
  })

  it('removes nothing while the clock is a year ahead, nor while the newest rows lie in the future', async () => {
    await open()
    await record(5, 'before')
    wall += 365 * DAY * 1_000
    await stop('clock_changed')
    await record(2, 'ahead')
    wall -= 365 * DAY * 1_000
    await until('the clock to count as settled', () => {
      pass(3_600_000)
      return events.stops.at(-1)?.reason === 'future_rows'
    })
    expect(await messages()).to.have.length(7)
    expect(journal.status().retentionStop?.detail).to.match(/the newest failure is from .* the wall clock says/)
    // Not for as long as the time of those rows has not come: they have been here for the retention age by then.
    pass(AGE)
    await until('all to expire', () => events.removed === 7)
    await stop(undefined)
  })

  it('goes on a day after the machine was suspended, when the monotonic clock stood still', async () => {
    await open()
    await record(3, 'old')
    pass(AGE / 100)
    await until('a note of their arrival', () => samples() > 1)
    pass(AGE - AGE / 100 - 60_000)
    await record(1, 'young')
    wall += 8 * 3_600_000
    await stop('clock_changed')
    expect(await messages()).to.have.length(4)
    pass(DAY * 1_000)
    await until('the old ones to expire', () => events.removed === 3)
    expect(await messages()).to.deep.equal(['young'])
  })

  it('removes by size what arrived first, whatever the clock says of it', async () => {
    const raw = Buffer.alloc(20_000, 1)
    await open(4 * 2 ** 20)
    await record(100, 'first', raw)
    wall -= 31 * DAY * 1_000
    await record(100, 'second', raw)
    await until('retention by size', () => events.removed > 0)
    await record(10, 'third', raw)
    expect(new Set((await messages()).slice(-10))).not.to.include('first')
    const left = await messages()
    expect(left.filter((message) => message === 'third')).to.have.length(10)
    expect(left.filter((message) => message === 'second')).to.have.length(100)
  })

  it('drops no label set while the clock is wrong at a start', async () => {
    await open()
    await record(3)
    await journal.close(10_000)
    wall += 31 * DAY * 1_000
    await open()
    expect(events.counts()).to.deep.equal({ orders: 3 })
  })
})

/** What another boot looks like. */
function forgetBoot(url: string): void {
  const db = new DatabaseSync(url.slice('sqlite:'.length))
  db.exec(`UPDATE arrivals SET boot = 'another'`)
  db.close()
}
