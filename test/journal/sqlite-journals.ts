import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journal } from '../../src/domain/ports/journal.ts'
import { openSqliteJournal, type SqliteJournalOptions } from '../../src/journal/sqlite/journal.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { EventLog, entry, INCIDENTS } from './entries.ts'

const DAY = 86_400_000

/** A path for each test of a suite, and SQLite journals at it that end with the test. */
export interface SqliteJournals {
  /** A test may go on with another file. */
  path: string
  /** What the journal made last has reported. */
  readonly events: EventLog
  readonly journals: ReadonlySet<Journal>
  make(options?: Partial<SqliteJournalOptions>): Journal
  open(options?: Partial<SqliteJournalOptions>): Promise<Journal>
  close(journal: Journal): Promise<void>
  /** What the file says, read by another connection. */
  query(sql: string): Record<string, unknown>[]
  /** Records so many failures and closes the journal. */
  filled(count: number): Promise<void>
  /** Another process that writes as fast as it can. */
  load(ids: string): ChildProcess
}

/** Belongs directly in a `describe`: it registers the suite's hooks. */
export function sqliteJournals(): SqliteJournals {
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
  const query = (sql: string): Record<string, unknown>[] => {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      return db.prepare(sql).all()
    } finally {
      db.close()
    }
  }
  const filled = async (count: number): Promise<void> => {
    const journal = await open()
    await Promise.all(Array.from({ length: count }, () => journal.record(entry())))
    await close(journal)
  }

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

  return {
    get path() {
      return path
    },
    set path(other) {
      path = other
    },
    get events() {
      return events
    },
    journals,
    make,
    open,
    close,
    query,
    filled,
    load,
  }
}
