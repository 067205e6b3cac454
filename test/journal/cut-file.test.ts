import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { FaultError } from '../../src/journal/core/fault.ts'
import { FileWatch } from '../../src/journal/sqlite/files.ts'
import { groupOf } from '../../src/journal/sqlite/rows.ts'
import { Store } from '../../src/journal/sqlite/store.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS } from './entries.ts'

const PAGE = 4_096

describe('a SQLite journal whose file a checkpoint has just made larger', () => {
  let path: string
  let store: Store
  let checkpoints: number

  beforeEach(() => {
    path = join(tempFolder(), 'journal.db')
    checkpoints = 0
    store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS }, ({ type }) => {
      if (type === 'checkpoint') checkpoints++
    })
    store.open({ forget: false })
    checkpoints = 0
  })
  afterEach(() => {
    store.close()
    removeTempFolders()
  })

  const commit = () =>
    store.commit(groupOf(Array.from({ length: 64 }, () => ({ kind: 'entry' as const, entry: entry({}) }))))
  const pages = () => statSync(path).size / PAGE

  /** Another program's, such as a backup's. */
  function checkpointFromOutside(mode: string, isRead = false): void {
    const [other, reader] = [new DatabaseSync(path), new DatabaseSync(path, { readOnly: true })]
    if (isRead) reader.exec('BEGIN; SELECT count(*) FROM failures')
    if (isRead) commit()
    other.exec(`PRAGMA wal_checkpoint(${mode})`)
    other.close()
    reader.close()
  }

  function growByOwnCheckpoint(): void {
    while (checkpoints === 0) commit()
  }

  const growths: Record<string, () => void> = {
    'its own': growByOwnCheckpoint,
    'one that retention left': () => {
      commit()
      const reading = { wall: Date.now() + 86_400_000, uptime: 86_400_000, boot: 'this' }
      while (checkpoints === 0) store.expire({ reading, age: 1_000, batch: 200 })
    },
    'a PASSIVE one of another program': () => {
      commit()
      checkpointFromOutside('PASSIVE')
    },
    'a TRUNCATE one of another program': () => {
      commit()
      checkpointFromOutside('TRUNCATE')
    },
  }

  for (const [checkpoint, grow] of Object.entries(growths)) {
    it(`goes on after ${checkpoint}`, () => {
      const before = pages()
      grow()
      expect(pages()).to.be.above(before + 1)
      expect(commit().results).to.have.length(64)
    })

    for (const [amount, cut] of Object.entries({
      'its last page': (_: number, after: number) => after - 1,
      'all that came': (before: number) => before,
    })) {
      it(`acknowledges nothing once it was cut by ${amount}, after ${checkpoint}`, () => {
        const before = pages()
        grow()
        truncateSync(path, cut(before, pages()) * PAGE)
        expect(commit).to.throw(FaultError).with.nested.property('fault.kind', 'corrupt')
      })
    }
  }

  describe('and that a VACUUM of another program made smaller, while a change of its own waited', () => {
    let db: DatabaseSync
    let files: FileWatch

    beforeEach(() => {
      for (let round = 0; round < 8; round++) commit()
      db = new DatabaseSync(path)
      files = new FileWatch(path, db)
      const other = new DatabaseSync(path)
      other.exec('DELETE FROM failures; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
      other.close()
      db.exec('CREATE TABLE growth (bytes BLOB); INSERT INTO growth VALUES (zeroblob(100000))')
    })
    afterEach(() => db.close())

    it('goes on', () => files.checkAfterWrite())

    it('is damaged where more is missing than the WAL contains', () => {
      truncateSync(path, 4 * PAGE)
      expect(() => files.checkAfterWrite()).to.throw(FaultError, 'pages at its end are missing')
    })
  })

  it('goes on after a checkpoint that a reader kept from bringing everything', () => {
    for (let round = 0; round < 20; round++) {
      commit()
      checkpointFromOutside('PASSIVE', true)
      expect(commit().results).to.have.length(64)
    }
  })
})
