import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { SqliteJournalOptions } from '../../src/journal/sqlite/journal.ts'
import { tempFolder, until } from '../support/temp.ts'
import { codeOf, entry, signalEntry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

describe('openSqliteJournal', () => {
  const sqlite = sqliteJournals()
  const { open, close, filled } = sqlite

  const hashes = (): Record<string, string> =>
    Object.fromEntries(
      [sqlite.path, `${sqlite.path}-wal`]
        .filter((file) => existsSync(file))
        .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
    )

  describe('a file that cannot be used', () => {
    const refused = async (options?: Partial<SqliteJournalOptions>): Promise<{ kind: string; detail: string }> => {
      const before = hashes()
      const journal = await open(options)
      await until('a second attempt', () => sqlite.events.faults.length > 1)
      expect(journal.status().up).to.equal(false)
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(await codeOf(journal.resetSeries(0))).to.equal('journal_unavailable')
      expect(await codeOf(journal.get(entry().failure.id))).to.equal('journal_unavailable')
      await close(journal)
      expect(hashes()).to.deep.equal(before)
      expect(sqlite.events.calls).not.to.include('opened')
      return journal.status().fault!
    }

    const unused = async () => void mkdirSync(dirname(sqlite.path))
    const corrupt: readonly (readonly [
      what: string,
      before: () => Promise<void>,
      damage: () => unknown,
      detail: RegExp,
    ])[] = [
      [
        'no database',
        unused,
        () => writeFileSync(sqlite.path, 'this is not a database\n'.repeat(500)),
        /\.db.*move it away/,
      ],
      [
        'a damaged page',
        () => filled(500),
        () => writeFileSync(sqlite.path, readFileSync(sqlite.path).fill(0xa5, 4 * 4_096, 12 * 4_096)),
        /damaged \((?!\*)/,
      ],
      ['cut short', () => filled(500), () => truncateSync(sqlite.path, 10 * 4_096 + 100), /./],
      [
        'with commits in the WAL',
        () => filled(1_000),
        async () => {
          await (await open()).record(entry())
          const copy = join(tempFolder(), 'copy.db')
          copyFileSync(`${sqlite.path}-wal`, `${copy}-wal`)
          writeFileSync(copy, readFileSync(sqlite.path).fill(0xa5, 8 * 4_096, 40 * 4_096))
          expect(statSync(`${copy}-wal`).size).to.be.greaterThan(0)
          sqlite.path = copy
        },
        /./,
      ],
    ]
    for (const [what, before, damage, said] of corrupt)
      it(`is reported as corrupt and not touched: ${what}`, async () => {
        await before()
        await damage()
        const { kind, detail } = await refused()
        expect(kind).to.equal('corrupt')
        expect(detail).to.match(said)
      })

    it('is left to the program that made it', async () => {
      mkdirSync(dirname(sqlite.path))
      const db = new DatabaseSync(sqlite.path)
      db.exec('CREATE TABLE recipes (name TEXT)')
      db.close()
      const { kind, detail } = await refused()
      expect(kind).to.equal('corrupt')
      expect(detail).to.include('another program')
    })

    it('of the version before signals is brought up to date, with its endpoints and incidents', async () => {
      await filled(2)
      const db = new DatabaseSync(sqlite.path)
      db.exec('DROP TABLE blocks; DROP TABLE block_values')
      db.exec('DROP TABLE signals; ALTER TABLE endpoints DROP COLUMN delivered')
      db.exec('DROP TABLE outbox; DROP INDEX incidents_recovery; ALTER TABLE incidents DROP COLUMN recovery')
      db.exec('ALTER TABLE failures DROP COLUMN mark')
      db.exec('PRAGMA user_version = 3')
      db.prepare(`INSERT INTO endpoints VALUES ('orders', 5, 'path', 0, 0, NULL, ?)`).run(Date.now())
      db.close()
      const journal = await open()
      expect(journal.status()).to.deep.include({ up: true })
      const [first] = await Promise.all(journal.recordAll([signalEntry('failing', { key: 'k' })]))
      expect(first?.incident?.state.incident?.loss).to.include({ from: 5, fromProof: 'path' })
      expect((await journal.incident(first!.incident!.state.incident!.id))?.timeline).to.have.length(1)
    })

    it('is left to the newer version that made it', async () => {
      await filled(1)
      const db = new DatabaseSync(sqlite.path)
      db.exec('PRAGMA user_version = 1000')
      db.close()
      const { kind, detail } = await refused()
      expect(kind).to.equal('newer_schema')
      expect(detail).to.include('1000')
    })

    it('is not made on a network file system', async () => {
      for (const filesystem of [0x6969, 0xff534d42, 0x01021997]) {
        expect((await refused({ filesystem })).kind).to.equal('network_filesystem')
      }
      expect(existsSync(dirname(sqlite.path))).to.equal(false)
    })

    it('is refused at once on a file system of the kernel', async function () {
      if (process.platform !== 'linux') this.skip()
      sqlite.path = '/proc/x/journal.db'
      const { kind, detail } = await refused()
      expect(kind).to.equal('io')
      expect(detail).to.include('no file can be created on proc')
    })

    it('is left alone where it is no file, as a device is', async function () {
      mkdirSync(dirname(sqlite.path))
      try {
        execFileSync('mkfifo', ['-m', '666', sqlite.path])
      } catch {
        this.skip()
      }
      const mode = statSync(sqlite.path).mode
      const journal = await open()
      expect(journal.status().fault).to.deep.include({ kind: 'io' })
      expect(journal.status().fault?.detail).to.include('it is no file')
      expect(statSync(sqlite.path).mode).to.equal(mode)
      expect(readdirSync(dirname(sqlite.path))).to.deep.equal(['journal.db'])
    })

    it('is tried again: once it is whole the journal is up', async () => {
      mkdirSync(dirname(sqlite.path))
      writeFileSync(sqlite.path, 'x'.repeat(5_000))
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('corrupt')
      rmSync(sqlite.path)
      await until('the journal to be up', () => journal.status().up)
      expect(journal.status().fault).to.equal(undefined)
      expect(await codeOf(journal.record(entry()))).to.equal('none')
    })

    it('is tried again: a folder that is a file', async () => {
      writeFileSync(dirname(sqlite.path), '')
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('io')
      rmSync(dirname(sqlite.path))
      await until('the journal to be up', () => journal.status().up)
    })
  })
})
