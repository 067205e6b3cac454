import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { groupOf } from '../../src/journal/sqlite/rows.ts'
import { Store } from '../../src/journal/sqlite/store.ts'
import type { Notice } from '../../src/journal/sqlite/store-types.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS } from './entries.ts'

const ROWS = 2_048
const GROUP = 256

describe('retention of the SQLite journal, while reports wait', () => {
  afterEach(removeTempFolders)

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
