import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { RowCount } from '../../src/journal/sqlite/count.ts'
import { groupOf } from '../../src/journal/sqlite/rows.ts'
import { Store } from '../../src/journal/sqlite/store.ts'
import type { Notice } from '../../src/journal/sqlite/store-types.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS } from './entries.ts'

const ROWS = 2_048
const GROUP = 256

describe('retention of the SQLite journal, while reports wait', () => {
  afterEach(removeTempFolders)

  it('begins with what is too old, before it counts and indexes a large file', () => {
    const path = join(tempFolder(), 'journal.db')
    const store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS })
    store.open({ forget: false })
    store.close()
    const now = Date.now()
    const db = new DatabaseSync(path)
    // Above 64 MiB, so that the rows are not counted at the start: three quarters of them from yesterday.
    db.prepare(`WITH RECURSIVE n (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < ?1 - 1)
      INSERT INTO failures (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
      SELECT substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7000-8000-' || printf('%012x', value), at, '', '', '', '', 0, '', '',
        zeroblob(1200) FROM (SELECT value, at, printf('%012x', at) AS hex FROM
          (SELECT value, ?2 - CASE WHEN value < ?1 * 3 / 4 THEN 86400000 ELSE 0 END AS at FROM n))`).run(65_536, now)
    db.close()
    const reading = { wall: now, uptime: 86_400_000, boot: 'this' }
    const clocks = { reading, age: 3_600_000 }
    expect(store.open({ clocks, forget: false }).size.failures).to.equal(null)
    const steps = [store.expire({ ...clocks, batch: 2_048 })]
    expect(steps[0]).to.include({ failures: 2_048, reason: 'age' })
    while (steps.at(-1)!.more && steps.length < 2_000) steps.push(store.expire({ ...clocks, batch: 2_048 }))
    expect(steps.slice(0, 48).reduce((sum, { failures }) => sum + failures, 0)).to.equal(49_152)
    expect(store.size().failures).to.equal(16_384)
    store.close()
  })

  it('counts what is left right, whatever is removed while it counts', () => {
    const db = new DatabaseSync(':memory:')
    db.exec('CREATE TABLE failures (id TEXT)')
    const ids = Array.from({ length: 30 }, (_, n) => `${n}`.padStart(3, '0'))
    for (const id of ids) db.prepare('INSERT INTO failures VALUES (?)').run(id)
    const count = new RowCount(db)
    const remove = (from: number, to: number) => {
      const removed = ids.slice(from, to)
      for (const id of removed) db.prepare('DELETE FROM failures WHERE id = ?').run(id)
      count.removed(removed)
    }
    remove(0, 5)
    count.step(10)
    remove(5, 20)
    while (count.step(10));
    remove(20, 22)
    expect(count.rows).to.equal(8)
    db.close()
  })

  it('works in small steps, and brings what each changed into the file in a step of its own', () => {
    let checkpoints = 0
    const report = (notice: Notice) => {
      if (notice.type === 'checkpoint' && notice.checkpoint.result === 'ok') checkpoints++
    }
    const path = join(tempFolder(), 'journal.db')
    const store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS }, report)
    store.open({ forget: false })
    for (let rows = 0; rows < ROWS; rows += GROUP)
      store.commit(groupOf(Array.from({ length: GROUP }, () => ({ kind: 'entry' as const, entry: entry({}) }))))
    const reader = new DatabaseSync(path, { readOnly: true })
    const pages = () => reader.prepare('PRAGMA page_count').get()!['page_count'] as number
    const step = () => {
      const before = { checkpoints, pages: pages() }
      // As if everything were from yesterday.
      const reading = { wall: Date.now() + 86_400_000, uptime: 86_400_000, boot: 'this' }
      const { failures, more } = store.expire({ reading, age: 1_000, batch: 200 })
      return { failures, more, checkpoints: checkpoints - before.checkpoints, freed: before.pages - pages() }
    }
    const steps = [step()]
    while (steps.at(-1)!.more && steps.length < 200) steps.push(step())
    reader.close()
    store.close()
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const changes = steps.filter(({ failures, freed }) => failures > 0 || freed > 0)
    expect(sum(changes.map(({ failures }) => failures))).to.equal(ROWS)
    expect(sum(changes.map(({ freed }) => freed)), 'several steps of them').to.be.above(64)
    for (const { failures, freed } of changes) {
      expect(failures).to.be.at.most(200)
      expect(freed).to.be.at.most(32)
    }
    for (const change of changes) {
      expect(change.checkpoints).to.equal(0)
      if (change.more)
        expect(steps[steps.indexOf(change) + 1]).to.deep.equal({ failures: 0, more: true, checkpoints: 1, freed: 0 })
    }
  })
})
