import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { FaultError } from '../../src/journal/core/fault.ts'
import { groupOf } from '../../src/journal/sqlite/rows.ts'
import { Store } from '../../src/journal/sqlite/store.ts'
import { WalFrames } from '../../src/journal/sqlite/wal-frames.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS } from './entries.ts'

const FRAME = 24 + 4_096

describe('a SQLite journal whose WAL is cut while a group is written', () => {
  let path: string
  let store: Store
  let recorded: number

  const open = () => store.open({ forget: false })
  const commit = () => {
    store.commit(groupOf(Array.from({ length: 64 }, () => ({ kind: 'entry' as const, entry: entry({}) }))))
    recorded += 64
  }
  const walBytes = () => statSync(`${path}-wal`).size

  beforeEach(() => {
    path = join(tempFolder(), 'journal.db')
    recorded = 0
    store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS })
    open()
    for (let group = 0; group < 4; group++) commit()
  })
  afterEach(() => {
    store.close()
    removeTempFolders()
  })

  /** As if the rest of a group had been written behind the cut. */
  function cut(to: number): void {
    const bytes = walBytes()
    truncateSync(`${path}-wal`, to)
    truncateSync(`${path}-wal`, bytes)
  }

  const places: Record<string, (bytes: number) => number> = {
    'to nothing': () => 0,
    'within a frame': () => 32 + 5 * FRAME + 1_000,
    'within its last page': (bytes) => bytes - 4_095,
    'by less than a block': (bytes) => bytes - 100,
  }
  for (const [where, to] of Object.entries(places))
    it(`acknowledges nothing more, keeps the file whole, and reports what was lost: ${where}`, () => {
      cut(to(walBytes()))
      expect(commit).to.throw(FaultError).with.nested.property('fault.kind', 'corrupt')
      const { lost } = open()
      const [, missing] = /holds (\d+) failures fewer/.exec(lost!.detail)!
      const reader = new DatabaseSync(path, { readOnly: true })
      expect(reader.prepare('PRAGMA integrity_check').get()).to.deep.equal({ integrity_check: 'ok' })
      const rows = reader.prepare('SELECT count(*) AS n FROM failures').get()!['n'] as number
      reader.close()
      expect(rows + Number(missing)).to.be.within(recorded, recorded + 64)
      commit()
    })

  it('goes on where only room was given back that no frame takes', () => {
    const frames = Math.floor((walBytes() - 32) / FRAME)
    truncateSync(`${path}-wal`, walBytes() + 2 ** 20)
    commit()
    expect(new WalFrames(`${path}-wal`).areWhole(frames)).to.equal(true)
  })
})
