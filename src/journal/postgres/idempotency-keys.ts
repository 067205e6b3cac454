import type { StoredRecord } from '../core/records.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { text } from './values.ts'

interface Claim {
  readonly source: string
  readonly tenant: string
  readonly key: string
  readonly digest: string
  readonly id: string
}

type Claimed = { readonly duplicateOf: string | null } | 'reused'

/** The record that has this entry's id of the sender; undefined if it is free, or the entry has none. */
export async function findByKey(session: Session, { failure, idempotency }: StoredRecord): Promise<string | undefined> {
  if (!idempotency) return undefined
  const [row] = await session.query<[id: string]>(
    `SELECT failure_id FROM ${SCHEMA}.idempotency_keys WHERE source = $1 AND tenant = $2 AND key = $3`,
    [failure.source, failure.tenant, idempotency.key].map(text),
  )
  return row?.[0]
}

/** Claims the senders' ids for these entries; one that is known already is a repetition, or another report under its id. */
export async function insertKeys(session: Session, entries: readonly StoredRecord[]): Promise<Claimed[]> {
  const claims = new Map<string, Claim>()
  for (const { failure, idempotency } of entries) {
    if (!idempotency) continue
    const { source, tenant, id } = failure
    const name = nameOf(source, tenant, idempotency.key)
    if (!claims.has(name)) claims.set(name, { source, tenant, ...idempotency, id })
  }
  if (claims.size === 0) return entries.map(() => ({ duplicateOf: null }))
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
  return entries.map(({ failure, idempotency }): Claimed => {
    if (!idempotency) return { duplicateOf: null }
    const holder = holders.get(nameOf(text(failure.source), text(failure.tenant), text(idempotency.key)))!
    if (holder.digest !== idempotency.digest) return 'reused'
    // Retention may have taken a key between the two statements: then its claim stands unwritten, and the sender repeats.
    return { duplicateOf: holder.id === failure.id ? null : holder.id }
  })
}

const nameOf = (source: string, tenant: string, key: string): string => `${source}\0${tenant}\0${key}`
