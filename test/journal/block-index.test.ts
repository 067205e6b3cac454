import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { FailureFilter, Journal } from '../../src/domain/ports/journal.ts'
import { BlockIndex } from '../../src/journal/sqlite/block-index.ts'
import { searchBlocks } from '../../src/journal/sqlite/block-search.ts'
import { countFailures } from '../../src/journal/sqlite/count-failures.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { migrate } from '../../src/journal/sqlite/migrations.ts'
import { BLOCK_ROWS, decodeRows, encodeRows, intersectRows } from '../../src/journal/sqlite/row-set.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { EventLog, entry, INCIDENTS } from './entries.ts'

const NOW = Date.now()
/** Two full blocks and a part of a third one. */
const ROWS = 2 * BLOCK_ROWS + 3_000
/** Each is in one row or in a few of them. */
const RARE: readonly FailureFilter[] = [
  { cause: 'dns' },
  { code: 599 },
  { tenant: 'rare\0tenant' },
  { source: 'svix' },
  { source: 'nowhere' },
  { endpoint: 'orders-1' },
  { endpoint: 'orders-nowhere' },
  { code: 599, endpoint: 'orders-1' },
  { tenant: 'tenant-7', cause: 'timeout' },
  { cause: 'tls', code: 500 },
  { cause: 'dns', since: NOW - 20_000_000 },
  { cause: 'dns', until: NOW - 20_000_000 },
  { tenant: 'tenant-7' },
  { source: 'retm', cause: 'server_error' },
]

/**
 * Adds rows after those that are there, a second apart. Causes and codes are skewed: `dns` and 599 are in one of 10,000
 * rows, a row of `svix` in one of 20,000. Every 1,000th row is a day old, as one that was kept aside.
 */
function addRows(db: DatabaseSync, rows: number): void {
  const from = Number(db.prepare('SELECT coalesce(max(rowid), 0) AS n FROM failures').get()!['n'])
  db.prepare(`INSERT INTO failures (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
    SELECT printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, n), at, iif(n % 20000 = 17, 'svix', 'retm'),
      iif(n % 15000 = 3, 'rare' || char(0) || 'tenant', 'tenant-' || n * 7 % 500), 'orders-' || n % 3, 'u',
      iif(n % 10000 = 4, 599, 500 + n % 2), iif(n % 10000 = 9, 'dns', iif(n % 2 = 0, 'server_error', 'tls')),
      'm', zeroblob(400)
    FROM (WITH RECURSIVE s (n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?1 + ?2)
      SELECT n, ?3 - (${ROWS} - n) * 1000 - iif(n % 1000 = 9, 86400000, 0) AS at FROM s)`).run(from, rows, NOW)
}

describe('the index of failures in SQLite', function () {
  this.timeout(60_000)
  let path: string
  const opened = new Set<DatabaseSync>()
  const journals = new Set<Journal>()
  const open = (): DatabaseSync => {
    const db = new DatabaseSync(path)
    opened.add(db)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024')
    return db
  }

  beforeEach(() => {
    path = join(tempFolder(), 'journal.db')
  })
  afterEach(async () => {
    for (const journal of journals) await journal.close(10_000)
    journals.clear()
    for (const db of opened) db.close()
    opened.clear()
    removeTempFolders()
  })

  const indexed = (db: DatabaseSync): BlockIndex => {
    const index = new BlockIndex(db)
    while (index.step());
    return index
  }
  const blocks = (db: DatabaseSync) => db.prepare('SELECT count(*) AS n FROM blocks').get()!['n']
  /** All ids by searches of `limit`, each going on where the one before ended. */
  function found(db: DatabaseSync, filter: FailureFilter, limit = 30): string[] {
    const ids: string[] = []
    for (;;) {
      const page = searchBlocks(db, { filter, before: ids.at(-1), limit })!
      ids.push(...page)
      if (page.length < limit) return ids
    }
  }
  function expected(db: DatabaseSync, { since = 0, until = 2 ** 47, ...fields }: FailureFilter): unknown[] {
    const equal = Object.keys(fields).map((name) => `AND ${name} = ?`)
    return db
      .prepare(
        `SELECT id FROM failures NOT INDEXED WHERE received_at >= ? AND received_at < ? ${equal.join(' ')} ORDER BY id DESC`,
      )
      .all(since, until, ...Object.values(fields))
      .map(({ id }) => id)
  }
  function expectAllFound(db: DatabaseSync): void {
    for (const filter of RARE) expect(found(db, filter), JSON.stringify(filter)).to.deep.equal(expected(db, filter))
  }

  it('encodes few and many rows, and intersects them', () => {
    const every = (step: number) => Array.from({ length: Math.ceil(BLOCK_ROWS / step) }, (_, index) => index * step)
    for (const step of [1, 2, 15, 16, 17, 5_000, BLOCK_ROWS])
      expect(decodeRows(encodeRows(every(step))), `every ${step}`).to.deep.equal(every(step))
    expect(intersectRows([encodeRows(every(2)), encodeRows(every(3)), encodeRows(every(35))])).to.deep.equal(every(210))
  })

  it('finds what a filter matches, in any order of arrival, in blocks and after them, page by page', () => {
    const db = open()
    migrate(db)
    addRows(db, ROWS)
    indexed(db)
    expect(blocks(db)).to.equal(2)
    expectAllFound(db)
  })

  it('counts the real failures of endpoints since some times, in blocks and after them', () => {
    const db = open()
    migrate(db)
    addRows(db, ROWS)
    db.exec(`UPDATE failures SET mark = 'simulated' WHERE rowid % 7 = 0;
      UPDATE failures SET endpoint = 'rare' WHERE rowid % 10000 = 1`)
    indexed(db)
    const endpoints = ['orders-1', 'rare', 'nowhere']
    for (const ages of [[10_000_000, 30_000_000], [1_000, ROWS * 1_000], [ROWS * 1_000 + 86_400_000]]) {
      const since = ages.map((age) => NOW - age)
      for (const most of [3, 1_000, 1_000_000]) {
        const all = endpoints.map((endpoint) => [
          endpoint,
          ...since.map((at) => {
            const sql = 'SELECT count(*) AS n FROM failures WHERE endpoint = ? AND received_at >= ? AND mark IS NULL'
            return Math.min(Number(db.prepare(sql).get(endpoint, at)!['n']), most)
          }),
        ])
        expect(countFailures(db, { endpoints, since, most }), `${ages}, ${most}`).to.deep.equal(all)
      }
    }
  })

  it('answers undefined while too much is not indexed, and is built from what was there', () => {
    const db = open()
    migrate(db)
    const index = new BlockIndex(db)
    addRows(db, 5 * BLOCK_ROWS)
    expect(searchBlocks(db, { filter: { cause: 'dns' }, limit: 10 })).to.equal(undefined)
    expect(index.step()).to.equal(false)
    expect(index.added(5 * BLOCK_ROWS)).to.equal(true)
    while (index.step());
    expect(found(db, { cause: 'dns' })).to.deep.equal(expected(db, { cause: 'dns' }))
  })

  it('follows removals at both ends, and rows that get the numbers of removed ones', () => {
    const db = open()
    migrate(db)
    addRows(db, ROWS)
    const index = indexed(db)
    db.exec(`DELETE FROM failures WHERE rowid <= ${BLOCK_ROWS + 10}`)
    index.rowsRemoved()
    expect(blocks(db)).to.equal(1)
    expectAllFound(db)
    db.exec(`DELETE FROM failures WHERE rowid > ${BLOCK_ROWS + 5_000}`)
    index.rowsRemoved()
    expect(blocks(db)).to.equal(0)
    db.prepare(`UPDATE failures SET cause = 'timeout' WHERE rowid = ?`).run(BLOCK_ROWS + 4_000)
    addRows(db, BLOCK_ROWS)
    index.added(BLOCK_ROWS)
    while (index.step());
    expect(blocks(db)).to.equal(1)
    expectAllFound(db)
    db.exec('DELETE FROM failures')
    index.rowsRemoved()
    expect(db.prepare('SELECT count(*) AS n FROM block_values').get()!['n']).to.equal(0)
  })

  it('is built anew after a VACUUM, which gives rows new numbers', () => {
    const db = open()
    migrate(db)
    addRows(db, ROWS)
    indexed(db)
    db.exec('DELETE FROM failures WHERE rowid < 100; VACUUM')
    indexed(db)
    expect(blocks(db)).to.equal(2)
    expectAllFound(db)
  })

  it('reads a small part of the file for a rare value', function () {
    if (process.platform !== 'linux') this.skip()
    const writer = open()
    migrate(writer)
    addRows(writer, ROWS)
    indexed(writer)
    const readBy = (work: (db: DatabaseSync) => void): number => {
      const db = open()
      const bytes = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1])
      const before = bytes()
      work(db)
      return bytes() - before
    }
    const walk = readBy((db) => db.prepare(`SELECT id FROM failures WHERE +cause = 'dns' ORDER BY id`).all())
    const all = readBy((db) => found(db, { source: 'nowhere', until: NOW - 10_000_000 }))
    // The rows that are in no block yet are most of it.
    expect(all).to.be.below(walk / 5)
  })

  it('comes to a file of the version before while reports are recorded, and survives a restart', async () => {
    const start = async () => {
      const journal = openSqliteJournal({
        path,
        events: new EventLog(),
        clock: Date.now,
        incidents: INCIDENTS,
        retention: { age: 365 * 86_400_000, size: 2 ** 30 },
      })
      journals.add(journal)
      await journal.open()
      expect(journal.status().fault).to.equal(undefined)
      return journal
    }
    await (await start()).close(10_000)
    const db = open()
    db.exec(`DROP TABLE blocks; DROP TABLE block_values; PRAGMA user_version = 6;
      CREATE INDEX failures_endpoint ON failures (endpoint, id)`)
    addRows(db, 5 * BLOCK_ROWS)
    const journal = await start()
    const codes = async (from = journal) =>
      (await from.list({ cause: 'dns' }, { limit: 100 })).failures.map(({ id }) => id)
    const before = expected(db, { cause: 'dns' })
    expect(await codes()).to.deep.equal(before)
    const late = entry({ at: NOW - 30_000_000, cause: 'dns' })
    const recorded = Promise.all([journal.record(late), journal.record(entry({ at: NOW + 1 }))])
    await until('the index', () => blocks(db) === 5)
    await recorded
    const after = [...before, late.failure.id].sort().reverse()
    expect(await codes()).to.deep.equal(after)
    const ids: string[] = []
    for await (const chunk of journal.stream({ cause: 'dns' })) ids.push(...chunk.map(({ id }) => id))
    expect(ids).to.deep.equal(after)
    await journal.close(10_000)
    const again = await start()
    expect(await codes(again)).to.deep.equal(after)
    await again.close(10_000)
  })
})
