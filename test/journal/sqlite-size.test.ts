import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { Growth } from '../../src/journal/sqlite/growth.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

const MIB = 2 ** 20
const DAY = 86_400_000
/** MiB: two groups at a time come between two removals, each of 4 MiB at most, and a removal is followed by a checkpoint. */
const ABOVE = 20

describe('the size of a SQLite journal', () => {
  const sqlite = sqliteJournals()

  for (const [kind, { bytes, rows }] of Object.entries({
    'large reports': { bytes: 60_000, rows: 1_500 },
    'small reports': { bytes: 1_000, rows: 60_000 },
  })) {
    it(`holds while ${kind} come faster than retention used to remove them`, async function () {
      this.timeout(60_000)
      const size = 8 * MIB
      const journal = await sqlite.open({ retention: { age: 30 * DAY, size } })
      const raw = Buffer.alloc(bytes, 1)
      let largest = 0
      let left = rows
      const client = async () => {
        while (left-- > 0) {
          await journal.record(entry({ raw }))
          const { size: file } = statSync(sqlite.path)
          largest = Math.max(largest, file)
        }
      }
      await Promise.all(Array.from({ length: 300 }, client))
      expect((rows * bytes) / MIB).to.be.above(ABOVE + (2 * size) / MIB)
      expect(sqlite.events.removed).to.be.above(0)
      expect(largest / MIB).to.be.below(size / MIB + ABOVE)
    })
  }
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
