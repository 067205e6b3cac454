import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import {
  JOURNAL_FAULTS,
  type JournalFault,
  type JournalStatus,
  READ_FAULTS,
  type ReadFault,
} from '../domain/journal.ts'

const PREFIX = 'webhook_exporter_journal_'

/** What the journal says of itself. Sizes are those of its last look, so that a scrape costs it nothing. */
export function journalMetrics(registry: Registry) {
  const registers = [registry]
  let status: (() => JournalStatus) | undefined

  /** Absent while `read` gives null or undefined. */
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
  gauge('failures', 'Failures in the journal. Absent before the first look.', ({ size }) => size?.failures)
  gauge('pending', 'Entries handed to the journal whose outcome is not known yet.', ({ pending }) => pending)
  gauge('pending_limit', 'How many entries may wait; one more is answered 503.', ({ pendingLimit }) => pendingLimit)
  gauge(
    'spilled',
    'Reports that were acknowledged into the spill and are still to move on. Absent without journal.spill.',
    ({ spill }) => spill?.waiting,
  )
  gauge(
    'set_aside',
    'Reports that were acknowledged into the spill and that the database refuses, kept in a file beside it. Absent without journal.spill.',
    ({ spill }) => spill && (spill.setAside ?? 0),
  )
  gauge('size_bytes', 'Bytes that the journal takes on its volume.', ({ size }) => size?.bytes)
  gauge(
    'free_bytes',
    'Free bytes of the volume. Absent where the journal is not a local file.',
    ({ size }) => size?.freeBytes,
  )
  gauge(
    'oldest_timestamp_seconds',
    'When the oldest failure in the journal was received, as Unix time. Absent where there is none.',
    ({ size }) => (size?.oldestAt == null ? undefined : size.oldestAt / 1_000),
  )
  const duration = new Histogram({
    name: `${PREFIX}commit_duration_seconds`,
    help: 'How long a group of entries took to become durable.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.9, 2.5, 10],
    registers,
  })
  const entries = new Histogram({
    name: `${PREFIX}commit_entries`,
    help: 'How many entries became durable together.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const errors = new Counter<'kind'>({
    name: `${PREFIX}errors_total`,
    help: 'Faults of the journal, failed attempts to open it again included. Kinds are a closed set.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of JOURNAL_FAULTS) errors.inc({ kind }, 0)
  const readErrors = new Counter<'kind'>({
    name: `${PREFIX}read_errors_total`,
    help: 'Failed reads of the journal: closed (it is not open), query (a bug of the exporter), otherwise why it cannot be read. Kinds are a closed set.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of READ_FAULTS) readErrors.inc({ kind }, 0)
  const expired = new Counter<'reason'>({
    name: `${PREFIX}expired_total`,
    help: 'Failures that retention removed, by the limit that they exceeded: age or size.',
    labelNames: ['reason'],
    registers,
  })
  for (const reason of ['age', 'size']) expired.inc({ reason }, 0)

  return {
    observe: (source: () => JournalStatus): void => {
      status = source
    },
    failed: (kind: JournalFault): void => errors.inc({ kind }),
    readFailed: (kind: ReadFault): void => readErrors.inc({ kind }),
    committed: (count: number, seconds: number): void => {
      duration.observe(seconds)
      entries.observe(count)
    },
    expired: (failures: number, reason: 'age' | 'size'): void => expired.inc({ reason }, failures),
  }
}
