import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
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

  function reopen(): void {
    path = join(tempFolder(), 'journal.db')
    store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS }, ({ type }) => {
      if (type === 'checkpoint') checkpoints++
    })
    store.open({ forget: false })
    checkpoints = 0
  }
  beforeEach(reopen)
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

  describe('and that regains its size behind a cut', () => {
    let db: DatabaseSync
    let files: FileWatch

    beforeEach(() => {
      store.close()
      db = new DatabaseSync(path)
      db.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE growth (bytes BLOB)')
      files = new FileWatch(path, db)
      grow(400_000)
      files.checkpoint(passive)
      grow(40_000)
    })
    afterEach(() => {
      db.close()
      files.close()
    })
    const passive = () => db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    function grow(bytes: number): void {
      db.exec(`INSERT INTO growth VALUES (randomblob(${bytes}))`)
      files.checkAfterWrite()
    }
    /** @param bytes of the end, which are zero afterwards */
    function cut(bytes: number): void {
      const { size } = statSync(path)
      truncateSync(path, size - bytes)
      truncateSync(path, size)
    }
    const isCut = 'it was cut during a checkpoint'

    for (const bytes of [100, PAGE, 9 * PAGE + 1_000, 30 * PAGE])
      it(`is damaged where a checkpoint had brought what was cut: ${bytes} bytes`, () => {
        const run = () => {
          passive()
          cut(bytes)
        }
        expect(() => files.checkpoint(run)).to.throw(FaultError, isCut)
      })

    for (const bytes of [100, 50 * PAGE])
      it(`is damaged where a checkpoint brought nothing of what was cut: ${bytes} bytes`, () => {
        const run = () => {
          cut(bytes)
          passive()
        }
        expect(() => files.checkpoint(run)).to.throw(FaultError, isCut)
      })

    it('is checked once where another program has run the checkpoint', () => {
      const other = new DatabaseSync(path)
      other.exec('PRAGMA wal_checkpoint(PASSIVE)')
      other.close()
      const { size } = statSync(path)
      truncateSync(path, 20 * PAGE)
      truncateSync(path, size)
      expect(() => files.check()).to.throw(FaultError, 'parts of it are missing')
    })

    it('goes on where nothing was cut, and where another program wrote meanwhile', () => {
      files.checkpoint(passive)
      grow(40_000)
      const run = () => {
        const other = new DatabaseSync(path)
        other.exec('INSERT INTO growth VALUES (randomblob(9000)); PRAGMA wal_checkpoint(PASSIVE)')
        other.close()
        passive()
      }
      files.checkpoint(run)
      grow(40_000)
      files.checkpoint(passive)
    })
  })

  /** Rounds of the next test; CONTRIBUTING.md says more. */
  const rounds = Number(process.env['CUT_ROUNDS'] ?? 2)

  it(`notices ${rounds} cuts at random times of checkpoints, at the next checkpoint at the latest`, async function () {
    this.timeout(60_000 + rounds * 10_000)
    const outcomes = { noticed: 0, harmless: 0, unnoticed: 0 }
    for (let round = 0; round < rounds; round++) {
      if (round > 0) reopen()
      const state = new Int32Array(new SharedArrayBuffer(4))
      const cutter = new Worker(new URL('./cutter.ts', import.meta.url), { workerData: { path, state } })
      let acknowledged = 0
      const record = () => {
        acknowledged += commit().results.length
      }
      for (const warmUp = round % 3; checkpoints < warmUp; ) record()
      Atomics.store(state, 0, 1)
      Atomics.notify(state, 0)
      while (Atomics.load(state, 0) < 2) await sleep(1)
      try {
        while (Atomics.load(state, 0) < 3) record()
        for (const last = checkpoints + 1; checkpoints <= last; ) record()
        store.close()
        outcomes[isWhole(acknowledged) ? 'harmless' : 'unnoticed']++
      } catch (error) {
        expect(error).to.be.an.instanceOf(FaultError)
        outcomes.noticed++
      }
      await cutter.terminate()
    }
    console.log(
      `      ${rounds} cuts: ${outcomes.noticed} noticed, ${outcomes.harmless} harmless, ${outcomes.unnoticed} unnoticed`,
    )
    expect(outcomes.unnoticed).to.equal(0)
  })

  function isWhole(rows: number): boolean {
    const reader = new DatabaseSync(path, { readOnly: true })
    try {
      const { integrity_check: verdict } = reader.prepare('PRAGMA integrity_check(1)').get()!
      return verdict === 'ok' && reader.prepare('SELECT count(*) AS n FROM failures').get()!['n'] === rows
    } finally {
      reader.close()
    }
  }

  it('goes on after a checkpoint that a reader kept from bringing everything', () => {
    for (let round = 0; round < 20; round++) {
      commit()
      checkpointFromOutside('PASSIVE', true)
      expect(commit().results).to.have.length(64)
    }
  })
})
