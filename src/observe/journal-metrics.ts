import {
  CHECKPOINT_RESULTS,
  type Checkpoint,
  JOURNAL_FAULTS,
  type JournalFault,
  type JournalStatus,
  READ_FAULTS,
  RETENTION_STOPS,
  type ReadFault,
} from '../domain/ports/journal.ts'
import { Counter, Gauge, Histogram, type Registry } from './client.ts'

const PREFIX = 'webhook_exporter_journal_'

/** The journal's state. Sizes are cached by the journal, so a scrape costs nothing. */
export function journalMetrics(registry: Registry) {
  const registers = [registry]
  let status: (() => JournalStatus) | undefined

  /** Absent while `read` returns null or undefined. */
  const gauge = (name: string, help: string, read: (status: JournalStatus) => number | null | undefined) =>
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        const value = status && read(status())
        if (value === undefined || value === null) this.remove()
        else this.set(value)
      },
    })
  new Gauge({
    name: `${PREFIX}up`,
    help: 'Whether the journal can be written: 1 or 0.',
    registers,
    collect() {
      this.set(status?.().up ? 1 : 0)
    },
  })
  gauge('failures', 'Failures stored in the journal. Absent until they are counted.', ({ size }) => size?.failures)
  gauge('pending', 'Entries that wait for the journal or are being written.', ({ pending }) => pending)
  gauge(
    'pending_limit',
    'Maximum number of pending entries; further ones are answered 503.',
    ({ pendingLimit }) => pendingLimit,
  )
  gauge(
    'warnings',
    'Things to know about the journal although it can be written; the condition journal of /readyz names them.',
    ({ warnings = [] }) => warnings.length,
  )
  gauge(
    'spilled',
    'Acknowledged reports in the spill that are not in the database yet. Absent without journal.spill.',
    ({ spill }) => spill?.waiting,
  )
  gauge(
    'set_aside',
    'Acknowledged reports that the database rejects, stored in a file next to the spill. Absent without journal.spill.',
    ({ spill }) => spill && (spill.setAside ?? 0),
  )
  gauge('size_bytes', 'Size of the journal in bytes.', ({ size }) => size?.bytes)
  gauge(
    'free_bytes',
    'Free bytes on the volume. Absent if the journal is not a local file.',
    ({ size }) => size?.freeBytes,
  )
  gauge(
    'wal_bytes',
    'Size of the write-ahead log of SQLite in bytes. Absent if the journal is not a local file.',
    ({ size }) => size?.wal?.bytes,
  )
  gauge(
    'wal_limit_bytes',
    'Size in bytes at which the write-ahead log is checkpointed. Absent if the journal is not a local file.',
    ({ size }) => size?.wal?.limit,
  )
  gauge(
    'oldest_timestamp_seconds',
    'When the oldest failure in the journal was received, as Unix time. Absent if there is none.',
    ({ size }) => (size?.oldestAt == null ? undefined : size.oldestAt / 1_000),
  )
  const duration = new Histogram({
    name: `${PREFIX}commit_duration_seconds`,
    help: 'Duration of a commit of a group of entries.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.9, 2.5, 10],
    registers,
  })
  const entries = new Histogram({
    name: `${PREFIX}commit_entries`,
    help: 'Entries per commit.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const errors = new Counter<'kind'>({
    name: `${PREFIX}errors_total`,
    help: 'Faults of the journal, including failed attempts to reopen it. Kinds are a closed set.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of JOURNAL_FAULTS) errors.inc({ kind }, 0)
  const lost = new Counter({
    name: `${PREFIX}lost_failures_total`,
    help: 'Acknowledged failures that the journal no longer had when it was opened again.',
    registers,
  })
  const readErrors = new Counter<'kind'>({
    name: `${PREFIX}read_errors_total`,
    help: 'Failed reads of the journal: closed (it is not open), query (a bug in the exporter), otherwise the reason. Kinds are a closed set.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of READ_FAULTS) readErrors.inc({ kind }, 0)
  const expired = new Counter<'reason'>({
    name: `${PREFIX}expired_total`,
    help: 'Failures removed by retention, by the limit that they exceeded: age or size.',
    labelNames: ['reason'],
    registers,
  })
  for (const reason of ['age', 'size']) expired.inc({ reason }, 0)

  const checkpoints = new Counter<'result'>({
    name: `${PREFIX}checkpoints_total`,
    help: 'Checkpoints of the write-ahead log by result: ok, blocked (by a reader), failed.',
    labelNames: ['result'],
    registers,
  })
  for (const result of CHECKPOINT_RESULTS) checkpoints.inc({ result }, 0)
  new Gauge<'reason'>({
    name: `${PREFIX}retention_stopped`,
    help: 'Whether retention by age is stopped because the wall clock cannot be trusted: 1 or 0. Reasons are a closed set.',
    labelNames: ['reason'],
    registers,
    collect() {
      const stop = status?.().retentionStop
      for (const reason of RETENTION_STOPS) this.set({ reason }, stop?.reason === reason ? 1 : 0)
    },
  })

  return {
    observe: (source: () => JournalStatus): void => {
      status = source
    },
    failed(kind: JournalFault, _detail: string, missing = 0): void {
      errors.inc({ kind })
      lost.inc(missing)
    },
    readFailed: (kind: ReadFault): void => readErrors.inc({ kind }),
    committed: (count: number, seconds: number): void => {
      duration.observe(seconds)
      entries.observe(count)
    },
    expired: (failures: number, reason: 'age' | 'size'): void => expired.inc({ reason }, failures),
    checkpointed: ({ result }: Checkpoint): void => checkpoints.inc({ result }),
  }
}
