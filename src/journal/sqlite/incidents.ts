import type { DatabaseSync } from 'node:sqlite'
import {
  type Change,
  type EndpointState,
  type Incident,
  type IncidentEvent,
  type IncidentSettings,
  isOpen,
  newEndpoint,
  type Proof,
  signalsTotal,
} from '../../domain/incident/incident.ts'
import {
  type RecoveryApplied,
  reduceRecoveryWithEffects,
  reduceWithEffects,
} from '../../domain/incident/incident-effects.ts'
import type { RecoveryEvent } from '../../domain/incident/recovery.ts'
import {
  eventOpener,
  type IncidentAdmission,
  incidentAdmission,
  openOf,
} from '../../domain/incident/unconfigured-limit.ts'
import { CANARY_MEMORY } from '../../domain/ports/journal.ts'
import { addVerdict, type Verdict } from '../../domain/verdict/verdict.ts'
import { UNFINISHED } from '../core/queries.ts'
import { deliveredJson, parseDelivered, parseIncident, parseVerdicts, recoveryColumn } from '../core/stored-incident.ts'
import { insertEvents, prepareOutbox } from './outbox.ts'
import { prepareArrays } from './prepare-arrays.ts'

/**
 * The endpoints' incidents in the writing thread. This connection alone writes, so the states are kept in memory: a
 * group reduces there, and each endpoint that changed is written once, before the group's COMMIT. A fault closes the
 * database, and with it goes this object.
 */
export class IncidentRows {
  readonly #statements: ReturnType<typeof prepare>
  readonly #settings: IncidentSettings
  readonly #admission: IncidentAdmission | undefined
  readonly #states = new Map<string, EndpointState>()
  /** Endpoints whose incident changed, and those whose own row did, with the time of the change. */
  readonly #changed = new Set<string>()
  readonly #changedRows = new Map<string, number>()

  /** @param forgetBefore endpoints without an open incident that have not changed since are dropped; null: none */
  constructor(db: DatabaseSync, settings: IncidentSettings, forgetBefore: number | null) {
    this.#statements = prepare(db)
    this.#settings = settings
    this.#admission = incidentAdmission(settings.unconfigured)
    if (forgetBefore !== null) this.#statements.forget.run(forgetBefore)
    for (const row of this.#statements.all.all() as unknown as StateRow[]) {
      const [endpoint, goodAt, goodProof, failedProbes, incidents, incident, delivered] = row
      this.#states.set(endpoint, {
        endpoint,
        goodAt,
        goodProof,
        failedProbes,
        incidents,
        incident: incident === null ? null : parseIncident(incident),
        ...parseDelivered(delivered),
      })
    }
  }

  all(): EndpointState[] {
    return [...this.#states.values()]
  }

  /** One event of the open transaction. @returns null if the limit of unconfigured endpoints leaves no room; nothing has changed then */
  apply(endpoint: string, event: IncidentEvent): Change | null {
    const known = this.#states.get(endpoint)
    const admission = this.#admission
    if (admission?.isLimited(endpoint, known, event) && !admission.hasRoom(eventOpener(event), openOf(this.all())))
      return null
    if (!known) this.#makeRoom()
    const before = known ?? newEndpoint(endpoint)
    const { state, change, outbox } = reduceWithEffects(before, event, this.#settings)
    insertEvents(this.#statements.outbox, outbox)
    // One that ended and the next one within one group: what is written once would be the next one alone.
    if (before.incident && state.incident?.id !== before.incident.id) this.flush()
    this.#states.set(endpoint, state)
    if (state === before) return change
    this.#changed.add(endpoint)
    if (!isSameRow(before, state)) this.#changedRows.set(endpoint, event.at)
    if (event.type === 'verdict') this.#keepVerdict(state.incident!.id, event.verdict)
    return change
  }

  /** Forgets the endpoint that is not configured and closed first, if this one would be one too many. Its incidents stay. */
  #makeRoom(): void {
    const { places = 0, configured = [] } = this.#settings.unconfigured ?? {}
    if (!this.#admission || this.#states.size < places - configured.length) return
    if (!this.#admission.isFull([...this.#states.values(), newEndpoint('')])) return
    const oldest = this.#admission.oldestClosed(this.#states.values())
    if (!oldest) return
    this.flush()
    this.#states.delete(oldest.endpoint)
    this.#statements.forgetOne.run(oldest.endpoint)
  }

  /** Rows that came to the timeline of the endpoint's newest incident. */
  signalsTotal(endpoint: string): number {
    return signalsTotal(this.#states.get(endpoint))
  }

  /** Whether anything is stored of the endpoint. */
  isKnown(endpoint: string): boolean {
    return this.#states.has(endpoint)
  }

  state(endpoint: string): EndpointState {
    return this.#states.get(endpoint)!
  }

  /** Writes what changed since the last call. Belongs right before COMMIT. */
  flush(): void {
    for (const endpoint of this.#changed) {
      const { incident } = this.state(endpoint)
      if (incident) this.#save(incident)
    }
    for (const [endpoint, at] of this.#changedRows) {
      const { incident, goodAt, goodProof, failedProbes, incidents, delivered } = this.state(endpoint)
      const id = incident?.id ?? null
      this.#statements.saveEndpoint.run(
        endpoint,
        goodAt,
        goodProof,
        failedProbes,
        incidents,
        id,
        at,
        deliveredJson(delivered),
      )
    }
    this.#changed.clear()
    this.#changedRows.clear()
  }

  /**
   * An event of the recovery of any incident, the endpoint's last one or an earlier one.
   * @returns null if there is no such incident
   */
  recover(id: string, event: RecoveryEvent): RecoveryApplied | null {
    // What the group has changed so far may not be written yet.
    this.flush()
    const row = this.#statements.incident.get(id.toLowerCase()) as unknown as [string] | undefined
    if (!row) return null
    const before = parseIncident(row[0])
    const { outbox, ...applied } = reduceRecoveryWithEffects(before, event, this.#settings.hooks)
    const { incident } = applied
    if (incident === before) return applied
    this.#save(incident)
    insertEvents(this.#statements.outbox, outbox)
    const state = this.#states.get(incident.endpoint)
    if (state?.incident?.id === incident.id) this.#states.set(incident.endpoint, { ...state, incident })
    return applied
  }

  #save(incident: Incident): void {
    const { id, endpoint, closedAt } = incident
    const json = JSON.stringify(incident)
    // Nearly every time: an open incident goes on, and no index is written.
    if (closedAt === null && this.#statements.saveOpenIncident.run(json, id).changes === 1) return
    this.#statements.saveIncident.run(id, endpoint, closedAt, json, recoveryColumn(incident))
  }

  /** @returns whether the nonce is new */
  canary(nonce: string, at: number): boolean {
    this.#statements.forgetCanaries.run(at - CANARY_MEMORY)
    return Number(this.#statements.canary.run(nonce, at).changes) === 1
  }

  /**
   * Removes incidents that closed before (milliseconds since the epoch), except each endpoint's last one, and those whose
   * recovery is not finished. At most `batch`.
   * @returns how many
   */
  expire(before: number, batch: number): number {
    return Number(this.#statements.expire.run(before, batch).changes)
  }

  #keepVerdict(id: string, verdict: Verdict): void {
    this.flush()
    const row = this.#statements.verdicts.get(id) as unknown as [string]
    this.#statements.saveVerdicts.run(JSON.stringify(addVerdict(parseVerdicts(row[0]), verdict)), id)
  }
}

/**
 * Whether an endpoint's row need not be written. When the endpoint changed last matters only where no incident is open.
 */
const isSameRow = (a: EndpointState, b: EndpointState): boolean =>
  isOpen(b) &&
  a.incident?.id === b.incident?.id &&
  a.goodAt === b.goodAt &&
  a.goodProof === b.goodProof &&
  a.failedProbes === b.failedProbes &&
  a.incidents === b.incidents &&
  a.delivered === b.delivered

type StateRow = readonly [
  endpoint: string,
  goodAt: number | null,
  goodProof: Proof | null,
  failedProbes: number,
  incidents: number,
  incident: string | null,
  delivered: string,
]

function prepare(db: DatabaseSync) {
  const arrays = (sql: string) => prepareArrays(db, sql)
  return {
    all: arrays(`SELECT e.endpoint, e.good_at, e.good_proof, e.failed_probes, e.incidents, i.incident,
      e.delivered FROM endpoints e LEFT JOIN incidents i ON i.id = e.incident_id`),
    forget: db.prepare(`DELETE FROM endpoints WHERE changed_at < ? AND NOT EXISTS
      (SELECT 1 FROM incidents i WHERE i.endpoint = endpoints.endpoint AND i.closed_at IS NULL)`),
    forgetOne: db.prepare('DELETE FROM endpoints WHERE endpoint = ?'),
    incident: arrays('SELECT incident FROM incidents WHERE id = ?'),
    saveIncident: db.prepare(`INSERT INTO incidents (id, endpoint, closed_at, incident, recovery) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, incident = excluded.incident,
      recovery = excluded.recovery`),
    saveOpenIncident: db.prepare('UPDATE incidents SET incident = ? WHERE id = ? AND closed_at IS NULL'),
    outbox: prepareOutbox(db),
    saveEndpoint: db.prepare(`INSERT INTO endpoints
      (endpoint, good_at, good_proof, failed_probes, incidents, incident_id, changed_at, delivered)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (endpoint) DO UPDATE SET good_at = excluded.good_at, good_proof = excluded.good_proof,
      failed_probes = excluded.failed_probes, incidents = excluded.incidents, incident_id = excluded.incident_id,
      changed_at = excluded.changed_at, delivered = excluded.delivered`),
    verdicts: arrays('SELECT verdicts FROM incidents WHERE id = ?'),
    saveVerdicts: db.prepare('UPDATE incidents SET verdicts = ? WHERE id = ?'),
    canary: db.prepare('INSERT INTO canaries VALUES (?, ?) ON CONFLICT DO NOTHING'),
    forgetCanaries: db.prepare('DELETE FROM canaries WHERE received_at < ?'),
    expire: db.prepare(`DELETE FROM incidents WHERE rowid IN (SELECT i.rowid FROM incidents i
      WHERE i.closed_at < ? AND (recovery IS NULL OR NOT ${UNFINISHED}) AND NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.incident_id = i.id) LIMIT ?)`),
  }
}

/**
 * Notes the canary's moments: the first time it was configured, the last time it succeeded.
 * @returns both as they are now
 */
export function noteCanary(
  db: DatabaseSync,
  { configuredAt, succeededAt }: { readonly configuredAt: number; readonly succeededAt?: number },
): { configuredAt: number; succeededAt: number | null } {
  db.prepare(
    `INSERT INTO meta VALUES ('canary_configured_at', ?) ON CONFLICT (key) DO UPDATE SET value = min(value, excluded.value)`,
  ).run(configuredAt)
  if (succeededAt !== undefined) {
    db.prepare(
      `INSERT INTO meta VALUES ('canary_succeeded_at', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ).run(succeededAt)
  }
  const read = (key: string) => db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] as number
  return { configuredAt: read('canary_configured_at'), succeededAt: read('canary_succeeded_at') ?? null }
}
