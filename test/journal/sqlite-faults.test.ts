import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { tempFolder, until } from '../support/temp.ts'
import { codeOf, entry } from './entries.ts'
import { sqliteJournals } from './sqlite-journals.ts'

describe('openSqliteJournal', () => {
  const sqlite = sqliteJournals()
  const { open, close, filled, query } = sqlite

  describe('a commit that fails', () => {
    it('acknowledges nothing, opens again, and reports the totals before anything new settles', async () => {
      const journal = await open()
      await journal.record(entry())
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(sqlite.path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(journal.record(entry()))))
      expect(new Set(codes)).to.deep.equal(new Set(['journal_unavailable']))
      expect(journal.status()).to.deep.include({ up: false, pending: 0 })
      expect(journal.status().fault?.kind).to.equal('locked')
      blocker.close()
      await until('the journal to be up', () => journal.status().up)
      expect(sqlite.events.counts()).to.deep.equal({ orders: 1 })
      await journal.record(entry())
      expect(sqlite.events.calls.filter((call) => !call.startsWith('failed'))).to.deep.equal([
        'opened',
        'committed',
        'opened',
        'committed',
      ])
      expect((await journal.list({}, { limit: 10 })).failures).to.have.length(2)
    })
  })

  it('waits for the lock as long as a checkpoint of another process may wait for its readers', async () => {
    const journal = await open()
    await journal.record(entry())
    const blocker = new DatabaseSync(sqlite.path, { timeout: 5_000 })
    blocker.exec('BEGIN IMMEDIATE')
    const recorded = codeOf(journal.record(entry()))
    await pause(1_000)
    blocker.close()
    expect(await recorded).to.equal('none')
    expect(sqlite.events.faults).to.deep.equal([])
  })

  describe('a commit that does not come back', () => {
    it('counts as failed, and is in the totals where it was stored after all', async () => {
      const journal = await open({ stallAfter: 300 })
      // On a busy machine the opening may have stalled.
      await until('the journal to be up', () => journal.status().up)
      await journal.list({}, { limit: 1 })
      // Retention also runs right after the opening.
      const blocker = new DatabaseSync(sqlite.path, { timeout: 5_000 })
      blocker.exec('BEGIN IMMEDIATE')
      expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
      expect(journal.status()).to.deep.include({ up: false, pending: 0 })
      expect(journal.status().fault?.kind).to.equal('io')
      expect(journal.status().fault?.detail).to.include('waiting')
      blocker.close()
      await until('the journal to be up', () => journal.status().up)
      expect(sqlite.events.counts()).to.deep.equal({ orders: 1 })
      // What came back late is neither settled again nor counted by itself: the totals hold it.
      expect(sqlite.events.calls).not.to.include('committed')
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
      expect(sqlite.events.faults[0]?.kind).to.equal('io')
      expect(await codeOf(journal.record(entry()))).to.equal('none')
      expect((await journal.get(id))?.id).to.equal(id)
    })
  })

  describe('on its own volume', () => {
    let mounted: string | undefined

    afterEach(async () => {
      for (const journal of sqlite.journals) await close(journal)
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
      sqlite.path = join(volume, 'journal.db')
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
      await until('another attempt', () => sqlite.events.faults.length > 2)
      expect(new Set(sqlite.events.faults.map(({ kind }) => kind))).to.deep.equal(new Set(['disk_full']))
      // Of 5 MiB at first.
      await until('a look at the free bytes', () => journal.status().size!.freeBytes! < 4 * 2 ** 20)
      rmSync(filler)
      await until('the journal to be up', () => journal.status().up)
      const { id } = await journal.record(entry({ raw }))
      const rows = new Set(query('SELECT id FROM failures').map((row) => row['id']))
      expect([...acknowledged, id].filter((each) => !rows.has(each))).to.deep.equal([])
      expect(acknowledged.length).to.be.greaterThan(0)
    })

    it('that it has filled itself has room for retention, once its limits are lowered', async function () {
      this.timeout(60_000)
      mount(this)
      const raw = Buffer.alloc(20_000, 1)
      let stored = 0
      // A restart must not use up what is kept.
      for (let start = 0; start < 3; start++) {
        const journal = await open()
        await until('the volume to be full', async () => {
          const results = await Promise.allSettled(Array.from({ length: 20 }, () => journal.record(entry({ raw }))))
          stored += results.filter(({ status }) => status === 'fulfilled').length
          return !journal.status().up
        })
        expect(journal.status().fault?.kind).to.equal('disk_full')
        await close(journal)
      }
      const smaller = await open({ retention: { age: 30 * 86_400_000, size: 2 * 2 ** 20 } })
      expect(smaller.status().fault).to.equal(undefined)
      // In groups for which so small a volume has room.
      for (let round = 0; round < 80; round++)
        await Promise.all(Array.from({ length: 5 }, () => smaller.record(entry({ raw }))))
      await until('the first ones to go', () => sqlite.events.removed > stored)
      await until('it to shrink', () => smaller.status().size!.bytes < 4 * 2 ** 20)
    })

    it('is reported when it is read-only, and used once it is writable', async function () {
      const volume = mount(this)
      await filled(1)
      execFileSync('mount', ['-o', 'remount,ro', volume])
      const journal = await open()
      expect(journal.status().fault?.kind).to.equal('read_only')
      execFileSync('mount', ['-o', 'remount,rw', volume])
      await until('the journal to be up', () => journal.status().up)
      expect(sqlite.events.counts()).to.deep.equal({ orders: 1 })
    })
  })
})
