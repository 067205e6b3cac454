import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** Bounds the endpoints that have incidents: of all replicas together, since each shows all. */
export interface Slots {
  /** Names with a reserved slot. */
  readonly configured: readonly string[]
  readonly limit: number
}

/** One replica at a time gives slots away: it holds a row that is always there. @returns whether this one does */
export const lockSlots = async (session: Session, wait: '' | 'SKIP LOCKED' = ''): Promise<boolean> =>
  (await session.query(`SELECT 1 FROM ${SCHEMA}.schema_version FOR UPDATE ${wait}`)).length > 0

/** @returns those that have a place, or find one: first come, first served, by whichever replica */
export async function withSlots(
  session: Session,
  names: readonly string[],
  { configured, limit }: Slots,
): Promise<string[]> {
  const reserved = new Set(configured)
  if (names.every((name) => reserved.has(name))) return [...names]
  await lockSlots(session)
  const rows = await session.query<[string]>(`SELECT endpoint FROM ${SCHEMA}.endpoints`)
  const taken = new Set(rows.map(([endpoint]) => endpoint))
  let free = limit - reserved.size
  for (const name of taken) if (!reserved.has(name)) free--
  const wanted = names.filter((name) => !reserved.has(name) && !taken.has(name)).length - free
  if (wanted > 0 && reserved.size > 0) free += await forgetClosed(session, [...configured, ...names], wanted)
  return names.filter((name) => reserved.has(name) || taken.has(name) || free-- > 0)
}

/** Makes room for so many: those that have been closed for longest, but for these. @returns how many it forgot */
const forgetClosed = (session: Session, kept: readonly string[], count: number): Promise<number> =>
  // What another replica holds is passed over: to wait out of order could be a deadlock.
  session.execute(
    `DELETE FROM ${SCHEMA}.endpoints WHERE endpoint IN (SELECT e.endpoint FROM ${SCHEMA}.endpoints e
       WHERE e.endpoint <> ALL ($1::text[]) AND NOT EXISTS
         (SELECT 1 FROM ${SCHEMA}.incidents i WHERE i.endpoint = e.endpoint AND i.closed_at IS NULL)
       ORDER BY e.changed_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [kept, count],
  )
