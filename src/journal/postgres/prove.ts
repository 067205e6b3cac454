import { randomUUID } from 'node:crypto'
import type { Entry } from '../../domain/ports/journal.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** Writes and removes a row, so that a database without room, or a standby that does not answer, shows before the first report. */
export async function proveWritable(session: Session, deadline: number): Promise<void> {
  const id = randomUUID()
  await session.transaction(async () => {
    await session.execute(`INSERT INTO ${SCHEMA}.write_checks (id) VALUES ($1)`, [id], deadline)
    await session.execute(`DELETE FROM ${SCHEMA}.write_checks WHERE id = $1`, [id], deadline)
  }, deadline)
}

/** Entries of commits with an unknown outcome that are in the journal. */
export async function findStored(session: Session, entries: readonly Entry[]): Promise<Entry[]> {
  const found = await idsOf(
    session,
    entries.map(({ failure }) => failure.id),
  )
  return entries.filter(({ failure }) => found.has(failure.id))
}

/** Those of the ids that are in the journal. */
export async function idsOf(session: Session, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const sql = `SELECT id FROM ${SCHEMA}.failures WHERE id = ANY ($1::uuid[])`
  return new Set((await session.query<[string]>(sql, [ids])).map(([id]) => id))
}
