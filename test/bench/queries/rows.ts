import { DatabaseSync } from 'node:sqlite'
import { BlockIndex } from '../../../src/journal/sqlite/block-index.ts'
import { migrate } from '../../../src/journal/sqlite/migrations.ts'
import type { PostgresServer } from '../../support/postgres.ts'
import { buildWith, makeTables } from '../postgres-rows.ts'

/** Days over which the rows are spread. */
export const DAYS = 30

/**
 * The columns of row n, in SQL that both databases read. Skewed as failures are: a square law over 2,000 endpoints and 500
 * tenants, three causes for nearly all rows, and values in one of a thousand, ten thousand and a million rows.
 */
const COLUMNS = {
  source: `CASE WHEN n % 1000000 = 777 THEN 'svix' WHEN n % 10 = 0 THEN 'knative' ELSE 'retm' END`,
  tenant: `CASE WHEN n % 1000000 = 555 THEN 'rare' ELSE 'tenant-' || ((n * 7919 % 500) * (n * 104729 % 503) / 503) END`,
  endpoint: `'https://shop-' || ((n * 7907 % 2000) * (n * 104723 % 2003) / 2003) || '.example/hooks/orders'`,
  code: `CASE WHEN n % 1000000 = 333 THEN 599 WHEN n % 1000 = 1 THEN 418 ELSE 500 + n % 5 END`,
  cause: `CASE WHEN n % 1000000 = 111 THEN 'blocked' WHEN n % 10000 = 3 THEN 'redirect' WHEN n % 7 < 4 THEN 'server_error' WHEN n % 7 < 6 THEN 'timeout' ELSE 'unavailable' END`,
} as const
const NAMES = Object.keys(COLUMNS).join(', ')
const VALUES = Object.values(COLUMNS).join(',\n ')

const times = (rows: number) => ({ from: Date.now() - DAYS * 86_400_000, step: Math.floor((DAYS * 86_400_000) / rows) })

export interface Filled {
  readonly fillSeconds: number
  readonly indexSeconds: number
  readonly bytes: number
  /** Of them, in the index that is built behind the writes, or in the indexes for filters. */
  readonly indexBytes: number
}

/** A SQLite journal with so many rows, as a service leaves it. */
export function fillSqlite(path: string, rows: number): Filled {
  const db = new DatabaseSync(path)
  const bytes = () => {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return Number(db.prepare('SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size').get()!['n'])
  }
  db.exec(
    'PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000',
  )
  migrate(db)
  const { from, step } = times(rows)
  const begun = performance.now()
  const insert = db.prepare(
    `INSERT INTO failures (id, received_at, url, message, raw, ${NAMES})
     SELECT printf('%08x-%04x-7%03x-8000-%012x', at >> 16, at & 65535, n % 4096, n), at, 'https://shop.example/hooks/orders',
       'The server answered 503 Service Unavailable', zeroblob(200), ${VALUES}
     FROM (WITH RECURSIVE s (n) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT n + 1 FROM s WHERE n < ?2) SELECT n, ${from} + n * ${step} AS at FROM s)`,
  )
  for (let done = 0; done < rows; done += 500_000) insert.run(done + 1, Math.min(done + 500_000, rows))
  db.prepare(`UPDATE meta SET value = ? WHERE key = 'recorded'`).run(rows)
  db.exec('PRAGMA cache_size = -1024')
  const filled = performance.now()
  const before = bytes()
  const index = new BlockIndex(db)
  while (index.step());
  const indexed = performance.now()
  const after = bytes()
  db.close()
  return {
    fillSeconds: (filled - begun) / 1_000,
    indexSeconds: (indexed - filled) / 1_000,
    bytes: after,
    indexBytes: after - before,
  }
}

/** The same in a new database. */
export async function fillPostgres(server: PostgresServer, database: string, rows: number): Promise<Filled> {
  await makeTables(server, database)
  const { from, step } = times(rows)
  const begun = performance.now()
  const known = await server.query(
    `SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'failures' AND indexname <> 'failures_pkey'`,
    database,
  )
  for (const { indexname } of known) await server.query(`DROP INDEX webhook_errors.${indexname}`, database)
  for (let done = 0; done < rows; done += 500_000) {
    await server.query(
      `INSERT INTO webhook_errors.failures (id, received_at, url, message, raw, ${NAMES})
       SELECT (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid, at,
         'https://shop.example/hooks/orders', 'The server answered 503 Service Unavailable', decode(repeat('00', 200), 'hex'), ${VALUES}
       FROM (SELECT n, ${from} + n * ${step}::bigint AS at FROM generate_series(${done + 1}::bigint, ${Math.min(done + 500_000, rows)}::bigint) AS n) AS numbers`,
      database,
    )
  }
  const others = known.filter(({ indexname }) => /endpoint|tenant/.test(indexname))
  for (const { indexdef } of others) await server.query(indexdef, database)
  const filled = performance.now()
  await buildWith(server, database)
  const indexed = performance.now()
  await server.query('VACUUM (ANALYZE) webhook_errors.failures', database)
  // What filling left to be written would hold up the disk for those who report later.
  await server.query('CHECKPOINT')
  const [size] = await server.query(
    `SELECT pg_total_relation_size('webhook_errors.failures')::float8 AS bytes, (SELECT sum(pg_relation_size(indexrelid))::float8
     FROM pg_stat_user_indexes WHERE indexrelname IN ('failures_source', 'failures_code', 'failures_cause')) AS index`,
    database,
  )
  return {
    fillSeconds: (filled - begun) / 1_000,
    indexSeconds: (indexed - filled) / 1_000,
    bytes: size.bytes,
    indexBytes: size.index,
  }
}
