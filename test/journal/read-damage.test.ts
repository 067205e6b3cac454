import { closeSync, copyFileSync, openSync, statSync, writeSync } from 'node:fs'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { until } from '../support/temp.ts'
import { codeOf, entry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

const PAGE = 4_096

describe('a SQLite journal that is damaged while it is open', () => {
  const sqlite = sqliteJournals()

  /** Zeroes the second half of the rows' pages. */
  function damage(): void {
    const half = Math.floor(statSync(sqlite.path).size / PAGE / 2)
    const file = openSync(sqlite.path, 'r+')
    writeSync(file, Buffer.alloc((half - 2) * PAGE), 0, (half - 2) * PAGE, half * PAGE)
    closeSync(file)
  }

  const readAll = async (journal: Journal): Promise<number> => {
    let rows = 0
    for await (const chunk of journal.stream({})) rows += chunk.length
    return rows
  }

  it('acknowledges nothing more once a reading found it, and goes on with what was put back', async () => {
    await sqlite.filled(500)
    const journal = await sqlite.open()
    const copy = `${sqlite.path}.copy`
    copyFileSync(sqlite.path, copy)
    damage()
    expect(await codeOf(readAll(journal))).to.equal('journal_unavailable')
    await until('the journal to be down', () => !journal.status().up)
    expect(journal.status().fault?.kind).to.equal('corrupt')
    expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    await until('another attempt', () => sqlite.events.faults.length > 2)
    expect(new Set(sqlite.events.faults.map(({ kind }) => kind))).to.deep.equal(new Set(['corrupt']))
    copyFileSync(copy, sqlite.path)
    await until('the journal to be up', () => journal.status().up)
    expect(await codeOf(journal.record(entry()))).to.equal('none')
    expect(await readAll(journal)).to.equal(501)
  })
})
