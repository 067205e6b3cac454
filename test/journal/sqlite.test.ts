import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { journalContract } from './contract.ts'
import { codeOf, entry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

const DAY = 86_400_000

journalContract(
  'openSqliteJournal',
  () => {
    const path = join(tempFolder(), 'data', 'journal.db')
    return { journal: (options) => openSqliteJournal({ path, ...options }), remove: removeTempFolders }
  },
  { totals: true, ownClock: true },
)

describe('openSqliteJournal', () => {
  const sqlite = sqliteJournals()
  const { open, filled, query, load } = sqlite

  describe('the files', () => {
    it('are readable by their owner alone, in a folder that is too', async () => {
      const journal = await open()
      await journal.record(entry())
      await journal.list({}, { limit: 1 })
      const folder = dirname(sqlite.path)
      expect(readdirSync(folder).sort()).to.deep.equal(
        ['', '-shm', '-wal', '.lock', '.mark'].map((suffix) => `journal.db${suffix}`),
      )
      for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777, file).to.equal(0o600)
      expect(statSync(folder).mode & 0o777).to.equal(0o700)
    })

    it('are private behind a link to a file that is not there yet, too', async () => {
      mkdirSync(dirname(sqlite.path))
      const target = join(dirname(sqlite.path), 'target.db')
      symlinkSync(target, sqlite.path)
      const journal = await open()
      await journal.record(entry())
      for (const file of [target, `${target}-wal`]) expect(statSync(file).mode & 0o777, file).to.equal(0o600)
      expect(existsSync(`${target}.lock`)).to.equal(true)
    })

    it('are made private where they were not', async () => {
      await filled(1)
      chmodSync(sqlite.path, 0o644)
      await open()
      expect(statSync(sqlite.path).mode & 0o777).to.equal(0o600)
    })

    it('keep raw bodies byte for byte, and NUL in a text', async () => {
      const journal = await open()
      const raw = Uint8Array.from({ length: 65_536 }, (_, i) => i % 256)
      const message = 'a\0b\u0001c'
      const { id } = await journal.record(entry({ raw, message }))
      expect((await journal.get(id))?.message).to.equal(message)
      expect(query('SELECT raw FROM failures')[0]?.['raw']).to.deep.equal(raw)
    })

    it('have a WAL, and can give pages back', async () => {
      const journal = await open()
      await journal.record(entry())
      expect(query('PRAGMA journal_mode')[0]).to.deep.equal({ journal_mode: 'wal' })
      expect(query('PRAGMA auto_vacuum')[0]).to.deep.equal({ auto_vacuum: 2 })
    })
  })

  describe('the lock', () => {
    it('keeps a second process out, which leaves the file alone and goes on once it is free', async function () {
      this.timeout(60_000)
      mkdirSync(dirname(sqlite.path))
      const ids = join(tempFolder(), 'ids')
      const holder = load(ids)
      try {
        await until('the other process', () => existsSync(ids) && statSync(ids).size > 0)
        const journal = await open()
        expect(journal.status()).to.deep.include({ up: false })
        expect(journal.status().fault?.kind).to.equal('locked')
        expect(journal.status().fault?.detail).to.include(sqlite.path).and.include('journal.url')
        expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
        expect(await codeOf(journal.list({}, { limit: 1 }))).to.equal('journal_unavailable')
        await until('a second attempt', () => sqlite.events.faults.length > 1)
        holder.kill('SIGKILL')
        await until('the lock', () => journal.status().up)
        expect(await codeOf(journal.record(entry()))).to.equal('none')
      } finally {
        holder.kill('SIGKILL')
      }
    })

    it('is the same for two names of one file', async () => {
      await filled(1)
      const alias = join(tempFolder(), 'alias')
      symlinkSync(dirname(sqlite.path), alias)
      await open()
      const other = await open({ path: join(alias, 'journal.db') })
      expect(other.status().fault?.kind).to.equal('locked')
    })
  })

  describe('the reading thread', () => {
    it('ends when nobody reads, and comes back', async () => {
      const journal = await open({ readerIdle: 10 })
      await journal.record(entry())
      const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
      const before = threads()
      for (let round = 0; round < 3; round++) {
        expect((await journal.list({}, { limit: 1 })).failures).to.have.length(1)
        await until('its end', () => threads() === before)
      }
    })
  })

  describe('retention by size', () => {
    it('removes the oldest, gives the room back, and keeps the totals', async () => {
      const size = 4 * 2 ** 20
      const journal = await open({ retention: { age: 30 * DAY, size }, retentionInterval: 20, sizeInterval: 20 })
      const at = Date.now()
      const raw = Buffer.alloc(10_000, 1)
      for (let batch = 0; batch < 20; batch++) {
        await Promise.all(Array.from({ length: 50 }, () => journal.record(entry({ raw, at: at + batch }))))
      }
      let more = 0
      await until('it to shrink', async () => {
        // The WAL is cut back by the first commit that follows a checkpoint.
        await journal.record(entry({ at: at + 20 }))
        more++
        return sqlite.events.removed > 0 && journal.status().size!.bytes <= size
      })
      const { n: failures } = query('SELECT count(*) AS n FROM failures')[0] as { n: number }
      expect(failures).to.be.greaterThan(200)
      expect(sqlite.events.removed).to.equal(1_000 + more - failures)
      expect(sqlite.events.calls).to.include('expired size')
      expect((await journal.list({}, { limit: 1 })).failures[0]?.receivedAt).to.equal(at + 20)
      expect(query('SELECT min(received_at) AS oldest FROM failures')[0]?.['oldest']).to.be.greaterThan(at)
      expect(query('SELECT sum(count) AS n FROM totals')[0]).to.deep.equal({ n: 1_000 + more })
    })
  })

  describe('close', () => {
    it('frees the lock and leaves all in one file', async () => {
      await filled(100)
      expect(readdirSync(dirname(sqlite.path)).sort()).to.deep.equal([
        'journal.db',
        'journal.db.lock',
        'journal.db.mark',
      ])
      expect((await open()).status().up).to.equal(true)
    })

    it('ends at the deadline where the volume hangs, and rejects what waits', async () => {
      const journal = await open()
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(sqlite.path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      const waiting = codeOf(journal.record(entry()))
      await journal.close(1)
      expect(await waiting).to.equal('journal_unavailable')
      blocker.close()
    })
  })
})
