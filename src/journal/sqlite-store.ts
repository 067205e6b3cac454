import { type BigIntStats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EndpointState, IncidentSettings } from '../domain/incident.ts'
import type { CanaryMoments, JournalSize } from '../domain/journal.ts'
import { detailOf, type Fault, FaultError, faultOf } from './fault.ts'
import { freeBytes } from './filesystem.ts'
import { Mark } from './mark.ts'
import type { StoredRecord } from './records.ts'
import type { Result } from './settle.ts'
import { checkFile, createPrivate, preparePath, sizeOf, takeLock } from './sqlite-check.ts'
import { IncidentRows, noteCanary } from './sqlite-incidents.ts'
import { migrate } from './sqlite-migrations.ts'
import { type Expired, type ExpireLimits, expireBatch } from './sqlite-retention.ts'
import {
  type Group,
  RECORD_COLUMNS,
  type RecordRow,
  type Row,
  type Rows,
  recordOf,
  type TotalRow,
} from './sqlite-rows.ts'
import { prepare, type Statements, Totals, write } from './sqlite-write.ts'

export interface StoreOptions {
  readonly path: string
  readonly retentionSize: number
  readonly incidents: IncidentSettings
  /** statfs type instead of the real one, for tests. */
  readonly filesystem?: number
}

export interface Opened {
  readonly totals: readonly TotalRow[]
  readonly endpoints: readonly EndpointState[]
  readonly size: JournalSize
  /** What was found missing, where fewer failures are there than were acknowledged. */
  readonly lost?: Fault
  /** The file's real path, for the reader. */
  readonly file: string
}

export interface Committed {
  /** In the group's order. */
  readonly results: readonly Result[]
  /** The endpoints that the group asked about, as they are after it. */
  readonly endpoints: readonly EndpointState[]
  /** What it took. */
  readonly seconds: number
}

/** Free bytes without which a volume that was full is not tried again. */
const ROOM = 2 ** 20
const PAGE = 4_096

/** The database and everything beside it, in the writing thread. An operation that throws has closed it. */
export class Store {
  readonly #options: StoreOptions
  #file: string
  #lock: DatabaseSync | undefined
  #lockInode: bigint | undefined
  #mark: Mark | undefined
  #db: DatabaseSync | undefined
  #statements: Statements | undefined
  #incidents: IncidentRows | undefined
  #failures = 0
  #recorded = 0
  #oldest: number | null = null
  #wasFull = false
  #files: Files | undefined
  #walPages = 16

  constructor(options: StoreOptions) {
    this.#options = options
    this.#file = resolve(options.path)
  }

  /**
   * Opens it (again), and proves that it can be written.
   * @param forgetBefore label sets not counted since (milliseconds since the epoch) are dropped
   * @throws FaultError
   */
  open(forgetBefore: number | null): Opened {
    return this.#guard(() => {
      this.#closeDatabase()
      const acknowledged = this.#recorded
      this.#file = preparePath(this.#options.path, this.#options.filesystem)
      this.#takeLock()
      if (this.#wasFull && freeBytes(this.#file) < ROOM) {
        throw new FaultError('disk_full', detailOf('disk_full', this.#file))
      }
      checkFile(this.#file)
      createPrivate(this.#file)
      const db = new DatabaseSync(this.#file, { timeout: 500, enableForeignKeyConstraints: false })
      this.#db = db
      this.#configure(db)
      migrate(db)
      // What is in the WAL reaches the file before ready; and a volume without room shows here, not at the first report.
      db.prepare(`INSERT INTO meta VALUES ('opened', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`).run(
        Date.now(),
      )
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      this.#wasFull = false
      this.#statements = prepare(db)
      if (forgetBefore !== null) this.#statements.forget.run(forgetBefore)
      this.#incidents = new IncidentRows(db, this.#options.incidents, forgetBefore)
      this.#failures = numberOf(db, 'SELECT count(*) FROM failures')
      this.#recorded = numberOf(db, `SELECT value FROM meta WHERE key = 'recorded'`)
      const missing = this.#readMark(acknowledged) - this.#recorded
      this.#mark?.write(this.#recorded)
      return {
        totals: this.#statements.totals.all() as unknown as TotalRow[],
        endpoints: this.#incidents.all(),
        size: this.size(),
        file: this.#file,
        ...(missing > 0
          ? { lost: { kind: 'lost_commits', detail: detailOf('lost_commits', this.#file, `${missing}`) } }
          : {}),
      }
    })
  }

  /**
   * Writes a group in one transaction. An entry that is at fault by itself is left out; the others are written.
   * @returns a result a work, in order, once they are durable
   * @throws FaultError the outcome is unknown then
   */
  commit({ rows, bodies }: Group): Committed {
    return this.#guard(() => {
      const { db, statements, incidents } = this.#open()
      const begun = performance.now()
      const group = JSON.parse(rows) as Rows
      const totals = new Totals(group.alike)
      const asked = new Set<string>()
      let offset = 0
      let added = 0
      const perform = (row: Row): Result => {
        if ('nonce' in row) return incidents.canary(row.nonce, row.at) ? 'taken' : 'replayed'
        if ('event' in row) {
          asked.add(row.endpoint)
          return { change: incidents.apply(row.endpoint, row.event) }
        }
        const raw = new Uint8Array(bodies, offset, row.size)
        offset += row.size
        const alike = group.alike[row.alike]!
        const result = write(statements, row, alike, raw)
        if (result !== 'added') return result
        totals.count(row)
        added++
        if (!row.followed) return [null, null]
        const { id, receivedAt: at } = row
        const { endpoint, code, cause } = alike
        asked.add(endpoint)
        return [null, incidents.apply(endpoint, { type: 'failure', at, id, code, cause })]
      }
      db.exec('BEGIN IMMEDIATE')
      const results = group.rows.map(perform)
      for (const { labels, count, at } of totals.sums()) statements.count.run(...labels, count, at)
      incidents.flush()
      if (added > 0) statements.record.run(added)
      db.exec('COMMIT')
      this.#checkFiles({ isAfterwards: true })
      this.#failures += added
      this.#recorded += added
      if (added > 0) this.#noteMark()
      return {
        results,
        endpoints: [...asked].map((endpoint) => incidents.state(endpoint)),
        seconds: (performance.now() - begun) / 1_000,
      }
    })
  }

  /** Each call is a transaction of its own; the canary runs once a minute at most. */
  noteCanary(moments: Parameters<typeof noteCanary>[1]): CanaryMoments {
    return this.#guard(() => noteCanary(this.#open().db, moments))
  }

  /** One small step of retention; `more` tells whether another one is due. */
  expire(limits: ExpireLimits): Expired {
    return this.#guard(() => {
      const { db, incidents } = this.#open()
      incidents.expire(limits.before, limits.batch)
      const expired = expireBatch(db, limits, this.#options.retentionSize - this.#walPages * PAGE)
      this.#failures -= expired.failures
      return expired
    })
  }

  /** The oldest records, whole. */
  oldest(limit: number): StoredRecord[] {
    return this.#guard(() => {
      const statement = this.#open().db.prepare(`SELECT ${RECORD_COLUMNS} FROM failures ORDER BY id LIMIT ?`)
      statement.setReturnArrays(true)
      return (statement.all(limit) as unknown as RecordRow[]).map(recordOf)
    })
  }

  /** Removes records; totals and incidents stay. */
  remove(ids: readonly string[]): void {
    this.#guard(() => {
      const sql = 'DELETE FROM failures WHERE id IN (SELECT value FROM json_each(?))'
      this.#failures -= Number(this.#open().db.prepare(sql).run(JSON.stringify(ids)).changes)
    })
  }

  /** Drops label sets not counted since (milliseconds since the epoch); returns how many. */
  forget(unseenSince: number): number {
    return this.#guard(() => Number(this.#open().statements.forget.run(unseenSince).changes))
  }

  /** A look, also while the database is closed. It throws what the file system throws, and changes nothing. */
  size(): JournalSize {
    if (this.#statements) {
      this.#oldest = (this.#statements.oldest.get() as unknown as [number] | undefined)?.[0] ?? null
    }
    return {
      failures: this.#failures,
      bytes: sizeOf(this.#file) + sizeOf(`${this.#file}-wal`),
      freeBytes: freeBytes(this.#file),
      oldestAt: this.#oldest,
    }
  }

  /** Lets everything go; the lock last. */
  close(): void {
    try {
      this.#db?.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      this.#closeDatabase()
      this.#mark?.close()
      this.#mark = undefined
      this.#lock?.close()
      this.#lock = undefined
    }
  }

  #configure(db: DatabaseSync): void {
    // auto_vacuum must stand before the first table; it does nothing later.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL')
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get()!
    if (mode !== 'wal') throw new FaultError('io', detailOf('io', this.#file, `no WAL: journal mode is ${mode}`))
    const pages = walPages(
      this.#options.retentionSize,
      freeBytes(this.#file) + sizeOf(this.#file) + sizeOf(`${this.#file}-wal`),
    )
    this.#walPages = pages
    db.exec(`PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;
      PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = ${pages}; PRAGMA journal_size_limit = ${pages * PAGE}`)
  }

  #open(): { db: DatabaseSync; statements: Statements; incidents: IncidentRows } {
    if (!this.#db || !this.#statements || !this.#incidents) {
      throw new FaultError('io', detailOf('io', this.#file, 'it is closed'))
    }
    this.#checkFiles({ isAfterwards: false })
    return { db: this.#db, statements: this.#statements, incidents: this.#incidents }
  }

  /**
   * A file that somebody removed, replaced or cut takes writes until it is closed, and keeps none of them.
   * @param isAfterwards after a commit, which may cut the WAL itself
   * @throws FaultError
   */
  #checkFiles({ isAfterwards }: { isAfterwards: boolean }): void {
    const [before, now] = [this.#files, filesOf(this.#file)]
    const isWalHere = now.wal?.ino === before?.wal?.ino
    if (now.db?.ino === before?.db?.ino && now.db!.size >= BigInt(PAGE) && isWalHere) {
      if (isAfterwards || now.wal!.size >= before!.wal!.size) return
    }
    // What was committed into a WAL that has lost its name alone is not lost yet.
    if (!isWalHere) this.#rescue()
    throw new FaultError('io', detailOf('io', this.#file, 'it or its WAL was removed, replaced or cut'))
  }

  #rescue(): void {
    try {
      this.#db?.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // It is the fault that is told, not this.
    }
  }

  /** A lock whose file was removed keeps nobody out: then it is taken anew. @throws FaultError `locked` */
  #takeLock(): void {
    const file = `${this.#file}.lock`
    if (this.#lock && statOf(file)?.ino !== this.#lockInode) {
      this.#lock.close()
      this.#lock = undefined
    }
    if (this.#lock) return
    this.#lock = takeLock(this.#file)
    this.#lockInode = statOf(file)?.ino
  }

  /** @param acknowledged by this process, which counts too where somebody removed the mark */
  #readMark(acknowledged: number): number {
    this.#mark?.close()
    this.#mark = new Mark(`${this.#file}.mark`)
    return Math.max(this.#mark.read(), acknowledged)
  }

  #noteMark(): void {
    try {
      this.#mark?.write(this.#recorded)
    } catch {
      // The mark is a witness, not the record: without room for it the commit still stands.
    }
  }

  /** A fault closes the database, since what SQLite holds in memory is not to be trusted after it. */
  #guard<T>(work: () => T): T {
    try {
      const result = work()
      this.#files = filesOf(this.#file)
      return result
    } catch (error) {
      const fault = faultOf(error, this.#file, this.#roomless())
      this.#wasFull = fault.fault.kind === 'disk_full'
      this.#closeDatabase()
      throw fault
    }
  }

  #roomless(): boolean {
    try {
      return freeBytes(dirname(this.#file)) < ROOM
    } catch {
      return false
    }
  }

  #closeDatabase(): void {
    const db = this.#db
    this.#db = undefined
    this.#statements = undefined
    this.#incidents = undefined
    try {
      db?.close()
    } catch {
      // Closed as far as it goes.
    }
  }
}

/**
 * The WAL may grow to this many pages: at most 4 MiB, an eighth of what the journal may take, and a sixteenth of a small
 * volume, since a full one can go on only when there is room to bring the whole WAL into the file.
 * @param room bytes that the journal has and could have on its volume
 */
function walPages(retentionSize: number, room: number): number {
  return Math.max(16, Math.min(1_000, Math.floor(Math.min(retentionSize / 8, room / 16) / PAGE)))
}

/** The files as their names lead to them now. */
interface Files {
  readonly db: BigIntStats | undefined
  readonly wal: BigIntStats | undefined
}

// Inodes of some file systems are beyond 2^53.
const statOf = (path: string): BigIntStats | undefined => statSync(path, { throwIfNoEntry: false, bigint: true })
const filesOf = (path: string): Files => ({ db: statOf(path), wal: statOf(`${path}-wal`) })

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get()!)[0])
}
