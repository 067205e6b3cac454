/** Columns and indexes of the journal's table of failures, for the naive side of the benchmark. */
export const NAIVE_TABLE = [
  `CREATE TABLE IF NOT EXISTS naive (id uuid PRIMARY KEY, received_at bigint NOT NULL, source text NOT NULL,
    tenant text NOT NULL, endpoint text NOT NULL, url text NOT NULL, code bigint NOT NULL, cause text NOT NULL,
    message text NOT NULL, trace_id text, raw bytea NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS naive_endpoint ON naive (endpoint, id)',
  'CREATE INDEX IF NOT EXISTS naive_tenant ON naive (tenant, id)',
]
