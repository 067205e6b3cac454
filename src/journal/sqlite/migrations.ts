import type { DatabaseSync } from 'node:sqlite'

/**
 * The schema, step by step: entry N takes a file from `user_version` N to N + 1, in one transaction. Entries are never
 * changed once released; a new table or column is one more entry at the end.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
  -- How many failures were ever recorded: retention never lowers it, so that it can be compared with the mark.
  INSERT INTO meta VALUES ('recorded', 0);

  -- raw is last: a row is read without it by not walking its overflow pages.
  -- The sender's id lives in the row, so that it ends with the record.
  CREATE TABLE failures (
    id TEXT PRIMARY KEY,
    received_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    tenant TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    url TEXT NOT NULL,
    code INTEGER NOT NULL,
    cause TEXT NOT NULL,
    message TEXT NOT NULL,
    trace_id TEXT,
    idempotency_key TEXT,
    digest TEXT,
    raw BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX failures_idempotency ON failures (source, tenant, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  -- "What failed here lately" is the question of a page. The other filters walk the ids, newest first, in the reader.
  CREATE INDEX failures_endpoint ON failures (endpoint, id);

  CREATE TABLE totals (
    source TEXT NOT NULL,
    tenant TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    code TEXT NOT NULL,
    cause TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_failure_at INTEGER NOT NULL,
    PRIMARY KEY (source, tenant, endpoint, code, cause)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the next event of an endpoint is judged by; incident_id is its open incident, else its last one.
  CREATE TABLE endpoints (
    endpoint TEXT PRIMARY KEY,
    good_at INTEGER,
    good_proof TEXT,
    failed_probes INTEGER NOT NULL,
    incidents INTEGER NOT NULL,
    incident_id TEXT,
    changed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- incident and verdicts are JSON: no SQL reads what is in them.
  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    closed_at INTEGER,
    incident TEXT NOT NULL,
    verdicts TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  CREATE UNIQUE INDEX incidents_open ON incidents (endpoint) WHERE closed_at IS NULL;
  CREATE INDEX incidents_endpoint ON incidents (endpoint, id);

  CREATE TABLE canaries (nonce TEXT PRIMARY KEY, received_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- At that moment (milliseconds of the monotonic clock in that boot) no row of failures after last_row had arrived.
  CREATE TABLE arrivals (
    boot TEXT NOT NULL,
    uptime INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    last_row INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Signals that are no failures: the rows of an incident's timeline, and the ids of their senders. signal is JSON, and
  -- empty where nothing but the id is kept.
  CREATE TABLE signals (
    id TEXT PRIMARY KEY,
    received_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    tenant TEXT NOT NULL,
    idempotency_key TEXT,
    incident_id TEXT,
    signal TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX signals_idempotency ON signals (source, tenant, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE INDEX signals_incident ON signals (incident_id, id) WHERE incident_id IS NOT NULL;

  -- The last deliveries that succeeded, as JSON.
  ALTER TABLE endpoints ADD COLUMN delivered TEXT NOT NULL DEFAULT '[]';
  `,
  `
  -- Events that hooks are still to be sent. event is JSON. No sequence is ever used twice.
  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL,
    id TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX outbox_event ON outbox (hook, id);
  CREATE INDEX outbox_hook ON outbox (hook, sequence);

  -- The status of a closed incident's recovery.
  ALTER TABLE incidents ADD COLUMN recovery TEXT;
  CREATE INDEX incidents_recovery ON incidents (endpoint, recovery, closed_at);
  `,
  `
  -- What a failure is besides real: NULL, which is read without walking the pages of raw, or 'simulated'.
  ALTER TABLE failures ADD COLUMN mark TEXT;
  `,
  `
  -- The index by which failures are filtered, see block-index.ts. A block is a number of rows by their rowid; rows holds
  -- the offsets of those that have the value.
  CREATE TABLE blocks (
    block INTEGER PRIMARY KEY,
    min_id TEXT NOT NULL,
    max_id TEXT NOT NULL,
    last_row INTEGER NOT NULL,
    last_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE block_values (
    block INTEGER NOT NULL,
    field INTEGER NOT NULL,
    value TEXT NOT NULL,
    rows BLOB NOT NULL,
    PRIMARY KEY (block, field, value)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The block index finds the failures of an endpoint too. This one cost each commit a page for each endpoint in it.
  DROP INDEX IF EXISTS failures_endpoint;
  `,
]

export const SCHEMA_VERSION = MIGRATIONS.length
/** "WEEJ" in the file's header (PRAGMA application_id): a database of another program is never written to. */
export const APPLICATION_ID = 0x5745454a

/** Brings the schema up to date. Each step is whole or not there. */
export function migrate(db: DatabaseSync): void {
  for (let version = schemaVersion(db); version < SCHEMA_VERSION; version++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]}
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`)
  }
}

/** @returns number of the migrations that the file has; 0 for a new one */
export function schemaVersion(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()!['user_version'] as number
}
