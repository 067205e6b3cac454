import { counter, gauge, histogram, type Signal } from './model.ts'

/** The journal, its file and its retention. */
export const JOURNAL_SIGNALS = {
  journalUp: gauge('webhook_exporter_journal_up', 'boolean', [], 'Whether the journal can be written: 1 or 0.', {
    by: 'min',
  }),
  journalFailures: gauge(
    'webhook_exporter_journal_failures',
    'count',
    [],
    'Failures stored in the journal. Absent until they are counted.',
    { absent: 'until they are counted' },
  ),
  journalPending: gauge(
    'webhook_exporter_journal_pending',
    'count',
    [],
    'Entries that wait for the journal or are being written.',
    { by: 'sum' },
  ),
  journalPendingLimit: gauge(
    'webhook_exporter_journal_pending_limit',
    'count',
    [],
    'Maximum number of pending entries; further ones are answered 503.',
    { by: 'sum' },
  ),
  journalWarnings: gauge(
    'webhook_exporter_journal_warnings',
    'count',
    [],
    'Things to know about the journal although it can be written; the condition journal of /readyz names them.',
  ),
  journalSize: gauge('webhook_exporter_journal_size_bytes', 'bytes', [], 'Size of the journal in bytes.', {
    absent: 'until the size was read for the first time',
  }),
  journalFree: gauge(
    'webhook_exporter_journal_free_bytes',
    'bytes',
    [],
    'Free bytes on the volume. Absent if the journal is not a local file.',
    { by: 'min', absent: 'where the journal is not a local file' },
  ),
  journalWal: gauge(
    'webhook_exporter_journal_wal_bytes',
    'bytes',
    [],
    'Size of the write-ahead log of SQLite in bytes. Absent if the journal is not a local file.',
    { absent: 'where the journal is not a local file' },
  ),
  journalWalLimit: gauge(
    'webhook_exporter_journal_wal_limit_bytes',
    'bytes',
    [],
    'Size in bytes at which the write-ahead log is checkpointed. Absent if the journal is not a local file.',
    { absent: 'where the journal is not a local file' },
  ),
  journalRetentionStopped: gauge(
    'webhook_exporter_journal_retention_stopped',
    'boolean',
    ['reason'],
    'Whether retention by age is stopped because the wall clock cannot be trusted: 1 or 0. Reasons are a closed set.',
  ),
  journalOldest: gauge(
    'webhook_exporter_journal_oldest_timestamp_seconds',
    'unix_seconds',
    [],
    'When the oldest failure in the journal was received, as Unix time. Absent if there is none.',
    { by: 'min', absent: 'in an empty journal' },
  ),
  journalCommitDuration: histogram(
    'webhook_exporter_journal_commit_duration_seconds',
    [],
    'Duration of a commit of a group of entries.',
  ),
  journalCommitEntries: histogram('webhook_exporter_journal_commit_entries', [], 'Entries per commit.', {
    unit: 'count',
  }),
  journalErrors: counter(
    'webhook_exporter_journal_errors_total',
    ['kind'],
    'Faults of the journal, including failed attempts to reopen it. Kinds are a closed set.',
  ),
  journalLost: counter(
    'webhook_exporter_journal_lost_failures_total',
    [],
    'Acknowledged failures that the journal no longer had when it was opened again.',
  ),
  journalReadErrors: counter(
    'webhook_exporter_journal_read_errors_total',
    ['kind'],
    'Failed reads of the journal: closed (it is not open), query (a bug in the exporter), otherwise the reason. Kinds are a closed set.',
  ),
  journalCheckpoints: counter(
    'webhook_exporter_journal_checkpoints_total',
    ['result'],
    'Checkpoints of the write-ahead log by result: ok, blocked (by a reader), failed.',
  ),
  journalExpired: counter(
    'webhook_exporter_journal_expired_total',
    ['reason'],
    'Failures removed by retention, by the limit that they exceeded: age or size.',
  ),
} as const satisfies Record<string, Signal>
