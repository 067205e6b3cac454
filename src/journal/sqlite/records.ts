import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { IncidentSettings } from '../../domain/incident/incident.ts'
import { type RecordRow, recordOf } from '../core/columns.ts'
import { isAdded } from '../core/complete.ts'
import { FaultError } from '../core/fault.ts'
import {
  closedFirst,
  type EndpointRow,
  type IncidentRow,
  idsOfPage,
  type JournalState,
  labelsOf,
  type OutboxRow,
  type RecordStore,
  type StoredSignalRow,
} from '../core/records.ts'
import { parseIncident, recoveryColumn } from '../core/stored-incident.ts'
import { checkFile } from './check.ts'
import { SCHEMA_VERSION, schemaVersion } from './migrations.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { groupOf, RECORD_COLUMNS, TOTAL_COLUMNS, type TotalRow, totalOf } from './rows.ts'
import { Store } from './store.ts'

const SETTINGS: IncidentSettings = { quietTime: 1, goodProbes: 1, failedProbes: 0 }

/**
 * A SQLite journal to copy from. It may be in use.
 * @throws FaultError
 */
export function readSqliteRecords(path: string): RecordStore {
  if (!existsSync(path)) throw new FaultError('io', `there is no ${path}`)
  checkFile(path)
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  const version = schemaVersion(db)
  if (version < SCHEMA_VERSION) {
    db.close()
    throw new FaultError(
      'io',
      `${path} has schema ${version}; start the service on it once, so that it is brought to ${SCHEMA_VERSION}`,
    )
  }
  return {
    ...reading(db),
    add: () => Promise.reject(new Error('opened for reading')),
    putState: () => Promise.reject(new Error('opened for reading')),
    close: async () => db.close(),
  }
}

/**
 * A SQLite journal to copy into: made where there is none, locked against the service.
 * @param tenantLabel whether failures are counted by tenant too
 * @throws FaultError
 */
export function writeSqliteRecords(path: string, tenantLabel: boolean): RecordStore {
  const store = new Store({ path, retentionSize: 2 ** 40, incidents: SETTINGS })
  const { file } = store.open({ forget: false })
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec('PRAGMA synchronous = FULL')
  return {
    ...reading(db),
    async add(records) {
      const works = records.map((record) => ({
        kind: 'entry' as const,
        entry: { ...record, labels: labelsOf(record.failure, tenantLabel) },
      }))
      const { results } = store.commit(groupOf(works))
      return records.flatMap(({ failure }, index) => (isAdded(results[index]!) ? [] : [failure.id]))
    },
    putState: async (state) => putState(db, state),
    async close() {
      db.close()
      store.close()
    },
  }
}

function reading(db: DatabaseSync): Pick<RecordStore, 'count' | 'after' | 'findByIds' | 'state'> {
  const all = <R>(sql: string, ...parameters: (string | number)[]): R[] =>
    prepareArrays(db, sql).all(...parameters) as unknown as R[]
  return {
    count: async () => all<[number]>('SELECT count(*) FROM failures')[0]![0],
    after: async (id, limit) =>
      all<RecordRow>(
        `SELECT ${RECORD_COLUMNS.join(', ')} FROM failures WHERE id IN (${idsOfPage('failures', ['?', '?'])}) ORDER BY id`,
        id ?? '',
        limit,
      ).map(recordOf),
    findByIds: async (ids) =>
      all<RecordRow>(
        `SELECT ${RECORD_COLUMNS.join(', ')} FROM failures WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
        JSON.stringify(ids),
      ).map(recordOf),
    async state() {
      const moment = (key: string) => all<[number]>('SELECT value FROM meta WHERE key = ?', key)[0]?.[0]
      const configuredAt = moment('canary_configured_at')
      return {
        series: all<TotalRow>(`SELECT ${TOTAL_COLUMNS} FROM totals`).map(totalOf),
        endpoints: db
          .prepare(
            `SELECT endpoint, good_at AS goodAt, good_proof AS goodProof, failed_probes AS failedProbes, incidents,
             incident_id AS incidentId, changed_at AS changedAt, delivered FROM endpoints`,
          )
          .all() as unknown as EndpointRow[],
        incidents: db
          .prepare('SELECT id, endpoint, closed_at AS closedAt, incident, verdicts FROM incidents')
          .all() as unknown as IncidentRow[],
        signals: db
          .prepare(
            `SELECT id, received_at AS receivedAt, source, tenant, idempotency_key AS key, incident_id AS incidentId,
             signal FROM signals`,
          )
          .all() as unknown as StoredSignalRow[],
        outbox: db.prepare('SELECT hook, id, event FROM outbox ORDER BY sequence').all() as unknown as OutboxRow[],
        canary:
          configuredAt === undefined ? null : { configuredAt, succeededAt: moment('canary_succeeded_at') ?? null },
      }
    },
  }
}

function putState(db: DatabaseSync, { series, endpoints, incidents, signals, outbox, canary }: JournalState): void {
  db.exec('BEGIN IMMEDIATE')
  // Rows were counted as received; a set whose rows are gone still keeps its place.
  const total = db.prepare(
    `INSERT INTO totals (${TOTAL_COLUMNS}) VALUES (?, ?, ?, ?, ?, 0, ?)
     ON CONFLICT DO UPDATE SET last_failure_at = max(last_failure_at, excluded.last_failure_at)`,
  )
  for (const { labels: l, lastFailureAt } of series)
    total.run(l.source, l.tenant, l.endpoint, l.code, l.cause, lastFailureAt)
  const incident = db.prepare(
    `INSERT INTO incidents (id, endpoint, closed_at, incident, verdicts, recovery) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, incident = excluded.incident,
     verdicts = excluded.verdicts, recovery = excluded.recovery`,
  )
  for (const i of closedFirst(incidents)) {
    const recovery = recoveryColumn(parseIncident(i.incident))
    incident.run(i.id, i.endpoint, i.closedAt, i.incident, i.verdicts, recovery)
  }
  const waiting = db.prepare('INSERT INTO outbox (hook, id, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  for (const { hook, id, event } of outbox) waiting.run(hook, id, event)
  const signal = db.prepare(`INSERT INTO signals
    (id, received_at, source, tenant, idempotency_key, incident_id, signal) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`)
  for (const s of signals) signal.run(s.id, s.receivedAt, s.source, s.tenant, s.key, s.incidentId, s.signal)
  const endpoint = db.prepare(`INSERT OR REPLACE INTO endpoints
    (endpoint, good_at, good_proof, failed_probes, incidents, incident_id, changed_at, delivered)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  for (const e of endpoints) {
    const { failedProbes, changedAt, delivered } = e
    endpoint.run(e.endpoint, e.goodAt, e.goodProof, failedProbes, e.incidents, e.incidentId, changedAt, delivered)
  }
  const meta = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
  if (canary) meta.run('canary_configured_at', canary.configuredAt)
  if (canary?.succeededAt) meta.run('canary_succeeded_at', canary.succeededAt)
  db.exec('COMMIT')
}
