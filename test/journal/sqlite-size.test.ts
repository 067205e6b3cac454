import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { monotonicClock } from '../../src/journal/core/machine-clock.ts'
import { Arrivals } from '../../src/journal/sqlite/arrivals.ts'
import { Growth } from '../../src/journal/sqlite/growth.ts'
import { migrate } from '../../src/journal/sqlite/migrations.ts'
import { expireBatch } from '../../src/journal/sqlite/retention.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { entry, signalEntry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

const MIB = 2 ** 20
const DAY = 86_400_000
/** Bytes of the limit that are meant for the WAL. */
const WAL = 1_000 * 4_096
/** MiB: what is tolerated, a group, which is written after the look at the size, and its pages that are not full. */
const ABOVE = 6
const LARGE = { bytes: 60_000, rows: 1_500 }
const SMALL = { bytes: 1_000, rows: 60_000 }
const TINY = { bytes: 10, rows: 80_000 }

describe('the size of a SQLite journal', () => {
  const sqlite = sqliteJournals()
  const size = 8 * MIB
  const retention = { age: 30 * DAY, size }

  /** Records as fast as it can. @returns MiB of the largest file */
  async function flood(journal: Journal, { bytes, rows }: typeof LARGE): Promise<number> {
    const raw = Buffer.alloc(bytes, 1)
    let largest = 0
    let left = rows
    const client = async () => {
      while (left-- > 0) {
        await journal.record(entry({ raw }))
        largest = Math.max(largest, statSync(sqlite.path).size)
      }
    }
    await Promise.all(Array.from({ length: 300 }, client))
    return largest / MIB
  }

  for (const [kind, reports] of Object.entries({ large: LARGE, small: SMALL })) {
    it(`holds while ${kind} reports come faster than retention in its turn removes them`, async function () {
      this.timeout(60_000)
      const largest = await flood(await sqlite.open({ retention }), reports)
      expect((reports.rows * reports.bytes) / MIB).to.be.above(5 * ABOVE)
      expect(sqlite.events.removed).to.be.above(0)
      expect(largest).to.be.below(size / MIB + ABOVE)
    })
  }

  for (const when of ['after', 'after a start with']) {
    it(`holds while large reports come ${when} many tiny ones`, async function () {
      this.timeout(60_000)
      let journal = await sqlite.open({ retention })
      await flood(journal, TINY)
      if (when !== 'after') {
        await journal.close(5_000)
        journal = await sqlite.open({ retention })
      }
      expect(await flood(journal, LARGE)).to.be.below(size / MIB + ABOVE)
    })
  }

  it('holds while large reports come and many old ones are left to be removed', async function () {
    this.timeout(60_000)
    const journal = await sqlite.open({ retention })
    await flood(journal, TINY)
    await journal.close(5_000)
    const next = await sqlite.open({
      retention,
      clock: () => Date.now() + 40 * DAY,
      monotonic: () => monotonicClock() + 40 * DAY,
    })
    expect(await flood(next, LARGE)).to.be.below(size / MIB + ABOVE)
  })
})

describe('a step of retention by size in SQLite', () => {
  const removed = (bodies: readonly number[], excess: number): number => {
    const db = new DatabaseSync(':memory:')
    migrate(db)
    const insert =
      db.prepare(`INSERT INTO failures (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
      VALUES (?, 0, '', '', '', '', 0, '', ?, zeroblob(?))`)
    for (const [n, bytes] of bodies.entries()) insert.run(`${n}`.padStart(9, '0'), '文'.repeat(100), bytes)
    const [pages, free] = ['page_count', 'freelist_count'].map(
      (name) => db.prepare(`PRAGMA ${name}`).get()![name] as number,
    )
    const limits = { reading: { wall: 0, uptime: 0, boot: '' }, age: DAY, batch: 200 }
    const rows = { db, arrivals: new Arrivals(db), count: { removed: () => {} } }
    const { failures } = expireBatch(rows, limits, (pages! - free!) * 4_096 - excess)
    db.close()
    return failures
  }
  const many = (count: number, bytes: number) => Array<number>(count).fill(bytes)

  it('removes as much as is too much, and no more, whatever comes first', () => {
    expect(removed([...many(20, MIB), ...many(1_000, 10)], 2 * MIB), 'large ones first').to.equal(2)
    expect(removed([...many(10, 10), ...many(20, MIB)], 2 * MIB), 'small ones first').to.equal(12)
    expect(removed([MIB, ...many(1_000, 10)], 1), 'one byte too much').to.equal(1)
    expect(removed(many(1_000, 10), 90_000), 'small ones alone').to.be.within(100, 120)
    expect(removed(many(1_000, 10), 900_000), 'a batch').to.equal(200)
  })
})

describe('retention of what a SQLite journal keeps beside failures', () => {
  const sqlite = sqliteJournals()

  /** Signals of no incident, the first of them received so long ago (milliseconds). */
  function addSignals(count: number, age: number, tenant = ''): void {
    const db = new DatabaseSync(sqlite.path)
    db.prepare(`WITH RECURSIVE n (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < ?1 - 1)
      INSERT INTO signals SELECT substr(printf('%012x', ?2 + value), 1, 8) || '-' || substr(printf('%012x', ?2 + value), 9)
        || '-7000-8000-000000000000', ?2 + value, 'some', ?3, value || ':' || ?2, NULL, hex(zeroblob(150)) FROM n`).run(
      count,
      Date.now() - age,
      tenant,
    )
    db.close()
  }
  const signals = () => sqlite.query('SELECT count(*) AS n FROM signals')[0]!['n']

  it('removes all old signals in one run', async () => {
    await sqlite.filled(1)
    addSignals(2_000, 40 * DAY)
    addSignals(1_000, DAY)
    await sqlite.open({ retentionInterval: DAY })
    await until('the old ones to go', () => signals() === 1_000)
  })

  it('removes all signals above the limit of known ones in one run, and no failure for their sake', async function () {
    this.timeout(30_000)
    await sqlite.filled(100)
    addSignals(103_000, DAY)
    // Without the signals above their limit, 1.2 MiB of them, it fits.
    const size = statSync(sqlite.path).size + WAL - MIB / 2
    await sqlite.open({ retentionInterval: DAY, retention: { age: 30 * DAY, size } })
    await until('the first ones to go', () => signals() === 100_000)
    expect(sqlite.events.removed).to.equal(0)
  })

  it('removes signals above the limit from the tenants that have the most, the oldest first', async function () {
    this.timeout(30_000)
    await sqlite.filled(1)
    addSignals(30, 3 * DAY, 'quiet')
    addSignals(60_000, 2 * DAY, 'loud')
    addSignals(43_000, DAY, 'louder')
    await sqlite.open({ retentionInterval: DAY })
    await until('the excess to go', () => signals() === 100_000)
    const counts = sqlite.query(
      'SELECT tenant, count(*) AS n, max(received_at) - min(received_at) AS span FROM signals GROUP BY tenant',
    )
    expect(counts.map(({ tenant, n }) => [tenant, n])).to.deep.equal([
      ['loud', 56_970],
      ['louder', 43_000],
      ['quiet', 30],
    ])
    expect(counts[0]).to.include({ span: 56_969 })
    const oldest = sqlite.query(`SELECT min(idempotency_key + 0) AS n FROM signals WHERE tenant = 'loud'`)
    expect(oldest[0]!['n']).to.equal(3_030)
  })

  it('keeps only the ids of signals of no incident, and removes no failure for the sake of their texts', async () => {
    const journal = await sqlite.open({ retention: { age: 30 * DAY, size: 4 * MIB }, retentionInterval: 50 })
    await journal.record(entry())
    const message = 'm'.repeat(8_000)
    const flood = Array.from({ length: 800 }, (_, n) =>
      signalEntry('failing', { isTracked: false, key: `${n}`, message }),
    )
    await Promise.all(journal.recordAll(flood))
    const again = await Promise.all(journal.recordAll([flood[0]!]))
    expect(again[0]).to.deep.equal({ id: flood[0]!.signal.id, duplicate: true })
    expect(statSync(sqlite.path).size / MIB).to.be.below(2)
    await sqlite.close(journal)
    expect(sqlite.events.removed).to.equal(0)
    expect(signals()).to.equal(800)
  })

  it('removes none that are still to be moved to another journal', async () => {
    await sqlite.filled(1)
    addSignals(103_000, 40 * DAY)
    const journal = await sqlite.open({ isDrained: true, retention: { age: 1_000 * 365 * DAY, size: 2 ** 50 } })
    await journal.record(entry())
    expect(signals()).to.equal(103_000)
  })
})

describe('Growth', () => {
  let path: string
  let db: DatabaseSync

  beforeEach(() => {
    path = join(tempFolder(), 'some.db')
    db = new DatabaseSync(path)
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE rows (bytes)')
  })
  afterEach(() => {
    db.close()
    removeTempFolders()
  })

  const add = (mib: number) => {
    for (let row = 0; row < mib; row++) db.exec(`INSERT INTO rows VALUES (zeroblob(${MIB}))`)
  }
  const remove = (mib: number) =>
    db.exec(`DELETE FROM rows WHERE rowid IN (SELECT rowid FROM rows ORDER BY rowid LIMIT ${mib})`)
  const pages = () => db.prepare('PRAGMA page_count').get()!['page_count'] as number

  it('tolerates a sixteenth above the limit, and does not count free pages', () => {
    const growth = new Growth(db, 32 * MIB)
    add(33)
    expect(growth.isTooLarge(pages())).to.equal(false)
    add(2)
    expect(growth.isTooLarge(pages())).to.equal(true)
    remove(2)
    expect(growth.isTooLarge(pages())).to.equal(false)
  })

  it('lets a database that was larger when it was opened shrink at leisure, but not grow', () => {
    add(20)
    const growth = new Growth(db, 4 * MIB)
    expect(growth.isTooLarge(pages())).to.equal(false)
    add(2)
    expect(growth.isTooLarge(pages())).to.equal(true)
    remove(10)
    expect(growth.isTooLarge(pages())).to.equal(false)
    add(2)
    expect(growth.isTooLarge(pages()), 'larger than it was since').to.equal(true)
  })

  it('accepts what cannot be removed', () => {
    const growth = new Growth(db, 4 * MIB)
    add(10)
    expect(growth.isTooLarge(pages())).to.equal(true)
    growth.accept(pages())
    expect(growth.isTooLarge(pages())).to.equal(false)
    add(2)
    expect(growth.isTooLarge(pages())).to.equal(true)
  })
})
