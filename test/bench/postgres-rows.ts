import { parsePostgresUrl } from '../../src/domain/ports/postgres-url.ts'
import { Queries, type Query } from '../../src/journal/core/queries.ts'
import { Connector } from '../../src/journal/postgres/connect.ts'
import { INDEXES } from '../../src/journal/postgres/filter-indexes.ts'
import { buildIndexes } from '../../src/journal/postgres/indexes.ts'
import { openPostgresJournal } from '../../src/journal/postgres/journal.ts'
import { POSTGRES } from '../../src/journal/postgres/read.ts'
import { REMOVE } from '../../src/journal/postgres/retention.ts'
import { PRINT_FAULTS } from '../journal/entries.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/temp.ts'

const YEAR = 365 * 86_400_000
/** Made when a database has all of its rows. */
const FILLED = 'bench_filled'
const STEP = 500_000

/** A database of that name, filled by an earlier run or now. @returns its name */
export async function filled(server: PostgresServer, name: string, rows: number): Promise<string> {
  await made(server, name)
  const [known] = await server.query(`SELECT 1 FROM pg_tables WHERE tablename = '${FILLED}'`, name)
  if (!known) {
    await fill(server, name, rows)
    await server.query(`CREATE TABLE ${FILLED} ()`, name)
  }
  return name
}

/** A database of that name, made where there is none. @returns its name */
export async function made(server: PostgresServer, name: string): Promise<string> {
  const [known] = await server.query(`SELECT 1 FROM pg_database WHERE datname = '${name}'`)
  if (!known) await server.query(`CREATE DATABASE ${name}`)
  return name
}

/**
 * Makes the tables, and rows spread over the last year: 2,000 endpoints, 500 tenants. They are smaller than what the
 * benchmark inserts: otherwise its first rows, one for each page of the table, would go into the room that is left at the
 * end of each, and what is measured would be the reading of those pages and not the growth of the table.
 */
export async function fill(server: PostgresServer, database: string, rows: number): Promise<void> {
  await makeTables(server, database)
  await insertRows(server, database, rows)
  await server.query('VACUUM (ANALYZE) webhook_errors.failures', database)
}

/** As many rows as at first, and no others. */
export async function refill(server: PostgresServer, database: string, rows: number): Promise<void> {
  await server.query('TRUNCATE webhook_errors.failures', database)
  await insertRows(server, database, rows)
  await server.query('VACUUM (ANALYZE) webhook_errors.failures', database)
}

/** Makes the tables of a journal, and its indexes. */
export async function makeTables(server: PostgresServer, database: string): Promise<void> {
  const journal = openPostgresJournal({
    url: server.socketUrl(database),
    clock: Date.now,
    retention: { age: 2 * YEAR, size: 2 ** 40 },
    incidents: { quietTime: 1, goodProbes: 1, failedProbes: 0 },
    events: PRINT_FAULTS,
  })
  await journal.open()
  await indexesBuilt(server, database)
  await journal.close(5_000)
}

/** Builds the indexes for filters as the leader does. */
export async function buildWith(server: PostgresServer, database: string): Promise<void> {
  const session = await new Connector(parsePostgresUrl(server.socketUrl(database)), { allowUnsafe: false }).another()
  await buildIndexes(session)
  session.end()
}

/** Resolves when the leader has built the indexes for filters. */
export async function indexesBuilt(server: PostgresServer, database: string): Promise<void> {
  const names = Object.keys(INDEXES)
    .map((name) => `'${name}'`)
    .join(', ')
  await until('the indexes', async () => {
    const valid = await server.query(
      `SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisvalid AND relname IN (${names})`,
      database,
    )
    return valid.length === Object.keys(INDEXES).length
  })
}

async function insertRows(server: PostgresServer, database: string, rows: number): Promise<void> {
  const from = Date.now() - YEAR
  for (let done = 0; done < rows; done += STEP) {
    await server.query(
      `INSERT INTO webhook_errors.failures
       SELECT (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid, at, 'retm',
         'tenant-' || n % 500, 'https://shop-' || n % 2000 || '.example/hooks/orders', 'u',
         500 + n % 5, (ARRAY['server_error', 'timeout', 'tls', 'dns', 'unavailable'])[1 + n % 5], '-', NULL, '{}'
       FROM (SELECT n, (${from} + n * ${Math.floor(YEAR / rows)}::bigint) AS at FROM generate_series(${done + 1}::bigint, ${Math.min(done + STEP, rows)}::bigint) AS n) AS numbers`,
      database,
    )
  }
}

/** EXPLAIN ANALYZE of what the API and retention ask of a table that `fill` made: name and plan. */
export async function plans(server: PostgresServer, database: string): Promise<(readonly [string, string])[]> {
  const day = { since: Date.now() - 40 * 86_400_000, until: Date.now() - 39 * 86_400_000 }
  const [middle] = await server.query(
    'SELECT id FROM webhook_errors.failures ORDER BY id DESC OFFSET 100000 LIMIT 1',
    database,
  )
  const queries = new Queries(POSTGRES)
  const questions: readonly (readonly [string, Query])[] = [
    ['newest page', queries.failures({}, undefined, 51)],
    ['a page in the middle', queries.failures({}, middle.id, 51)],
    ['by endpoint', queries.failures({ endpoint: 'https://shop-7.example/hooks/orders' }, undefined, 51)],
    ['by tenant', queries.failures({ tenant: 'tenant-7' }, undefined, 51)],
    ['by a code that none has', queries.failures({ code: 599 }, undefined, 51)],
    ['by a cause that few have', queries.failures({ cause: 'connection_refused' }, undefined, 51)],
    [
      'by a source that none has, and endpoint',
      queries.failures({ source: 'svix', endpoint: 'https://shop-7.example/hooks/orders' }, undefined, 51),
    ],
    ['by a code that none has, of one day', queries.failures({ code: 599, ...day }, undefined, 51)],
    ['by code and cause', queries.failures({ code: 503, cause: 'dns' }, undefined, 51)],
    ['one day', queries.failures(day, undefined, 51)],
    ['one day of a tenant', queries.failures({ tenant: 'tenant-7', ...day }, undefined, 51)],
    ['one record', { sql: 'SELECT id FROM webhook_errors.failures WHERE id = $1', parameters: [middle.id] }],
    // With a fence that no leader has: the plan is that of any other, and nothing is removed.
    ['a retention batch', { sql: REMOVE, parameters: [0, 500, '00000000-0000-0000-0000-000000000000', middle.id] }],
  ]
  const found: (readonly [string, string])[] = []
  for (const [name, question] of questions) {
    const { sql, parameters } = question
    const inlined = sql.replace(/\$(\d+)/g, (_, n) => `'${parameters[Number(n) - 1]}'`)
    const rows = await server.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${inlined}`, database)
    found.push([name, rows.map((row) => row['QUERY PLAN']).join('\n')])
  }
  return found
}
