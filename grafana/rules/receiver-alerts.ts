import { SIGNALS } from '../signals.ts'
import { apiAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, PODS, promql, sh } from './text.ts'

const UNNOTICED = 'Reports of the platform are lost or answered 503. Failing endpoints are not noticed meanwhile.'
const size = of(SIGNALS.journalSize.name)
const free = of(SIGNALS.journalFree.name)
const wal = of(SIGNALS.journalWal.name)
const walLimit = of(SIGNALS.journalWalLimit.name)

/** The receiver itself. */
export const RECEIVER_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReceiverDown',
    expr: `max by (namespace, job) (${of('up')}) == 0`,
    for: '2m',
    severity: 'critical',
    summary: 'No receiver of error webhooks answers',
    description:
      'No process of {{ $labels.job }} has answered Prometheus for two minutes; failing deliveries may go unnoticed.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Prometheus knows at least one target of the receiver, and none of them answers.',
      impact: UNNOTICED,
      diagnosis: [
        PODS,
        sh('Why did it end?', 'kubectl --namespace "$NAMESPACE" logs --previous --tail=50 "$JOB-0"'),
        promql('What does Prometheus meet?', 'up{job="JOB"}'),
        'Pods run and answer by port-forward, but not to Prometheus: look at the NetworkPolicy, and at the metrics token in the monitor.',
      ],
      mitigation: [
        'Exit code 2 names a fault of the configuration in the log’s last line: correct it.',
        'Pending: volume, node or quota. A volume that is still attached elsewhere needs its old pod to be gone.',
        'Afterwards take the platform’s own list of failed deliveries for the time without a receiver.',
      ],
    },
  },
  {
    alert: 'WebhookReceiverAbsent',
    why: 'absent() takes its labels from the selector: the chart puts job and namespace there. A target that does not answer is down, not absent.',
    expr: `absent(${of(SIGNALS.buildInfo.name)})
unless on (job)
max by (job) (${of('up')}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus has no receiver of error webhooks',
    description:
      'No metrics of a receiver are scraped at all: it is not installed, not selected by Prometheus, or something else answers in its place.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'For five minutes no target has shown `webhook_exporter_build_info` with the job of this release.',
      impact: 'No alert of this product can fire: silence says nothing.',
      diagnosis: [
        PODS,
        sh(
          'Is there a monitor, and does Prometheus select it? Compare its labels with `serviceMonitorSelector`:',
          'kubectl --namespace "$NAMESPACE" get servicemonitors,podmonitors --show-labels',
          `kubectl get prometheuses --all-namespaces --output jsonpath='{range .items[*]}{.metadata.name}{" "}{.spec.serviceMonitorSelector}{" "}{.spec.podMonitorSelector}{"\\n"}{end}'`,
        ),
        promql('Is it scraped under another job?', 'count by (namespace, job) (webhook_exporter_build_info)'),
      ],
      mitigation: [
        'Give the monitor the labels that Prometheus selects (`monitoring.labels`), or install the receiver again.',
        'Scraped under another job: set `monitoring.job` to it, so that the rules ask for the same.',
        'Removed on purpose: remove the rules too.',
      ],
    },
  },
  {
    alert: 'WebhookReceiverNotScraped',
    expr: `count by (namespace, job) (${of('up')} == 0) > 0 # threshold
and on (namespace, job)
max by (namespace, job) (${of('up')}) == 1`,
    for: '10m',
    severity: 'warning',
    summary: 'A receiver of error webhooks is not scraped, while others are',
    description:
      '{{ $value }} of the processes of {{ $labels.job }} cannot be scraped: what they count is missing in every sum, and their share of the reports may be refused.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Some processes of the receiver answer Prometheus, and some have not for ten minutes.',
      impact:
        'Failures that the silent process recorded are in the journal, but in no metric until it is scraped again.',
      diagnosis: [promql('Which one?', 'up{job="JOB"} == 0'), PODS],
      mitigation: ['Restart the pod that hangs; look for a node or network policy that only it has.'],
    },
  },
  {
    alert: 'WebhookJournalDown',
    expr: `min by (namespace, job) (${of(SIGNALS.journalUp.name)}) == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The journal cannot be written',
    description:
      'Reports to {{ $labels.job }} are answered 503 until its journal is back; the platform may never send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'The journal cannot be written, for a minute at least. The service keeps trying to open it.',
      impact: 'Every report is answered 503 with Retry-After. The service stays ready, so that it can say so.',
      diagnosis: [
        CONDITIONS,
        promql('Which kind of fault?', 'sum by (kind) (increase(webhook_exporter_journal_errors_total[15m])) > 0'),
        LOGS('The journal’s own words:', 'journal'),
        promql('SQLite: is the volume full?', 'webhook_exporter_journal_free_bytes'),
      ],
      mitigation: [
        'Full: enlarge the claim, or lower `journal.retention.size`.',
        'Read-only: the node lost its disk; delete the pod so that it moves.',
        'Damaged: the log names the file that was set aside; the service goes on with what could be saved.',
        'PostgreSQL: see that it is reachable, writable and its password is right; the service reconnects by itself.',
      ],
    },
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    expr: `min by (namespace, job) (
  ${free} / (${free} + ${size}) < 0.1 # threshold
  or
  ${free} / (${free} + ${size}) and ${free} < 67108864
)`,
    for: '10m',
    severity: 'warning',
    summary: 'The volume of the journal is nearly full',
    description:
      'The journal of {{ $labels.job }} has {{ $value | humanizePercentage }} of its volume left. When it is full, every report is answered 503.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Less than a tenth of what the journal could take is free, or less than 64 MiB.',
      impact: 'None yet. On a full volume nothing can be recorded.',
      diagnosis: [
        promql(
          'How fast does it shrink, in days left?',
          'webhook_exporter_journal_free_bytes / -deriv(webhook_exporter_journal_free_bytes[6h]) / 86400',
        ),
        promql('Is it the journal that takes the room?', 'webhook_exporter_journal_size_bytes'),
      ],
      mitigation: [
        'Enlarge the claim where the storage class allows it: `kubectl patch pvc`.',
        'Lower `journal.retention.size` to at most two thirds of the volume, or `journal.retention.age`.',
      ],
    },
  },
  {
    alert: 'WebhookRetentionCutsEarly',
    expr: `sum by (namespace, job) (
  increase(${of(SIGNALS.journalExpired.name, 'reason="size"')}[1h])
) > 0 # threshold`,
    severity: 'warning',
    summary: 'The journal removes failures before their age',
    description:
      '{{ $value | printf "%.0f" }} failures were removed in an hour because the journal reached journal.retention.size, before journal.retention.age.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Retention by size removes failures that retention by age would keep.',
      impact: 'The history is shorter than configured. Counters are not concerned.',
      diagnosis: [
        promql(
          'How far back does it reach, in days?',
          '(time() - webhook_exporter_journal_oldest_timestamp_seconds) / 86400',
        ),
        promql('Who fills it?', 'topk(5, sum by (endpoint) (increase(webhook_endpoint_failures_total[1d])))'),
      ],
      mitigation: [
        'Raise `journal.retention.size` (and the volume), or lower `journal.retention.age` to what is needed.',
      ],
    },
  },
  {
    alert: 'WebhookJournalSlow',
    why: 'Longer than its own window, so that one slow commit is not enough.',
    expr: `histogram_quantile(
  0.99,
  sum by (namespace, job, le) (rate(${of(`${SIGNALS.journalCommitDuration.name}_bucket`)}[5m]))
) > 0.5 # threshold`,
    for: '10m',
    severity: 'warning',
    summary: 'The journal is slow',
    description:
      'One in a hundred commits of {{ $labels.job }} takes {{ $value | humanizeDuration }} or longer; beyond ingest.answerTimeout reports are answered 503.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The 99th percentile of the time that a group of entries needs to become durable is above half a second, for ten minutes.',
      impact: 'Answers are late; above `ingest.answerTimeout` (900 ms) they become 503.',
      diagnosis: [
        promql('Is it the load, or the disk?', 'rate(webhook_exporter_reports_total{outcome="recorded"}[5m])'),
        promql('Entries that wait:', 'webhook_exporter_journal_pending / webhook_exporter_journal_pending_limit'),
        'Look at the latency and the burst credits of the volume in the cloud’s own metrics.',
      ],
      mitigation: [
        'A faster storage class, a volume that shares its disk with nobody, or PostgreSQL for many merchants.',
      ],
    },
  },
  {
    alert: 'WebhookCheckpointFailing',
    why: 'The size alone would take hours to tell where few reports come; the failures alone miss a reader that pins the WAL.',
    expr: `max by (namespace, job) (${wal} / ${walLimit}) > 4 # threshold
or
sum by (namespace, job) (increase(${of(SIGNALS.journalCheckpoints.name, 'result="failed"')}[10m])) > 4`,
    for: '1m',
    severity: 'warning',
    summary: 'The write-ahead log of the journal is not brought into its database file',
    description:
      'Reports to {{ $labels.job }} are recorded, but only in the write-ahead log, which grows until the volume is full. If the database file has failed, the journal does not open again after a restart.',
    annotations: apiAnnotations('/readyz'),
    dashboard: 'exporter',
    runbook: {
      meaning:
        'SQLite writes each report to the write-ahead log (WAL, `journal.db-wal`), and brings the log into `journal.db` when it has reached its limit. This has failed several times within ten minutes, or the log is more than four times as large as its limit.',
      impact:
        'None yet: what was acknowledged is durable in the log. The log grows with every report until the volume is full; then reports are answered 503. Do not restart the receiver while the database file fails: it would not open its journal.',
      diagnosis: [
        promql(
          'Which is it? `failed`: the database file cannot be written. `blocked`: a reader holds the log.',
          'sum by (result) (increase(webhook_exporter_journal_checkpoints_total[10m]))',
        ),
        LOGS('What error does SQLite report?', 'checkpoint'),
        CONDITIONS,
        promql('How large is the log?', 'webhook_exporter_journal_wal_bytes'),
        promql('How long does the volume last, in bytes left?', 'webhook_exporter_journal_free_bytes'),
        'Blocked: which other process has `journal.db` open? A `sqlite3` shell with an open transaction, a backup that hangs, or Litestream that cannot reach its target.',
      ],
      mitigation: [
        'Blocked: end that process or its transaction. The log is cut with the next reports.',
        'Failed: look for I/O errors of the volume in the kernel log of the node (`dmesg`). Save a copy first, see docs/backup.md: what is in the log and in the file is read together. Then replace the volume.',
        'No room: enlarge the claim.',
      ],
    },
  },
  {
    alert: 'WebhookSeriesOverflow',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.labelOverflow.name)}[15m])) > 0 # threshold`,
    severity: 'warning',
    summary: 'Failures are counted under other labels than their own',
    description:
      '{{ $value | printf "%.0f" }} failures of {{ $labels.job }} did not fit metrics.seriesLimit and were counted as "other". Totals stay exact; records keep the real endpoint.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'There are more label sets than `metrics.seriesLimit`. What does not fit is counted with `code`, then `endpoint`, as `other`.',
      impact: 'Dashboards show less detail. Failures under `other` have no incident of their own.',
      diagnosis: [
        promql('Who has most of the series?', 'topk(10, count by (endpoint) (webhook_delivery_failures_total))'),
        promql('Series in use:', 'webhook_exporter_series / webhook_exporter_series_limit'),
      ],
      mitigation: [
        'Configure the endpoints by name, with patterns for ids in their URLs; raise `metrics.seriesLimit`.',
        'Free what is no longer needed: `/nodejs/bin/node /app/src/main.ts journal reset-series` in the pod.',
      ],
    },
  },
  {
    alert: 'WebhookSpansDropped',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.spans.name, 'result=~"dropped|failed"')}[10m])) > 0 # threshold`,
    for: '10m',
    severity: 'warning',
    summary: 'Spans do not reach their collector',
    description:
      '{{ $value | printf "%.0f" }} spans of {{ $labels.job }} were lost in ten minutes; links from failures to traces lead nowhere.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        '`failed`: the collector did not take them. `dropped`: the queue was full, since it did not take them fast enough.',
      impact: 'Traces are missing. Reports, counters and pages are not concerned.',
      diagnosis: [
        promql('Which of both?', 'sum by (result) (increase(webhook_exporter_spans_total[10m]))'),
        sh(
          'Which collector?',
          `kubectl --namespace "$NAMESPACE" get pod "$JOB-0" --output jsonpath='{.spec.containers[0].env}' | jq '.[] | select(.name | startswith("OTEL"))'`,
        ),
        LOGS('What does the exporter say?', 'otel|span|collector'),
      ],
      mitigation: ['Bring the collector back, or correct OTEL_EXPORTER_OTLP_ENDPOINT and the NetworkPolicy’s egress.'],
    },
  },
]
