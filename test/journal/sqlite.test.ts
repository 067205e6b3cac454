import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/journal.ts'
import { openSqliteJournal, type SqliteJournalOptions } from '../../src/journal/sqlite/journal.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { journalContract } from './contract.ts'
import { codeOf, EventLog, entry, INCIDENTS, signalEntry } from './entries.ts'

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
  let path: string
  let events: EventLog
  const journals = new Set<Journal>()

  const make = (options: Partial<SqliteJournalOptions> = {}): Journal => {
    events = new EventLog()
    const journal = openSqliteJournal({
      path,
      events,
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 30 * DAY, size: 2 ** 30 },
      retry: { min: 10, max: 50 },
      ...options,
    })
    journals.add(journal)
    return journal
  }
  const open = async (options?: Partial<SqliteJournalOptions>): Promise<Journal> => {
    const journal = make(options)
    await journal.open()
    return journal
  }
  const close = async (journal: Journal): Promise<void> => {
    journals.delete(journal)
    await journal.close(10_000)
  }
  /** What the file says, read by another connection. */
  const query = (sql: string): Record<string, unknown>[] => {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      return db.prepare(sql).all()
    } finally {
      db.close()
    }
  }
  const hashes = (): Record<string, string> =>
    Object.fromEntries(
      [path, `${path}-wal`]
        .filter((file) => existsSync(file))
        .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
    )
  const filled = async (count: number): Promise<void> => {
    const journal = await open()
    await Promise.all(Array.from({ length: count }, () => journal.record(entry())))
    await close(journal)
  }

  /** Another process that writes as fast as it can. */
  const load = (ids: string): ChildProcess =>
    spawn(process.execPath, [join(import.meta.dirname, 'load.ts'), path, ids], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })

  beforeEach(() => {
    path = join(tempFolder(), 'data', 'journal.db')
  })
  afterEach(async () => {
    for (const journal of journals) await journal.close(10_000)
    journals.clear()
    removeTempFolders()
  })

  describe('the files', () => {
    it('are readable by their owner alone, in a folder that is too', async () => {
      const journal = await open()
      await journal.record(entry())
      await journal.list({}, { limit: 1 })
      const folder = dirname(path)
      expect(readdirSync(folder).sort()).to.deep.equal(
        ['', '-shm', '-wal', '.lock', '.mark'].map((suffix) => `journal.db${suffix}`),
      )
      for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777, file).to.equal(0o600)
      expect(statSync(folder).mode & 0o777).to.equal(0o700)
    })

    it('are private behind a link to a file that is not there yet, too', async () => {
      mkdirSync(dirname(path))
      const target = join(dirname(path), 'target.db')
      symlinkSync(target, path)
      const journal = await open()
      await journal.record(entry())
      for (const file of [target, `${target}-wal`]) expect(statSync(file).mode & 0o777, file).to.equal(0o600)
      expect(existsSync(`${target}.lock`)).to.equal(true)
    })

    it('are made private where they were not', async () => {
      await filled(1)
      chmodSync(path, 0o644)
      await open()
      expect(statSync(path).mode & 0o777).to.equal(0o600)
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
      mkdirSync(dirname(path))
      const ids = join(tempFolder(), 'ids')
      const holder = load(ids)
      try {
        await until('the other process', () => existsSync(ids) && statSync(ids).size > 0)
        const journal = await open()
        expect(journal.status()).to.deep.include({ up: false })
        expect(journal.status().fault?.kind).to.equal('locked')
        expect(journal.status().fault?.detail).to.include(path).and.include('journal.url')
        expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
        expect(await codeOf(journal.list({}, { limit: 1 }))).to.equal('journal_unavailable')
        await until('a second attempt', () => events.faults.length > 1)
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
      symlinkSync(dirname(path), alias)
      await open()
      const other = await open({ path: join(alias, 'journal.db') })
      expect(other.status().fault?.kind).to.equal('locked')
    })
  })

  describe('a kill -9 under load', () => {
    it('loses nothing that was acknowledged, and totals equal rows', async function () {
      this.timeout(120_000)
      mkdirSync(dirname(path))
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
      expect(events.totals.reduce((sum, { count }) => sum + count, 0)).to.equal(rows.size)
      expect(events.faults).to.deep.equal([])
    })
  })

  describe('a file that cannot be used', () => {
    const refused = async (options?: Partial<SqliteJournalOptions>): Promise<{ kind: string; detail: string }> => {
      const before = hashes()
      const journal = await open(options)
      await until('a second attempt', () => events.faults.length > 1)
      expect(journal.status().up).to.equal(false)
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(await codeOf(journal.resetSeries(0))).to.equal('journal_unavailable')
      expect(await codeOf(journal.get(entry().failure.id))).to.equal('journal_unavailable')
      await close(journal)
      expect(hashes()).to.deep.equal(before)
      expect(events.calls).not.to.include('opened')
      return journal.status().fault!
    }

    it('is reported as corrupt and not touched: no database', async () => {
      mkdirSync(dirname(path))
      writeFileSync(path, 'this is not a database\n'.repeat(500))
      const { kind, detail } = await refused()
      expect(kind).to.equal('corrupt')
      expect(detail).to.include(path).and.include('move it away')
    })

    it('is reported as corrupt and not touched: a damaged page', async () => {
      await filled(500)
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 4 * 4_096, 12 * 4_096)
      writeFileSync(path, bytes)
      const { kind, detail } = await refused()
      expect(kind).to.equal('corrupt')
      expect(detail).to.match(/damaged \((?!\*)/)
    })

    it('is reported as corrupt and not touched: cut short', async () => {
      await filled(500)
      truncateSync(path, 10 * 4_096 + 100)
      expect((await refused()).kind).to.equal('corrupt')
    })

    it('is reported as corrupt and not touched, with commits in the WAL', async () => {
      await filled(1_000)
      const journal = await open()
      await journal.record(entry())
      const copy = join(tempFolder(), 'copy.db')
      copyFileSync(`${path}-wal`, `${copy}-wal`)
      writeFileSync(copy, readFileSync(path).fill(0xa5, 8 * 4_096, 40 * 4_096))
      expect(statSync(`${copy}-wal`).size).to.be.greaterThan(0)
      path = copy
      expect((await refused()).kind).to.equal('corrupt')
    })

    it('is left to the program that made it', async () => {
      mkdirSync(dirname(path))
      const db = new DatabaseSync(path)
      db.exec('CREATE TABLE recipes (name TEXT)')
      db.close()
      const { kind, detail } = await refused()
      expect(kind).to.equal('corrupt')
      expect(detail).to.include('another program')
    })

    it('of the version before signals is brought up to date, with its endpoints and incidents', async () => {
      await filled(2)
      const db = new DatabaseSync(path)
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
      const db = new DatabaseSync(path)
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
      expect(existsSync(dirname(path))).to.equal(false)
    })

    it('is refused at once on a file system of the kernel', async function () {
      if (process.platform !== 'linux') this.skip()
      path = '/proc/x/journal.db'
      const { kind, detail } = await refused()
      expect(kind).to.equal('io')
      expect(detail).to.include('no file can be created on proc')
    })

    it('is left alone where it is no file, as a device is', async function () {
      mkdirSync(dirname(path))
      try {
        execFileSync('mkfifo', ['-m', '666', path])
      } catch {
        this.skip()
      }
      const mode = statSync(path).mode
      const journal = await open()
      expect(journal.status().fault).to.deep.include({ kind: 'io' })
      expect(journal.status().fault?.detail).to.include('it is no file')
      expect(statSync(path).mode).to.equal(mode)
      expect(readdirSync(dirname(path))).to.deep.equal(['journal.db'])
    })

    it('is tried again: once it is whole the journal is up', async () => {
      mkdirSync(dirname(path))
      writeFileSync(path, 'x'.repeat(5_000))
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('corrupt')
      rmSync(path)
      await until('the journal to be up', () => journal.status().up)
      expect(journal.status().fault).to.equal(undefined)
      expect(await codeOf(journal.record(entry()))).to.equal('none')
    })

    it('is tried again: a folder that is a file', async () => {
      writeFileSync(dirname(path), '')
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('io')
      rmSync(dirname(path))
      await until('the journal to be up', () => journal.status().up)
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
        for (const suffix of files) rmSync(`${path}${suffix}`)
        expect(await survived(journal, ids)).to.equal(10)
      })

    it('acknowledge nothing more into a WAL that was cut, and report what is lost', async () => {
      const journal = await open()
      const ids = await some(journal)
      truncateSync(`${path}-wal`, 0)
      expect(await survived(journal, ids)).to.equal(0)
      expect(events.faults.map(({ kind }) => kind)).to.include('lost_commits')
    })

    it('acknowledge nothing more into a database that was cut', async () => {
      const journal = await open()
      await journal.record(entry())
      truncateSync(path, 0)
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    })

    it('are locked and counted again where all of them were removed', async () => {
      const journal = await open()
      const ids = await some(journal)
      for (const file of readdirSync(dirname(path))) rmSync(join(dirname(path), file))
      expect(await survived(journal, ids)).to.equal(0)
      expect(events.faults.map(({ kind }) => kind)).to.include('lost_commits')
      const other = make()
      await other.open()
      expect(other.status().fault?.kind).to.equal('locked')
    })
  })

  describe('a commit that fails', () => {
    it('acknowledges nothing, opens again, and reports the totals before anything new settles', async () => {
      const journal = await open()
      await journal.record(entry())
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(journal.record(entry()))))
      expect(new Set(codes)).to.deep.equal(new Set(['journal_unavailable']))
      expect(journal.status()).to.deep.include({ up: false, pending: 0 })
      expect(journal.status().fault?.kind).to.equal('locked')
      blocker.close()
      await until('the journal to be up', () => journal.status().up)
      expect(events.counts()).to.deep.equal({ orders: 1 })
      await journal.record(entry())
      expect(events.calls.filter((call) => !call.startsWith('failed'))).to.deep.equal([
        'opened',
        'committed',
        'opened',
        'committed',
      ])
      expect((await journal.list({}, { limit: 10 })).failures).to.have.length(2)
    })
  })

  describe('a commit that does not come back', () => {
    it('counts as failed, and is in the totals where it was stored after all', async () => {
      const journal = await open({ stallAfter: 300 })
      await journal.list({}, { limit: 1 })
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(journal.status()).to.deep.include({ up: false, pending: 0 })
      expect(journal.status().fault?.kind).to.equal('io')
      expect(journal.status().fault?.detail).to.include('waiting')
      blocker.close()
      await until('the journal to be up', () => journal.status().up)
      expect(events.counts()).to.deep.equal({ orders: 1 })
      // What came back late is neither settled again nor counted by itself: the totals hold it.
      expect(events.calls).not.to.include('committed')
      expect((await journal.list({}, { limit: 10 })).failures).to.have.length(1)
    })
  })

  describe('the end of the writing thread', () => {
    it('fails what waits, and another one takes over', async () => {
      // Many small objects in the first group, which is of any size: one large object that does not fit ends the process.
      const many = 60_000
      const before = await open()
      const { id } = await before.record(entry())
      await close(before)
      const journal = await open({ writerHeap: 16, groupLimit: many, groupBytes: 2 ** 30, pendingLimit: many })
      const codes = await Promise.all(Array.from({ length: many }, () => codeOf(journal.record(entry()))))
      expect(codes).to.include('journal_unavailable')
      await until('the journal to be up', () => journal.status().up)
      expect(events.faults[0]?.kind).to.equal('io')
      expect(await codeOf(journal.record(entry()))).to.equal('none')
      expect((await journal.get(id))?.id).to.equal(id)
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

  describe('on its own volume', () => {
    let mounted: string | undefined

    afterEach(async () => {
      for (const journal of journals) await close(journal)
      if (mounted) execFileSync('umount', [mounted])
      mounted = undefined
    })

    const mount = (test: Mocha.Context): string => {
      const volume = tempFolder()
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', volume], { stdio: 'ignore' })
      } catch {
        if (process.env['CI'] === 'true') throw new Error('cannot mount a tmpfs (needs root), which CI must be able to')
        console.warn('      SKIPPED: cannot mount a tmpfs (needs root)')
        test.skip()
      }
      mounted = volume
      path = join(volume, 'journal.db')
      return volume
    }

    it('is reported when full: nothing is acknowledged, and it goes on once there is room', async function () {
      this.timeout(60_000)
      const filler = join(mount(this), 'filler')
      writeFileSync(filler, Buffer.alloc(3 * 2 ** 20))
      const journal = await open({ sizeInterval: 10 })
      const acknowledged: string[] = []
      const raw = Buffer.alloc(20_000, 1)
      await until('the volume to be full', async () => {
        const results = await Promise.allSettled(Array.from({ length: 20 }, () => journal.record(entry({ raw }))))
        for (const result of results) if (result.status === 'fulfilled') acknowledged.push(result.value.id)
        return !journal.status().up
      })
      expect(journal.status().fault?.kind).to.equal('disk_full')
      expect(journal.status().fault?.detail).to.include('room')
      await until('another attempt', () => events.faults.length > 2)
      expect(new Set(events.faults.map(({ kind }) => kind))).to.deep.equal(new Set(['disk_full']))
      await until('a look at the free bytes', () => journal.status().size!.freeBytes! < 2 ** 20)
      rmSync(filler)
      await until('the journal to be up', () => journal.status().up)
      const { id } = await journal.record(entry({ raw }))
      const rows = new Set(query('SELECT id FROM failures').map((row) => row['id']))
      expect([...acknowledged, id].filter((each) => !rows.has(each))).to.deep.equal([])
      expect(acknowledged.length).to.be.greaterThan(0)
    })

    it('is reported when it is read-only, and used once it is writable', async function () {
      const volume = mount(this)
      await filled(1)
      execFileSync('mount', ['-o', 'remount,ro', volume])
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('read_only')
      execFileSync('mount', ['-o', 'remount,rw', volume])
      await until('the journal to be up', () => journal.status().up)
      expect(events.counts()).to.deep.equal({ orders: 1 })
    })
  })

  describe('lost commits', () => {
    it('are noticed at the next opening, reported once, and it runs on', async () => {
      await filled(10)
      const backup = readFileSync(path)
      await filled(7)
      writeFileSync(path, backup)
      const journal = await open()
      expect(events.faults).to.have.length(1)
      expect(events.faults[0]?.kind).to.equal('lost_commits')
      expect(events.faults[0]?.detail).to.include(' 7 ')
      expect(journal.status().up).to.equal(true)
      expect(journal.status().fault).to.equal(undefined)
      await close(journal)
      await open()
      expect(events.faults).to.deep.equal([])
    })

    it('are noticed where a flipped bit in the WAL hides them from SQLite', async () => {
      const journal = await open()
      for (let i = 0; i < 40; i++) await journal.record(entry())
      const copy = join(tempFolder(), 'copy.db')
      for (const suffix of ['', '-wal', '.mark']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`)
      const wal = readFileSync(`${copy}-wal`)
      const middle = Math.floor(wal.length / 2)
      wal[middle] = wal[middle]! ^ 1
      writeFileSync(`${copy}-wal`, wal)
      await close(journal)
      path = copy
      const damaged = await open()
      const failures = damaged.status().size!.failures!
      expect(failures).to.be.within(1, 39)
      expect(events.faults.map(({ kind }) => kind)).to.deep.equal(['lost_commits'])
      expect(events.faults[0]?.detail).to.include(` ${40 - failures} `)
    })

    it('are not seen in what retention removed', async () => {
      let now = Date.now()
      const clock = () => now
      let journal = await open({ retentionInterval: 10, clock, monotonic: clock })
      await Promise.all(Array.from({ length: 300 }, () => journal.record(entry({ at: now }))))
      now += 31 * DAY
      await until('retention', () => events.removed === 300)
      await close(journal)
      journal = await open()
      expect(journal.status().size?.failures).to.equal(0)
      expect(events.faults).to.deep.equal([])
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
        return events.removed > 0 && journal.status().size!.bytes <= size
      })
      const { n: failures } = query('SELECT count(*) AS n FROM failures')[0] as { n: number }
      expect(failures).to.be.greaterThan(200)
      expect(events.removed).to.equal(1_000 + more - failures)
      expect(events.calls).to.include('expired size')
      expect((await journal.list({}, { limit: 1 })).failures[0]?.receivedAt).to.equal(at + 20)
      expect(query('SELECT min(received_at) AS oldest FROM failures')[0]?.['oldest']).to.be.greaterThan(at)
      expect(query('SELECT sum(count) AS n FROM totals')[0]).to.deep.equal({ n: 1_000 + more })
    })
  })

  describe('close', () => {
    it('frees the lock and leaves all in one file', async () => {
      await filled(100)
      expect(readdirSync(dirname(path)).sort()).to.deep.equal(['journal.db', 'journal.db.lock', 'journal.db.mark'])
      expect((await open()).status().up).to.equal(true)
    })

    it('ends at the deadline where the volume hangs, and rejects what waits', async () => {
      const journal = await open()
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      const waiting = codeOf(journal.record(entry()))
      await journal.close(1)
      expect(await waiting).to.equal('journal_unavailable')
      blocker.close()
    })
  })
})
