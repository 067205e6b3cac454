import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import type { Query } from './sqlite-query.ts'
import { serve } from './thread.ts'

/** The reading thread: in WAL mode its statements see a snapshot and hold up no commit. */
const db = new DatabaseSync(workerData as string, { readOnly: true, timeout: 1_000 })
db.exec('PRAGMA cache_size = -1024; PRAGMA query_only = 1')

const operations = {
  select({ sql, parameters }: Query): unknown[] {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return statement.all(...parameters)
  },
}
export type Reading = typeof operations

serve(operations)
