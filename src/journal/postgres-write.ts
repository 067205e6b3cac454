import { randomUUID } from 'node:crypto'
import type { Entry } from '../domain/journal.ts'
import { isEntryError, isRetryable } from './postgres-fault.ts'
import { SCHEMA } from './postgres-migrations.ts'
import { insertSeries, type NewSeries } from './postgres-series.ts'
import type { Session } from './postgres-session.ts'

/** What became of an entry of a group. */
export type Result = readonly [id: string, duplicate: boolean] | 'reused' | 'refused'

export interface GroupOptions {
  /** Milliseconds for one attempt at the whole group. */
  readonly deadline: number
  /** The label sets among these entries' that the database may not know yet. */
  readonly newSeries: (entries: readonly Entry[]) => readonly NewSeries[]
}

/** Attempts at a group that the server rolled back for the sake of another transaction. */
const ATTEMPTS = 5

/**
 * Writes a group in one transaction. An entry that is at fault by itself is left out; the others are written.
 * @returns a result an entry, in order, once they are durable
 * @throws what Session throws; the outcome is unknown then
 */
export async function writeGroup(
  session: Session,
  entries: readonly Entry[],
  options: GroupOptions,
): Promise<Result[]> {
  try {
    return await retried(() => write(session, entries, options))
  } catch (error) {
    if (!isEntryError(error) || !session.usable) throw error
    if (entries.length === 1) return ['refused']
    // The server rolled the whole group back: each on its own shows which one it was.
    const results: Result[] = []
    for (const entry of entries) results.push(...(await writeGroup(session, [entry], options)))
    return results
  }
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
    }
  }
}

async function write(
  session: Session,
  entries: readonly Entry[],
  { deadline, newSeries }: GroupOptions,
): Promise<Result[]> {
  const series = newSeries(entries)
  const keyed = entries.some((entry) => entry.idempotency)
  if (!keyed && series.length === 0) {
    // One statement is a transaction of its own, and saves two round trips.
    await insertFailures(session, entries, deadline)
    return entries.map(({ failure }) => [failure.id, false])
  }
  return session.transaction(async () => {
    // Every transaction takes its locks in this order (keys, series; each sorted), so that no two wait for each other.
    const results = keyed
      ? await insertKeys(session, entries)
      : entries.map(({ failure }): Result => [failure.id, false])
    await insertSeries(session, series)
    const fresh = entries.filter((_, index) => typeof results[index] === 'object' && !results[index][1])
    await insertFailures(session, fresh, deadline)
    return results
  }, deadline)
}

/** PostgreSQL's text holds no NUL; the raw body keeps what was sent. */
const text = (value: string): string => (value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value)

async function insertFailures(session: Session, entries: readonly Entry[], deadline: number): Promise<void> {
  if (entries.length === 0) return
  const failures = entries.map(({ failure }) => failure)
  const column = <T>(value: (failure: Entry['failure']) => T): T[] => failures.map(value)
  // One array a column: the statement's text is the same for every size of group.
  await session.execute(
    `INSERT INTO ${SCHEMA}.failures (id, received_at, source, tenant, endpoint, url, code, cause, message, trace_id, raw)
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
       $8::text[], $9::text[], $10::text[], $11::bytea[])`,
    [
      column(({ id }) => id),
      column(({ receivedAt }) => receivedAt),
      column(({ source }) => text(source)),
      column(({ tenant }) => text(tenant)),
      column(({ endpoint }) => text(endpoint)),
      column(({ url }) => text(url)),
      column(({ code }) => code),
      column(({ cause }) => cause),
      column(({ message }) => text(message)),
      column(({ traceId }) => traceId),
      entries.map(({ raw }) => Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)),
    ],
    deadline,
  )
}

interface Claim {
  readonly source: string
  readonly tenant: string
  readonly key: string
  readonly digest: string
  readonly id: string
}

/** Claims the senders' ids for these entries; one that is known already is a repetition, or another report under its id. */
async function insertKeys(session: Session, entries: readonly Entry[]): Promise<Result[]> {
  const claims = new Map<string, Claim>()
  for (const { failure, idempotency } of entries) {
    if (!idempotency) continue
    const { source, tenant, id } = failure
    const name = nameOf(source, tenant, idempotency.key)
    if (!claims.has(name)) claims.set(name, { source, tenant, ...idempotency, id })
  }
  const sorted = [...claims].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, claim]) => claim)
  const column = (field: keyof Claim) => sorted.map((claim) => text(claim[field]))
  const added = await session.query<[string]>(
    `INSERT INTO ${SCHEMA}.idempotency_keys (source, tenant, key, digest, failure_id)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[])
     ON CONFLICT (source, tenant, key) DO NOTHING RETURNING failure_id`,
    [column('source'), column('tenant'), column('key'), column('digest'), column('id')],
  )
  const won = new Set(added.map(([id]) => id))
  const holders = new Map(claims)
  if (won.size < sorted.length) {
    const known = await session.query<[string, string, string, string, string]>(
      `SELECT k.source, k.tenant, k.key, k.digest, k.failure_id FROM ${SCHEMA}.idempotency_keys k
       JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (source, tenant, key)
       ON k.source = asked.source AND k.tenant = asked.tenant AND k.key = asked.key`,
      [column('source'), column('tenant'), column('key')],
    )
    for (const [source, tenant, key, digest, id] of known) {
      holders.set(nameOf(source, tenant, key), { source, tenant, key, digest, id })
    }
  }
  return entries.map(({ failure, idempotency }): Result => {
    if (!idempotency) return [failure.id, false]
    const holder = holders.get(nameOf(text(failure.source), text(failure.tenant), text(idempotency.key)))!
    if (holder.digest !== idempotency.digest) return 'reused'
    // Retention may have taken a key between the two statements: then its claim stands unwritten, and the sender repeats.
    return [holder.id, holder.id !== failure.id]
  })
}

const nameOf = (source: string, tenant: string, key: string): string => `${source}\0${tenant}\0${key}`

/** Writes and removes a row, so that a database without room, or a standby that does not answer, shows before the first report. */
export async function proveWritable(session: Session, deadline: number): Promise<void> {
  const id = randomUUID()
  await session.transaction(async () => {
    await session.execute(`INSERT INTO ${SCHEMA}.write_checks (id) VALUES ($1)`, [id], deadline)
    await session.execute(`DELETE FROM ${SCHEMA}.write_checks WHERE id = $1`, [id], deadline)
  }, deadline)
}

/** Those of the entries that are in the journal, of commits whose outcome was unknown. */
export async function storedAmong(session: Session, entries: readonly Entry[]): Promise<Entry[]> {
  if (entries.length === 0) return []
  const rows = await session.query<[string]>(`SELECT id FROM ${SCHEMA}.failures WHERE id = ANY ($1::uuid[])`, [
    entries.map(({ failure }) => failure.id),
  ])
  const found = new Set(rows.map(([id]) => id))
  return entries.filter(({ failure }) => found.has(failure.id))
}
