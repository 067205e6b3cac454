import type { DatabaseSync } from 'node:sqlite'
import { isTimelineRow, signalsTotal, startsTracking } from '../../domain/incident/incident.ts'
import { KNOWN_SIGNALS_LIMIT, TIMELINE_LIMIT, type TimelineSignal } from '../../domain/incident/timeline.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import type { Refused, SignalResult } from '../core/complete.ts'
import { isEntryError } from '../core/fault.ts'
import type { StoredSignal } from '../core/records.ts'
import type { IncidentRows } from './incidents.ts'
import type { SignalRow } from './rows.ts'

interface SignalLimits {
  /** Rows of one incident. */
  readonly timeline: number
  /** Rows of none, which are kept since their senders may repeat them. */
  readonly known: number
  /** Whether the text of a signal of no incident is kept too. */
  readonly keepsTexts: boolean
}

export const SIGNAL_LIMITS: SignalLimits = { timeline: TIMELINE_LIMIT, known: KNOWN_SIGNALS_LIMIT, keepsTexts: false }
/** Where all of them are to be moved to another journal. */
export const UNLIMITED: SignalLimits = {
  timeline: Number.MAX_SAFE_INTEGER,
  known: Number.MAX_SAFE_INTEGER,
  keepsTexts: true,
}

/** The excess is looked for after this part of the limit was added. */
const COUNTED_AFTER = 20

interface Sender {
  readonly source: string
  readonly tenant: string
}
type SignalCount = Sender & { readonly n: number }
type Excess = Sender & { readonly excess: number }

/** What each has above the largest share that all can have. @param counts ascending */
function excessOf(counts: readonly SignalCount[], limit: number): Excess[] {
  let room = limit
  const share = counts.map(({ n }, index) => {
    const part = Math.min(n, Math.floor(room / (counts.length - index)))
    room -= part
    return part
  })
  return counts
    .map(({ source, tenant, n }, at) => ({ source, tenant, excess: n - share[at]! }))
    .filter(({ excess }) => excess > 0)
}

/** Signals that are no failures, in the writing thread: rows of timelines, and the senders' ids that are known. */
export class SignalRows {
  readonly #statements: ReturnType<typeof prepare>
  readonly #incidents: IncidentRows
  readonly #limits: SignalLimits
  /** Rows that were added since the excess was last looked for: all rows are counted for it. */
  #added = Number.POSITIVE_INFINITY
  #excess: Excess[] = []

  constructor(db: DatabaseSync, incidents: IncidentRows, limits: SignalLimits) {
    this.#statements = prepare(db)
    this.#incidents = incidents
    this.#limits = limits
  }

  /** One signal of the open transaction, with what it does to its endpoint: all of it, or nothing. */
  write({ signal, isTracked, ...row }: SignalRow): SignalResult | Refused {
    const key = row.key ?? null
    const { insert, known, assign } = this.#statements
    const { id, receivedAt: at, source, tenant, endpoint } = signal
    // Texts are large, and their number is not their size: of a signal of no incident, only its id is kept.
    const text = this.#limits.keepsTexts ? JSON.stringify(signal) : ''
    try {
      if (Number(insert.run(id, at, source, tenant, key, text).changes) === 0) {
        const first = known.get(source, tenant, key) as { id: string } | undefined
        return { duplicateOf: first?.id ?? id, signal: null }
      }
      this.#added++
    } catch (error) {
      if (!isEntryError(error)) throw error
      return { refused: (error as Error).message }
    }
    const event = { type: 'signal', at, signal, ...(row.openedBy !== undefined && { openedBy: row.openedBy }) } as const
    if (!isTracked || !(startsTracking(event) || this.#incidents.isKnown(endpoint)))
      return { duplicateOf: null, signal: null }
    const before = this.#incidents.signalsTotal(endpoint)
    const change = this.#incidents.apply(endpoint, event)
    if (change === null) return { duplicateOf: null, signal: null }
    const state = this.#incidents.state(endpoint)
    if (isTimelineRow(before, change, state)) {
      const incident = state.incident!
      assign.run(incident.id, JSON.stringify(signal), id)
      if (signalsTotal(state) > this.#limits.timeline) this.#dropSecond(incident.id)
    }
    return { duplicateOf: null, signal: change }
  }

  /** Removes what is older (milliseconds since the epoch) and of no incident, at most `batch`. @returns how many */
  expire(before: number, batch: number): number {
    return Number(this.#statements.expire.run(firstIdAt(before), batch).changes)
  }

  /**
   * Removes what is of no incident and exceeds the limit of known ids, at most `batch`: the oldest ones of the tenants that have
   * more than an equal share, since none may make the ids of another be forgotten.
   * @returns how many
   */
  expireExcess(batch: number): number {
    if (this.#excess.length === 0 && this.#added >= this.#limits.known / COUNTED_AFTER) {
      this.#added = 0
      this.#excess = excessOf(this.#statements.counts.all() as unknown as SignalCount[], this.#limits.known)
    }
    let removed = 0
    while (removed < batch && this.#excess.length > 0) {
      const { source, tenant, excess } = this.#excess.pop()!
      const most = Math.min(excess, batch - removed)
      const { changes } = this.#statements.expireExcess.run(source, tenant, most)
      removed += Number(changes)
      if (excess > most) this.#excess.push({ source, tenant, excess: excess - most })
    }
    return removed
  }

  oldest(limit: number): StoredSignal[] {
    const rows = this.#statements.oldest.all(limit) as { signal: string; idempotency_key: string | null }[]
    return rows.map(({ signal, idempotency_key: key }) => ({
      signal: JSON.parse(signal) as TimelineSignal,
      ...(key !== null && { key }),
    }))
  }

  remove(ids: readonly string[]): void {
    this.#statements.remove.run(JSON.stringify(ids))
  }

  count(): number {
    return (this.#statements.count.get() as { n: number }).n
  }

  /** The first row and the newest are kept. Of a dropped one its sender's id stays, since that may come again. */
  #dropSecond(incident: string): void {
    this.#statements.dropUnkeyed.run(incident, this.#limits.timeline)
    this.#statements.dropSecond.run(incident, this.#limits.timeline)
  }
}

function prepare(db: DatabaseSync) {
  return {
    insert: db.prepare(`INSERT INTO signals (id, received_at, source, tenant, idempotency_key, signal)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    known: db.prepare('SELECT id FROM signals WHERE source = ? AND tenant = ? AND idempotency_key = ?'),
    assign: db.prepare('UPDATE signals SET incident_id = ?, signal = ? WHERE id = ?'),
    dropUnkeyed: db.prepare(`DELETE FROM signals WHERE idempotency_key IS NULL AND id =
      (SELECT id FROM signals WHERE incident_id = ?1 ORDER BY id LIMIT 1 OFFSET 1)
      AND (SELECT count(*) FROM signals WHERE incident_id = ?1) > ?2`),
    dropSecond: db.prepare(`UPDATE signals SET incident_id = NULL, signal = '' WHERE id =
      (SELECT id FROM signals WHERE incident_id = ?1 ORDER BY id LIMIT 1 OFFSET 1)
      AND (SELECT count(*) FROM signals WHERE incident_id = ?1) > ?2`),
    expire: db.prepare(`DELETE FROM signals WHERE rowid IN (SELECT s.rowid FROM signals s WHERE s.id < ?
      AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.id = s.incident_id) LIMIT ?)`),
    counts: db.prepare(`SELECT source, tenant, count(*) AS n FROM signals WHERE incident_id IS NULL
      GROUP BY source, tenant ORDER BY n`),
    expireExcess: db.prepare(`DELETE FROM signals WHERE rowid IN (SELECT rowid FROM signals
      WHERE incident_id IS NULL AND source = ? AND tenant = ? ORDER BY rowid LIMIT ?)`),
    oldest: db.prepare(`SELECT signal, idempotency_key FROM signals WHERE signal <> '' ORDER BY id LIMIT ?`),
    remove: db.prepare('DELETE FROM signals WHERE id IN (SELECT value FROM json_each(?))'),
    count: db.prepare('SELECT count(*) AS n FROM signals'),
  }
}
