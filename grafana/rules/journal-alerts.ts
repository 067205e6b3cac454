import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of, RELEASE } from './promql.ts'
import { CONDITIONS, CONTAINER, ENLARGE, either, KUBECTL, kubernetes, LOGS, promql, SHRINK } from './text.ts'

/** Moves a journal and what belongs to it away, with what the image contains. */
const MOVE_AWAY = `/nodejs/bin/node -e 'const fs = require("node:fs"), [, from] = process.argv, to = from + ".damaged-" + Date.now(); for (const end of ["", "-wal", "-shm", ".mark"]) if (fs.existsSync(from + end)) fs.renameSync(from + end, to + end)' /data/journal.db`

const size = of(SIGNALS.journalSize.name)
const free = of(SIGNALS.journalFree.name)
const wal = of(SIGNALS.journalWal.name)
const walLimit = of(SIGNALS.journalWalLimit.name)

/** The durable store of failures and incidents. */
export const JOURNAL_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookJournalDown',
    wakes: 'Every report is refused while it fires; what the platform does not send again is never counted.',
    expr: `min by (${RELEASE}) (${of(SIGNALS.journalUp.name)}) == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'Journal not writable',
    description:
      '{{ $labels.job }} answers every report with 503 until its journal is writable again. The platform may not send them again.',
    dashboard: 'exporter',
    inhibits: [
      {
        why: 'Without a journal, nothing can be recorded.',
        targets: 'WebhookReportsNotRecorded|WebhookJournalVolumeNearlyFull',
        same: [],
      },
    ],
    runbook: {
      meaning: 'The journal has not been writable for at least one minute. The service keeps trying to reopen it.',
      impact:
        'Every report is answered 503 with Retry-After. The service stays ready on purpose: an unready pod could not answer at all.',
      diagnosis: [
        CONDITIONS,
        promql('What kind of fault?', 'sum by (kind) (increase(webhook_exporter_journal_errors_total[15m])) > 0'),
        LOGS('What does the journal log?', 'journal'),
        promql(
          'SQLite: is the volume full? Up to 20 MiB stay free, so that failures can still be removed.',
          'webhook_exporter_journal_free_bytes',
        ),
      ],
      mitigation: [
        `Full (kind \`disk_full\`): ${ENLARGE}`,
        SHRINK,
        kubernetes(
          'read-only, because the node lost its disk: delete the pod to reschedule it:',
          `${KUBECTL} delete pod --selector "$PODS"`,
        ),
        either(
          'Damaged (kind `corrupt`): the file is left as it is, and nothing more is acknowledged into it. Move it away, and the service opens a new one within 10 seconds; for Prometheus its counters have restarted. `sqlite3 FILE .recover` prints what the damaged file still holds. Or [restore a copy](../backup.md#restore).',
          [`${KUBECTL} exec "service/$JOB-admin" --container ${CONTAINER} -- ${MOVE_AWAY}`],
          ['mkdir damaged && mv journal.db* damaged/'],
        ),
        'PostgreSQL: check that it is reachable and writable and that the password is correct. The service reconnects automatically.',
      ],
    },
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    why: 'Failing checkpoints fill the volume, too, and come first: their text warns of a restart. Their values are above 4, those of free space below 1. The size of the WAL alone would take hours at a low report rate; failures alone would miss a reader that pins it.',
    wakes:
      'No: nothing is lost yet, and there is time within a working day. A full volume pages as WebhookJournalDown.',
    expr: `max by (${RELEASE}) (${wal} / ${walLimit}) > 4
or
sum by (${RELEASE}) (increase(${of(SIGNALS.journalCheckpoints.name, 'result="failed"')}[10m])) > 4
or
min by (${RELEASE}) (
  ${free} / (${free} + ${size}) < 0.1 # threshold
  or
  ${free} / (${free} + ${size}) and ${free} < 67108864
)`,
    for: '10m',
    severity: 'warning',
    summary: 'Journal volume filling up',
    description:
      '{{ if gt $value 1.0 }}Checkpoints fail: the journal of {{ $labels.job }} records reports in its write-ahead log only, which grows until the volume is full. Do not restart the receiver: if the database file has failed, the journal will not open again.{{ else }}The journal volume of {{ $labels.job }} has {{ $value | humanizePercentage }} free. Once it is full, every report is answered 503.{{ end }}',
    annotations: {
      headline: '{{ if gt $value 1.0 }}journal checkpoints failing{{ else }}journal volume nearly full{{ end }}',
    },
    dashboard: 'exporter',
    replaces: ['WebhookCheckpointFailing'],
    runbook: {
      meaning: `Less than 10 % of the space available to the journal is free, or less than 64 MiB; or checkpoints fail.

SQLite writes each report to the write-ahead log (WAL, \`journal.db-wal\`). A checkpoint moves the log into \`journal.db\` once it reaches its limit. Checkpoints fail if more than four did within ten minutes, or if the log has grown to more than four times its limit.`,
      impact:
        'None yet: acknowledged reports are durable. Once the volume is full, every report is answered 503. While checkpoints fail, do not restart the receiver: if the database file has failed, the journal would not open again.',
      diagnosis: [
        CONDITIONS,
        promql(
          'How many days until it is full?',
          'webhook_exporter_journal_free_bytes / -deriv(webhook_exporter_journal_free_bytes[6h]) / 86400',
        ),
        promql(
          'Is the journal what uses the space, or its log?',
          'webhook_exporter_journal_size_bytes or webhook_exporter_journal_wal_bytes',
        ),
        promql(
          'Do checkpoints fail? `failed`: the database file cannot be written. `blocked`: a reader pins the log.',
          'sum by (result) (increase(webhook_exporter_journal_checkpoints_total[10m]))',
        ),
        LOGS('What error does SQLite report?', 'checkpoint'),
      ],
      mitigation: [
        ENLARGE,
        SHRINK,
        'Checkpoints blocked: end the other process that has `journal.db` open, or its transaction: a `sqlite3` shell, a hanging backup, or Litestream without access to its target. The next checkpoint truncates the log.',
        'Checkpoints failed: look for I/O errors in the node’s kernel log (`dmesg --level=err`). [Back up](../backup.md) the database and the log together first, then replace the volume.',
      ],
    },
  },
]
