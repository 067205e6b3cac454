import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Checkpoint } from '../../domain/ports/journal.ts'
import type { FileWatch } from './files.ts'

/** Milliseconds before a checkpoint is tried again that a reader blocked, or that failed. */
const BLOCKED_PAUSE = 100
const FAILED_PAUSE = 1_000

/**
 * Brings the WAL into the database file when it has reached its limit. SQLite's automatic checkpoints do the same, but
 * keep their errors to themselves: with a failing file and a healthy WAL every commit succeeds, and the WAL grows.
 */
export class Checkpointer {
  readonly #statement: StatementSync
  readonly #files: FileWatch
  readonly #limit: number
  readonly #report: (checkpoint: Checkpoint) => void
  #notBefore = 0
  #isDone = true

  /** @param limit bytes of the WAL */
  constructor(
    db: DatabaseSync,
    { files, limit, report }: { files: FileWatch; limit: number; report: (checkpoint: Checkpoint) => void },
  ) {
    this.#statement = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#files = files
    this.#limit = limit
    this.#report = report
  }

  /** After a write. A failure changes nothing for what was written: it is durable in the WAL. @returns as `run` */
  afterWrite(walBytes: number): boolean {
    return walBytes > this.#limit && this.run(walBytes)
  }

  /** From time to time: also without writes, what was not brought into the file is tried again. @returns as `run` */
  retry(walBytes: number): boolean {
    return !this.#isDone && this.run(walBytes)
  }

  /**
   * Unless the last one failed, or was blocked, just before.
   * @param walBytes for the report
   * @returns whether it was tried, so that the file may be larger now
   * @throws FaultError if the file is not what it should be afterwards
   */
  run(walBytes: number): boolean {
    if (performance.now() < this.#notBefore) return false
    const { result, detail } = this.#files.checkpoint(() => attempt(this.#statement))
    this.#isDone = result === 'ok'
    this.#notBefore = performance.now() + PAUSES[result]
    this.#report({ result, walBytes, walLimit: this.#limit, ...(detail !== undefined && { detail }) })
    return true
  }
}

const PAUSES = { ok: 0, blocked: BLOCKED_PAUSE, failed: FAILED_PAUSE } as const

/**
 * Brings the whole WAL into the database file, and empties it.
 * @param files compares what is brought, where it is given
 * @throws what SQLite throws, after it was reported; FaultError
 */
export function emptyWal(
  db: DatabaseSync,
  wal: { readonly bytes: number; readonly limit: number },
  report: (checkpoint: Checkpoint) => void,
  files?: FileWatch,
): void {
  // Once the WAL is empty, there is nothing to compare with.
  files?.checkpoint(() => attempt(db.prepare('PRAGMA wal_checkpoint(PASSIVE)')))
  const { result, detail, error } = attempt(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)'))
  report({ result, walBytes: wal.bytes, walLimit: wal.limit, ...(detail !== undefined && { detail }) })
  if (error) throw error
}

/** @param statement `PRAGMA wal_checkpoint` in any mode */
function attempt(
  statement: StatementSync,
): { readonly result: Checkpoint['result'] } & { readonly error?: Error; readonly detail?: string } {
  try {
    const { busy, log, checkpointed } = statement.get() as { busy: number; log: number; checkpointed: number }
    return { result: busy === 0 && checkpointed === log ? 'ok' : 'blocked' }
  } catch (error) {
    return { result: 'failed', error: error as Error, detail: (error as Error).message }
  }
}
