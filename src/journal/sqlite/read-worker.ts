import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import type { FailureCount } from '../../domain/ports/journal.ts'
import { readFaultOf } from '../core/fault.ts'
import type { Query } from '../core/queries.ts'
import { serve } from '../core/thread.ts'
import { type Search, searchBlocks } from './block-search.ts'
import { countFailures, type FailureCounts } from './count-failures.ts'
import { prepareArrays } from './prepare-arrays.ts'

const path = workerData as string
let database: DatabaseSync | undefined

/** The reading thread: in WAL mode its statements see a snapshot and hold up no commit. */
function open(): DatabaseSync {
  const opened = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
  opened.exec('PRAGMA cache_size = -1024; PRAGMA query_only = 1')
  return opened
}

function read<T>(work: (db: DatabaseSync) => T): T {
  try {
    database ??= open()
    return work(database)
  } catch (error) {
    throw readFaultOf(error, path)
  }
}

const operations = {
  select: ({ sql, parameters }: Query): unknown[] => read((db) => prepareArrays(db, sql).all(...parameters)),
  search: (search: Search): string[] | undefined => read((db) => searchBlocks(db, search)),
  count: (count: FailureCount): FailureCounts[] => read((db) => countFailures(db, count)),
}
export type Reading = typeof operations

serve(operations)
