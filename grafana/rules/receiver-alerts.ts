import { SIGNALS } from '../signals.ts'
import { apiAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, PODS, promql, sh } from './text.ts'

const UNNOTICED = 'Reports from the platform are lost or answered 503. Failing endpoints go unnoticed.'
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
    summary: 'Webhook error receiver down',
    description:
      'Prometheus has not been able to scrape any process of {{ $labels.job }} for two minutes. Failing deliveries may go unnoticed.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Prometheus has at least one target for the receiver and can scrape none of them.',
      impact: UNNOTICED,
      diagnosis: [
        PODS,
        sh('Why did the last container exit?', 'kubectl --namespace "$NAMESPACE" logs --previous --tail=50 "$JOB-0"'),
        promql('Which targets are down? The error is on Prometheus’ targets page:', 'up{job="JOB"}'),
        'If the pods run and answer through the port-forward but not to Prometheus, check the NetworkPolicy and the metrics token in the monitor.',
      ],
      mitigation: [
        'Exit code 2: the last log line names the configuration error. Correct it.',
        'Pending: check volume, node and quota. A volume still attached to another node requires the old pod to be deleted.',
        'Afterwards, get the platform’s own list of failed deliveries for the time the receiver was down.',
      ],
    },
  },
  {
    alert: 'WebhookReceiverAbsent',
    why: 'absent() takes its labels from the selector, where the chart sets job and namespace. A target that does not answer is down, not absent.',
    expr: `absent(${of(SIGNALS.buildInfo.name)})
unless on (job)
max by (job) (${of('up')}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Webhook error receiver not scraped at all',
    description:
      'Prometheus has no metrics of the receiver: it is not installed, Prometheus does not select it, or another service answers in its place.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'No target has exposed `webhook_exporter_build_info` under this release’s job for five minutes.',
      impact:
        'None of the other alerts of this product can fire, so a lack of alerts does not mean that deliveries succeed.',
      diagnosis: [
        PODS,
        sh(
          'Does a monitor exist, and does Prometheus select it? Compare its labels with `serviceMonitorSelector`:',
          'kubectl --namespace "$NAMESPACE" get servicemonitors,podmonitors --show-labels',
          `kubectl get prometheuses --all-namespaces --output jsonpath='{range .items[*]}{.metadata.name}{" "}{.spec.serviceMonitorSelector}{" "}{.spec.podMonitorSelector}{"\\n"}{end}'`,
        ),
        promql('Is it scraped under another job?', 'count by (namespace, job) (webhook_exporter_build_info)'),
      ],
      mitigation: [
        'Give the monitor the labels that Prometheus selects (`monitoring.labels`), or reinstall the receiver.',
        'Scraped under another job: set `monitoring.job` to it, so that the rules match.',
        'Removed on purpose: remove the rules as well.',
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
    summary: 'Some webhook error receivers not scraped',
    description:
      'Prometheus cannot scrape {{ $value }} of the processes of {{ $labels.job }}. Their counts are missing from every sum, and they may be refusing reports.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Prometheus can scrape some processes of the receiver, but others have not answered for ten minutes.',
      impact:
        'Failures recorded by the affected processes are in the journal, but missing from metrics until they are scraped again.',
      diagnosis: [promql('Which process?', 'up{job="JOB"} == 0'), PODS],
      mitigation: ['Restart the pod if it hangs. Otherwise check what differs for it: its node, or a NetworkPolicy.'],
    },
  },
  {
    alert: 'WebhookJournalDown',
    expr: `min by (namespace, job) (${of(SIGNALS.journalUp.name)}) == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'Journal not writable',
    description:
      '{{ $labels.job }} answers every report with 503 until its journal is writable again. The platform may not send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'The journal has not been writable for at least one minute. The service keeps trying to reopen it.',
      impact:
        'Every report is answered 503 with Retry-After. The service stays ready on purpose: an unready pod could not answer at all.',
      diagnosis: [
        CONDITIONS,
        promql('What kind of fault?', 'sum by (kind) (increase(webhook_exporter_journal_errors_total[15m])) > 0'),
        LOGS('What does the journal log?', 'journal'),
        promql('SQLite: is the volume full?', 'webhook_exporter_journal_free_bytes'),
      ],
      mitigation: [
        'Volume full: enlarge the claim, or lower `journal.retention.size`.',
        'Read-only: the node probably lost its disk. Delete the pod to reschedule it.',
        'Corrupt: the log names the file that was set aside. The service continues with the data that could be salvaged.',
        'PostgreSQL: check that it is reachable and writable and that the password is correct. The service reconnects automatically.',
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
    summary: 'Journal volume nearly full',
    description:
      'The journal volume of {{ $labels.job }} has {{ $value | humanizePercentage }} free. Once it is full, every report is answered 503.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'Less than 10 % of the space available to the journal is free, or less than 64 MiB.',
      impact: 'None yet. Once the volume is full, no report can be recorded.',
      diagnosis: [
        promql(
          'How many days until it is full?',
          'webhook_exporter_journal_free_bytes / -deriv(webhook_exporter_journal_free_bytes[6h]) / 86400',
        ),
        promql('Is the journal what uses the space?', 'webhook_exporter_journal_size_bytes'),
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
    summary: 'Journal retention limited by size',
    description:
      '{{ $value | printf "%.0f" }} failures were removed in the last hour because the journal reached journal.retention.size before journal.retention.age.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'The size limit removes failures that the age limit would keep.',
      impact: 'The history is shorter than configured. Counters are not affected.',
      diagnosis: [
        promql(
          'How many days does the history cover?',
          '(time() - webhook_exporter_journal_oldest_timestamp_seconds) / 86400',
        ),
        promql(
          'Which endpoints use the space?',
          'topk(5, sum by (endpoint) (increase(webhook_endpoint_failures_total[1d])))',
        ),
      ],
      mitigation: [
        'Raise `journal.retention.size` (and the volume), or lower `journal.retention.age` to what you need.',
      ],
    },
  },
  {
    alert: 'WebhookJournalSlow',
    why: '`for` is longer than the window, so that one slow commit does not fire it.',
    expr: `histogram_quantile(
  0.99,
  sum by (namespace, job, le) (rate(${of(`${SIGNALS.journalCommitDuration.name}_bucket`)}[5m]))
) > 0.5 # threshold`,
    for: '10m',
    severity: 'warning',
    summary: 'Journal slow',
    description:
      '1 % of the journal commits of {{ $labels.job }} take {{ $value | humanizeDuration }} or longer. Beyond ingest.answerTimeout, reports are answered 503.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'The 99th percentile of the commit duration has been above half a second for ten minutes.',
      impact: 'Answers to the platform are slow. Beyond `ingest.answerTimeout` (900 ms), they become 503.',
      diagnosis: [
        promql(
          'Load or disk? Compare with the rate of recorded reports:',
          'rate(webhook_exporter_reports_total{outcome="recorded"}[5m])',
        ),
        promql('How full is the queue?', 'webhook_exporter_journal_pending / webhook_exporter_journal_pending_limit'),
        'Check the volume’s latency and burst credits in the cloud provider’s metrics.',
      ],
      mitigation: ['Use a faster storage class, a volume with a dedicated disk, or, for many merchants, PostgreSQL.'],
    },
  },
  {
    alert: 'WebhookCheckpointFailing',
    why: 'Size alone would take hours to fire at a low report rate; failures alone would miss a reader that pins the WAL.',
    expr: `max by (namespace, job) (${wal} / ${walLimit}) > 4 # threshold
or
sum by (namespace, job) (increase(${of(SIGNALS.journalCheckpoints.name, 'result="failed"')}[10m])) > 4`,
    for: '1m',
    severity: 'warning',
    summary: 'Journal checkpoints failing',
    description:
      'The journal of {{ $labels.job }} records reports in its write-ahead log only, which grows until the volume is full. Do not restart the receiver: if the database file has failed, the journal will not open again.',
    annotations: apiAnnotations('/readyz'),
    dashboard: 'exporter',
    runbook: {
      meaning:
        'SQLite writes each report to the write-ahead log (WAL, `journal.db-wal`). A checkpoint moves the log into `journal.db` once it reaches its limit. Checkpoints have failed several times within ten minutes, or the log has grown to more than four times its limit.',
      impact:
        'None yet: acknowledged reports are durable in the log. The log grows with every report until the volume is full; then reports are answered 503. Do not restart the receiver while the database file is failing: the journal would not open again.',
      diagnosis: [
        promql(
          'Which result? `failed`: the database file cannot be written. `blocked`: a reader pins the log.',
          'sum by (result) (increase(webhook_exporter_journal_checkpoints_total[10m]))',
        ),
        LOGS('What error does SQLite report?', 'checkpoint'),
        CONDITIONS,
        promql('How large is the log?', 'webhook_exporter_journal_wal_bytes'),
        promql('How many bytes are free on the volume?', 'webhook_exporter_journal_free_bytes'),
        'Blocked: find the other process that has `journal.db` open, such as a `sqlite3` shell with an open transaction, a hanging backup, or Litestream without access to its target.',
      ],
      mitigation: [
        'Blocked: end that process or its transaction. The next checkpoint truncates the log.',
        'Failed: look for I/O errors in the node’s kernel log (`dmesg`). Back up the database and the log together first (see docs/backup.md), then replace the volume.',
        'Volume full: enlarge the claim.',
      ],
    },
  },
  {
    alert: 'WebhookSeriesOverflow',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.labelOverflow.name)}[15m])) > 0 # threshold`,
    severity: 'warning',
    summary: 'Metric series limit exceeded',
    description:
      '{{ $value | printf "%.0f" }} failures of {{ $labels.job }} exceeded metrics.seriesLimit and were counted as "other". Totals stay exact, and records keep the real endpoint.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'There are more label sets than `metrics.seriesLimit`. For the excess, first `code` and then `endpoint` is replaced by `other`.',
      impact: 'Dashboards show less detail, and failures under the endpoint `other` do not open an incident.',
      diagnosis: [
        promql(
          'Which endpoints have the most series?',
          'topk(10, count by (endpoint) (webhook_delivery_failures_total))',
        ),
        promql('Share of the limit in use:', 'webhook_exporter_series / webhook_exporter_series_limit'),
      ],
      mitigation: [
        'Configure the endpoints by name, with URL patterns that absorb ids, or raise `metrics.seriesLimit`.',
        'Free unused series: run `/nodejs/bin/node /app/src/main.ts journal reset-series` in the pod.',
      ],
    },
  },
  {
    alert: 'WebhookSpansDropped',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.spans.name, 'result=~"dropped|failed"')}[10m])) > 0 # threshold`,
    for: '10m',
    severity: 'warning',
    summary: 'Spans not reaching the collector',
    description:
      '{{ $value | printf "%.0f" }} spans of {{ $labels.job }} were lost in the last ten minutes. Links from failures to their traces are dead.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        '`failed`: the collector did not accept the spans. `dropped`: the queue was full because the collector did not accept them fast enough.',
      impact: 'Traces are missing. Reports, counters and pages are not affected.',
      diagnosis: [
        promql('Failed or dropped?', 'sum by (result) (increase(webhook_exporter_spans_total[10m]))'),
        sh(
          'Which collector is configured?',
          `kubectl --namespace "$NAMESPACE" get pod "$JOB-0" --output jsonpath='{.spec.containers[0].env}' | jq '.[] | select(.name | startswith("OTEL"))'`,
        ),
        LOGS('What does the span exporter log?', 'otel|span|collector'),
      ],
      mitigation: ['Restore the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT and the NetworkPolicy’s egress.'],
    },
  },
]
