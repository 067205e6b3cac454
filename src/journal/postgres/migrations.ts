import { FaultError } from '../core/fault.ts'
import { sqlState } from './fault.ts'
import { INDEXES } from './filter-indexes.ts'
import type { Session } from './session.ts'

/** The schema of all our tables, so that a shared database stays tidy. */
export const SCHEMA = 'webhook_errors'

interface Step {
  /** Each is one statement: several of the distributed databases take no DDL in a transaction. Each may be repeated. */
  readonly statements: readonly string[]
  /** The oldest version of this list that still works with a database that has this step. */
  readonly compatibleWith: number
  /** Indexes that are built where few rows make that quick; in a large table the leader builds them later. */
  readonly indexes?: typeof INDEXES
}

/**
 * Step by step, never changed once released. During a rollout old and new replicas work side by side, so a step only
 * adds: tables, columns with a default or without a value, indexes. What it would take away is taken away a release later.
 */
const STEPS: readonly Step[] = [
  {
    compatibleWith: 1,
    statements: [
      // The sender's ids are in their own table, so that failures can be partitioned by their id.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.failures (
        id uuid PRIMARY KEY,
        received_at bigint NOT NULL,
        source text NOT NULL,
        tenant text NOT NULL,
        endpoint text NOT NULL,
        url text NOT NULL,
        code bigint NOT NULL,
        cause text NOT NULL,
        message text NOT NULL,
        trace_id text,
        raw bytea NOT NULL
      )`,
      `CREATE INDEX IF NOT EXISTS failures_endpoint ON ${SCHEMA}.failures (endpoint, id)`,
      `CREATE INDEX IF NOT EXISTS failures_tenant ON ${SCHEMA}.failures (tenant, id)`,
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.idempotency_keys (
        source text NOT NULL,
        tenant text NOT NULL,
        key text NOT NULL,
        digest text NOT NULL,
        failure_id uuid NOT NULL,
        PRIMARY KEY (source, tenant, key)
      )`,
      `CREATE INDEX IF NOT EXISTS idempotency_keys_failure ON ${SCHEMA}.idempotency_keys (failure_id)`,
      // Label sets of webhook_delivery_failures_total that some replica admitted. No counts: replicas would queue for them.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.series (
        source text NOT NULL,
        tenant text NOT NULL,
        endpoint text NOT NULL,
        code text NOT NULL,
        cause text NOT NULL,
        last_failure_at bigint NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (source, tenant, endpoint, code, cause)
      )`,
      // What the next event of an endpoint is judged by; incident_id is its open incident, otherwise its last one.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.endpoints (
        endpoint text PRIMARY KEY,
        good_at bigint,
        good_proof text,
        failed_probes bigint NOT NULL,
        incidents bigint NOT NULL,
        incident_id uuid,
        changed_at bigint NOT NULL,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL
      )`,
      // incident and verdicts are JSON: no SQL reads what is in them.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.incidents (
        id uuid PRIMARY KEY,
        endpoint text NOT NULL,
        closed_at bigint,
        incident text NOT NULL,
        verdicts text NOT NULL DEFAULT '[]'
      )`,
      `CREATE UNIQUE INDEX IF NOT EXISTS incidents_open ON ${SCHEMA}.incidents (endpoint) WHERE closed_at IS NULL`,
      `CREATE INDEX IF NOT EXISTS incidents_endpoint ON ${SCHEMA}.incidents (endpoint, id)`,
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.canaries (nonce text PRIMARY KEY, received_at bigint NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.canary_moments (
        one integer PRIMARY KEY CHECK (one = 1), configured_at bigint NOT NULL, succeeded_at bigint)`,
      // Who does what only one replica may do; the fence grows with every change of hands.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.leases (
        name text PRIMARY KEY,
        holder text NOT NULL,
        fence bigint NOT NULL,
        expires_at timestamptz NOT NULL
      )`,
      // Empty but within a transaction that proves that this server can be written.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.write_checks (id uuid PRIMARY KEY)`,
    ],
  },
  {
    compatibleWith: 1,
    statements: [
      // Signals that are no failures: the rows of an incident's timeline, and the ids of their senders. signal is JSON, and
      // empty if nothing but the id is kept.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.signals (
        id uuid PRIMARY KEY,
        received_at bigint NOT NULL,
        source text NOT NULL,
        tenant text NOT NULL,
        key text,
        incident_id uuid,
        signal text NOT NULL,
        UNIQUE (source, tenant, key)
      )`,
      `CREATE INDEX IF NOT EXISTS signals_incident ON ${SCHEMA}.signals (incident_id, id)`,
      // The last deliveries that succeeded, as JSON.
      `ALTER TABLE ${SCHEMA}.endpoints ADD COLUMN IF NOT EXISTS delivered text NOT NULL DEFAULT '[]'`,
    ],
  },
  {
    compatibleWith: 1,
    statements: [
      // Events that hooks are still to be sent. event is JSON. No sequence is ever used twice.
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.outbox (
        sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        hook text NOT NULL,
        id text NOT NULL,
        event text NOT NULL,
        UNIQUE (hook, id)
      )`,
      `CREATE INDEX IF NOT EXISTS outbox_hook ON ${SCHEMA}.outbox (hook, sequence)`,
      // The status of a closed incident's recovery.
      `ALTER TABLE ${SCHEMA}.incidents ADD COLUMN IF NOT EXISTS recovery text`,
      `CREATE INDEX IF NOT EXISTS incidents_recovery ON ${SCHEMA}.incidents (endpoint, recovery, closed_at)`,
    ],
  },
  {
    compatibleWith: 1,
    statements: [
      // What a failure is besides real: 'simulated'. An older replica knows no marks, and so stores none.
      `ALTER TABLE ${SCHEMA}.failures ADD COLUMN IF NOT EXISTS mark text`,
    ],
  },
  { compatibleWith: 1, statements: [], indexes: INDEXES },
]

export const SCHEMA_VERSION = STEPS.length

/** Any number, the same in every replica; "WEEJ" and a zero. */
export const LOCK = 0x5745454a00
/** Milliseconds: an index over a large table takes its time, and so does waiting for another replica that builds it. */
const MIGRATION_DEADLINE = 300_000

/** Rows. */
const SMALL = 10_000

/**
 * Brings the schema up to date, one replica at a time: under an advisory lock of the session. Databases without one
 * (CockroachDB answers and locks nothing) are safe all the same: each statement may be repeated and says IF NOT EXISTS,
 * and the version is only ever raised.
 * @param version to stop at, for tests
 * @throws FaultError `newer_schema`
 */
export async function migrate(session: Session, where: string, version = SCHEMA_VERSION): Promise<void> {
  if ((await appliedVersion(session, where)) >= version) return
  const locked = await advisory(session, 'pg_advisory_lock')
  try {
    await prepare(session)
    for (let next = await appliedVersion(session, where); next < version; next++) {
      const { statements, compatibleWith, indexes = {} } = STEPS[next]!
      for (const statement of statements) await withRetry(session, statement)
      for (const [name, columns] of Object.entries(indexes))
        if (await isSmall(session))
          await withRetry(session, `CREATE INDEX IF NOT EXISTS ${name} ON ${SCHEMA}.failures ${columns}`)
      await withRetry(
        session,
        `UPDATE ${SCHEMA}.schema_version SET version = ${next + 1}, compatible_with = ${compatibleWith} WHERE version < ${next + 1}`,
      )
    }
  } finally {
    if (locked && session.usable) await advisory(session, 'pg_advisory_unlock')
  }
}

/** Whether an index takes so little time that reports can wait for it. */
async function isSmall(session: Session): Promise<boolean> {
  const [row] = await session.query<[number]>(
    `SELECT count(*) FROM (SELECT 1 FROM ${SCHEMA}.failures LIMIT ${SMALL + 1}) AS counted`,
  )
  return row![0] <= SMALL
}

/** @returns whether the server knows advisory locks */
async function advisory(session: Session, name: 'pg_advisory_lock' | 'pg_advisory_unlock'): Promise<boolean> {
  try {
    await session.query(`SELECT ${name}(${LOCK})`, [], MIGRATION_DEADLINE)
    return true
  } catch (error) {
    // Undefined function, or a feature not supported.
    if (['42883', '0A000'].includes(sqlState(error) ?? '')) return false
    throw error
  }
}

async function prepare(session: Session): Promise<void> {
  const [known] = await session.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [SCHEMA])
  // Not merely IF NOT EXISTS: that asks for the right to create one even where there is one.
  if (!known) await withRetry(session, `CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
  await withRetry(
    session,
    `CREATE TABLE IF NOT EXISTS ${SCHEMA}.schema_version (
      one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL, compatible_with integer NOT NULL)`,
  )
  await session.execute(`INSERT INTO ${SCHEMA}.schema_version VALUES (1, 0, 0) ON CONFLICT DO NOTHING`)
}

/**
 * @returns the version that the database has; 0 for an empty one
 * @throws FaultError `newer_schema` where a newer version took away what this one needs
 */
async function appliedVersion(session: Session, where: string): Promise<number> {
  const [table] = await session.query(
    `SELECT 1 FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'schema_version'`,
    [SCHEMA],
  )
  if (!table) return 0
  const [row] = await session.query<[number, number]>(`SELECT version, compatible_with FROM ${SCHEMA}.schema_version`)
  const [version, compatibleWith] = row ?? [0, 0]
  if (compatibleWith > SCHEMA_VERSION) {
    throw new FaultError(
      'newer_schema',
      `${where} has schema ${version}, which works with version ${compatibleWith} and newer of this program's, and this is ${SCHEMA_VERSION}; run the newer release`,
    )
  }
  return version
}

/** Without the lock, two replicas may create the same object at once; the one that gets an error finds it there. */
async function withRetry(session: Session, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.execute(statement, [], MIGRATION_DEADLINE)
      return
    } catch (error) {
      const state = sqlState(error) ?? ''
      if (attempt >= 5 || !(['23505', '42P07', '42P06', '42710', 'XX000'].includes(state) || state.startsWith('40')))
        throw error
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt + Math.random() * 100))
    }
  }
}
