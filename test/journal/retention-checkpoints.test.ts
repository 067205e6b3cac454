import { join } from 'node:path'
import { expect } from 'chai'
import { groupOf } from '../../src/journal/sqlite/rows.ts'
import { Store } from '../../src/journal/sqlite/store.ts'
import type { Notice } from '../../src/journal/sqlite/store-types.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS } from './entries.ts'

describe('retention of the SQLite journal, while reports wait', () => {
  afterEach(removeTempFolders)

  it('brings what each removal changed into the file in a step of its own, before the WAL is full', () => {
    let checkpoints = 0
    const report = (notice: Notice) => {
      if (notice.type === 'checkpoint' && notice.checkpoint.result === 'ok') checkpoints++
    }
    const path = join(tempFolder(), 'journal.db')
    const store = new Store({ path, retentionSize: 2 ** 40, incidents: INCIDENTS, timelineLimit: 100 }, report)
    store.open({ forget: false })
    const rows = Array.from({ length: 256 }, () => ({ kind: 'entry' as const, entry: entry({}) }))
    store.commit(groupOf(rows))
    checkpoints = 0
    const step = () => {
      const before = checkpoints
      // As if everything were from yesterday.
      const reading = { wall: Date.now() + 86_400_000, uptime: 86_400_000, boot: 'this' }
      const { failures, more } = store.expire({ reading, age: 1_000, batch: 100 })
      return { failures, more, checkpoints: checkpoints - before }
    }
    const steps = [step()]
    while (steps.at(-1)!.more && steps.length < 50) steps.push(step())
    store.close()
    const removals = steps.filter(({ failures }) => failures > 0)
    expect(removals.map(({ failures }) => failures)).to.deep.equal([100, 100, 56])
    for (const removal of removals) {
      expect(removal.checkpoints).to.equal(0)
      expect(steps[steps.indexOf(removal) + 1]).to.deep.equal({ failures: 0, more: true, checkpoints: 1 })
    }
  })
})
