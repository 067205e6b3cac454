import { parsePostgresUrl } from '../../domain/ports/postgres-url.ts'
import { FAILURE_COLUMNS, type RecordRow, recordOf } from '../core/columns.ts'
import {
  closedFirst,
  type EndpointRow,
  type IncidentRow,
  idsOfPage,
  type JournalState,
  type RecordStore,
  type StoredRecord,
} from '../core/records.ts'
import { parseIncident, recoveryColumn } from '../core/stored-incident.ts'
import { noteCanary } from './canary.ts'
import { Connector } from './connect.ts'
import { insertKeys } from './idempotency-keys.ts'
import { insertFailures } from './insert-failures.ts'
import { migrate, SCHEMA } from './migrations.ts'
import { insertOutboxRows, outboxRows } from './outbox.ts'
import { insertSeries } from './series.ts'
import type { Session } from './session.ts'
import { putSignalRows, signalRows } from './signals.ts'

const COLUMNS = [...FAILURE_COLUMNS.map((column) => `f.${column}`), 'k.key', 'k.digest', 'f.raw'].join(', ')
const FROM = `FROM ${SCHEMA}.failures f LEFT JOIN ${SCHEMA}.idempotency_keys k ON k.failure_id = f.id`
/** Milliseconds. */
const DEADLINE = 60_000

/**
 * A PostgreSQL journal to copy from or into; its schema is made where there is none.
 * @throws FaultError; Error where the URL is none
 */
export async function openPostgresRecords(
  url: string,
  options: { readonly passwordFile?: string | undefined; readonly allowUnsafe: boolean },
): Promise<RecordStore> {
  const connector = new Connector(parsePostgresUrl(url), options)
  const session = await connector.writer()
  await migrate(session, connector.where)
  const records = async (condition: string, values: readonly unknown[]): Promise<StoredRecord[]> =>
    (await session.query<RecordRow>(`SELECT ${COLUMNS} ${FROM} ${condition}`, values, DEADLINE)).map(recordOf)
  return {
    async count() {
      const [row] = await session.query<[number]>(`SELECT count(*) FROM ${SCHEMA}.failures`, [], 10 * DEADLINE)
      return row![0]
    },
    after: (id, limit) =>
      records(`WHERE f.id IN (${idsOfPage(`${SCHEMA}.failures`, ['$1', '$2'])}) ORDER BY f.id`, [
        id ?? '00000000-0000-0000-0000-000000000000',
        limit,
      ]),
    findByIds: (ids) => records('WHERE f.id = ANY ($1::uuid[]) ORDER BY f.id', [ids]),
    add: (added) => addRecords(session, added),
    state: () => stateOf(session),
    putState: (state) => session.transaction(() => putState(session, state), DEADLINE),
    close: async () => session.end(),
  }
}

/** Adds records in one transaction; one that is there already, by its id, stays as it is. @returns ids that were left out */
export async function addRecords(session: Session, records: readonly StoredRecord[]): Promise<string[]> {
  return session.transaction(async () => {
    const claims = await insertKeys(session, records)
    const isNew = (index: number) => {
      const claim = claims[index]!
      return claim !== 'reused' && claim.duplicateOf === null
    }
    await insertFailures(
      session,
      records.filter((_, index) => isNew(index)),
      DEADLINE,
      'ON CONFLICT (id) DO NOTHING',
    )
    return records.flatMap(({ failure }, index) => (isNew(index) ? [] : [failure.id]))
  }, DEADLINE)
}

async function stateOf(session: Session): Promise<JournalState> {
  const series = await session.query<[string, string, string, string, string, number]>(
    `SELECT source, tenant, endpoint, code, cause, last_failure_at FROM ${SCHEMA}.series`,
  )
  const endpoints = await session.query<
    [string, number | null, string | null, number, number, string | null, number, string]
  >(
    `SELECT endpoint, good_at, good_proof, failed_probes, incidents, incident_id, changed_at, delivered
     FROM ${SCHEMA}.endpoints`,
  )
  const incidents = await session.query<[string, string, number | null, string, string]>(
    `SELECT id, endpoint, closed_at, incident, verdicts FROM ${SCHEMA}.incidents`,
  )
  const [canary] = await session.query<[number, number | null]>(
    `SELECT configured_at, succeeded_at FROM ${SCHEMA}.canary_moments`,
  )
  return {
    series: series.map(([source, tenant, endpoint, code, cause, lastFailureAt]) => ({
      labels: { source, tenant, endpoint, code, cause },
      count: 0,
      lastFailureAt,
    })),
    endpoints: endpoints.map(
      ([endpoint, goodAt, goodProof, failedProbes, count, incidentId, changedAt, delivered]): EndpointRow => ({
        endpoint,
        goodAt,
        goodProof,
        failedProbes,
        incidents: count,
        incidentId,
        changedAt,
        delivered,
      }),
    ),
    incidents: incidents.map(
      ([id, endpoint, closedAt, incident, verdicts]): IncidentRow => ({ id, endpoint, closedAt, incident, verdicts }),
    ),
    signals: await signalRows(session),
    outbox: await outboxRows(session),
    canary: canary ? { configuredAt: canary[0], succeededAt: canary[1] } : null,
  }
}

async function putState(
  session: Session,
  { series, endpoints, incidents, signals, outbox, canary }: JournalState,
): Promise<void> {
  await insertSeries(session, series)
  const sorted = closedFirst(incidents)
  await session.execute(
    `INSERT INTO ${SCHEMA}.incidents (id, endpoint, closed_at, incident, verdicts, recovery)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
     ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, incident = excluded.incident,
       verdicts = excluded.verdicts, recovery = excluded.recovery`,
    [
      sorted.map(({ id }) => id),
      sorted.map(({ endpoint }) => endpoint),
      sorted.map(({ closedAt }) => closedAt),
      sorted.map(({ incident }) => incident),
      sorted.map(({ verdicts }) => verdicts),
      sorted.map(({ incident }) => recoveryColumn(parseIncident(incident))),
    ],
    DEADLINE,
  )
  await putSignalRows(session, signals)
  await insertOutboxRows(session, outbox)
  const column = <K extends keyof EndpointRow>(name: K) => endpoints.map((endpoint) => endpoint[name])
  await session.execute(
    `INSERT INTO ${SCHEMA}.endpoints AS e
       (endpoint, good_at, good_proof, failed_probes, incidents, incident_id, changed_at, delivered, version, updated_at)
     SELECT *, 1, now() FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[],
       $8::text[])
     ON CONFLICT (endpoint) DO UPDATE SET good_at = excluded.good_at, good_proof = excluded.good_proof,
       failed_probes = excluded.failed_probes, incidents = excluded.incidents, incident_id = excluded.incident_id,
       changed_at = excluded.changed_at, delivered = excluded.delivered,
       version = e.version + 1, updated_at = now()`,
    [
      column('endpoint'),
      column('goodAt'),
      column('goodProof'),
      column('failedProbes'),
      column('incidents'),
      column('incidentId'),
      column('changedAt'),
      column('delivered'),
    ],
    DEADLINE,
  )
  if (canary) {
    const { configuredAt, succeededAt } = canary
    await noteCanary(session, { configuredAt, ...(succeededAt !== null && { succeededAt }) })
  }
}
