import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { tempFolder, until } from '../support/temp.ts'
import { codeOf, entry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

const DAY = 86_400_000

describe('openSqliteJournal', () => {
  const sqlite = sqliteJournals()
  const { make, open, close, filled, query, load } = sqlite

  describe('a kill -9 under load', () => {
    it('loses nothing that was acknowledged, and totals equal rows', async function () {
      this.timeout(120_000)
      mkdirSync(dirname(sqlite.path))
      const ids = join(tempFolder(), 'ids')
      writeFileSync(ids, '')
      for (let round = 0; round < 3; round++) {
        const before = statSync(ids).size
        const child = load(ids)
        const ended = once(child, 'close')
        await until('some load', () => statSync(ids).size - before > 37 * (500 + 400 * round))
        child.kill('SIGKILL')
        await ended
      }
      const acknowledged = readFileSync(ids, 'utf8').split('\n').filter(Boolean)
      const journal = await open()
      expect(journal.status().up).to.equal(true)
      const rows = new Set(query('SELECT id FROM failures').map(({ id }) => id))
      expect(acknowledged.length).to.be.greaterThan(2_000)
      expect(acknowledged.filter((id) => !rows.has(id))).to.deep.equal([])
      expect(sqlite.events.totals.reduce((sum, { count }) => sum + count, 0)).to.equal(rows.size)
      expect(sqlite.events.faults).to.deep.equal([])
    })
  })

  describe('files that change behind its back', () => {
    const survived = async (journal: Journal, acknowledged: readonly string[]) => {
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(journal.status().fault?.detail).to.include('removed, replaced or cut')
      await until('the journal to be up', () => journal.status().up)
      await journal.record(entry())
      const ids = (await journal.list({}, { limit: 1_000 })).failures.map(({ id }) => id)
      return acknowledged.filter((id) => ids.includes(id)).length
    }
    const some = async (journal: Journal) => {
      const recorded = await Promise.all(Array.from({ length: 10 }, () => journal.record(entry())))
      return recorded.map(({ id }) => id)
    }

    for (const [what, files] of [
      ['its WAL', ['-wal']],
      ['its WAL and shared memory', ['-wal', '-shm']],
    ] as const)
      it(`lose nothing where ${what} was removed`, async () => {
        const journal = await open()
        const ids = await some(journal)
        for (const suffix of files) rmSync(`${sqlite.path}${suffix}`)
        expect(await survived(journal, ids)).to.equal(10)
      })

    it('acknowledge nothing more into a WAL that was cut, and report what is lost', async () => {
      const journal = await open()
      const ids = await some(journal)
      truncateSync(`${sqlite.path}-wal`, 0)
      expect(await survived(journal, ids)).to.equal(0)
      expect(sqlite.events.faults.map(({ kind }) => kind)).to.include('lost_commits')
    })

    it('acknowledge nothing more into a database that was cut', async () => {
      const journal = await open()
      await journal.record(entry())
      truncateSync(sqlite.path, 0)
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    })

    it('are locked and counted again where all of them were removed', async () => {
      const journal = await open()
      const ids = await some(journal)
      for (const file of readdirSync(dirname(sqlite.path))) rmSync(join(dirname(sqlite.path), file))
      expect(await survived(journal, ids)).to.equal(0)
      expect(sqlite.events.faults.map(({ kind }) => kind)).to.include('lost_commits')
      const other = make()
      await other.open()
      expect(other.status().fault?.kind).to.equal('locked')
    })
  })

  describe('lost commits', () => {
    it('are noticed at the next opening, reported once, and it runs on', async () => {
      await filled(10)
      const backup = readFileSync(sqlite.path)
      await filled(7)
      writeFileSync(sqlite.path, backup)
      const journal = await open()
      expect(sqlite.events.faults).to.have.length(1)
      expect(sqlite.events.faults[0]?.kind).to.equal('lost_commits')
      expect(sqlite.events.faults[0]?.detail).to.include(' 7 ')
      expect(journal.status().up).to.equal(true)
      expect(journal.status().fault).to.equal(undefined)
      await close(journal)
      await open()
      expect(sqlite.events.faults).to.deep.equal([])
    })

    it('are noticed where a flipped bit in the WAL hides them from SQLite', async () => {
      const journal = await open()
      for (let i = 0; i < 40; i++) await journal.record(entry())
      const copy = join(tempFolder(), 'copy.db')
      for (const suffix of ['', '-wal', '.mark']) copyFileSync(`${sqlite.path}${suffix}`, `${copy}${suffix}`)
      const wal = readFileSync(`${copy}-wal`)
      const middle = Math.floor(wal.length / 2)
      wal[middle] = wal[middle]! ^ 1
      writeFileSync(`${copy}-wal`, wal)
      await close(journal)
      sqlite.path = copy
      const damaged = await open()
      const failures = damaged.status().size!.failures!
      expect(failures).to.be.within(1, 39)
      expect(sqlite.events.faults.map(({ kind }) => kind)).to.deep.equal(['lost_commits'])
      expect(sqlite.events.faults[0]?.detail).to.include(` ${40 - failures} `)
    })

    it('are not seen in what retention removed', async () => {
      let now = Date.now()
      const clock = () => now
      let journal = await open({ retentionInterval: 10, clock, monotonic: clock })
      await Promise.all(Array.from({ length: 300 }, () => journal.record(entry({ at: now }))))
      now += 31 * DAY
      await until('retention', () => sqlite.events.removed === 300)
      await close(journal)
      journal = await open()
      expect(journal.status().size?.failures).to.equal(0)
      expect(sqlite.events.faults).to.deep.equal([])
    })
  })
})
