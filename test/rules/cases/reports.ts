import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, once, report, retm, up } from './samples.ts'

export const REPORT_CASES: readonly Case[] = [
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'when acknowledged reports are gone, found before the first scrape',
    series: {
      [series('webhook_exporter_journal_lost_failures_total')]: values([
        ['5m', null],
        ['35m', 112],
      ]),
    },
    fires: '5m',
    labels: { severity: 'critical' },
    resolves: '20m',
    end: '39m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'when acknowledged reports are gone, found by a process that runs',
    series: { [series('webhook_exporter_journal_lost_failures_total')]: once('20m', '60m', 5) },
    fires: '20m',
    labels: { severity: 'critical' },
    resolves: '35m',
    end: '59m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'at the first 503',
    series: { ...up('30m'), [report('failed', 'journal_unavailable')]: once('5m', '25m') },
    fires: '5m',
    labels: { ...retm, severity: 'critical' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'at the first 503 of a process that was just started, before its first scrape',
    series: {
      ...up('30m'),
      [series('process_start_time_seconds')]: values([
        ['5m', null],
        ['25m', 290],
      ]),
      [report('failed', 'journal_unavailable')]: values([
        ['5m', null],
        ['25m', 1],
      ]),
    },
    fires: '5m',
    labels: { ...retm, severity: 'critical' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'not for old ones of a process that is scraped for the first time',
    series: {
      [series('up')]: values([
        ['5m', null],
        ['25m', 1],
      ]),
      [series('process_start_time_seconds')]: flat('30m', -86_400),
      [report('failed', 'journal_unavailable')]: values([
        ['5m', null],
        ['25m', 7],
      ]),
    },
    end: '29m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'not for reports that came while a pod stopped',
    series: { ...up('30m'), [report('failed', 'shutting_down')]: once('5m', '25m', 9) },
    end: '29m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'through the replacement of the pod that had counted them',
    series: {
      [series('up')]: values([
        ['7m', 1],
        ['15s', 'stale'],
        ['22m45s', null],
      ]),
      [report('failed', 'answer_timeout')]: values([
        ['5m', 0],
        ['2m', 2],
        ['15s', 'stale'],
        ['22m45s', null],
      ]),
      [series('up', {}, 'w-0', '10.0.0.9:9464')]: values([
        ['8m', null],
        ['22m', 1],
      ]),
      [series('process_start_time_seconds', {}, 'w-0', '10.0.0.9:9464')]: values([
        ['8m', null],
        ['22m', 470],
      ]),
      [series(
        'webhook_exporter_reports_total',
        { ...retm, outcome: 'failed', reason: 'answer_timeout' },
        'w-0',
        '10.0.0.9:9464',
      )]: values([
        ['8m', null],
        ['22m', 0],
      ]),
    },
    fires: '5m',
    labels: { ...retm, severity: 'critical' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookReportsNotRecorded',
    what: 'not while the journal is down, which pages itself',
    series: {
      ...up('30m'),
      [series('webhook_exporter_journal_up')]: values([
        ['5m', 1],
        ['25m', 0],
      ]),
      [report('failed', 'journal_unavailable')]: once('5m', '25m', 50),
    },
    end: '29m',
  },
  ...(['invalid_report', 'invalid_json', 'idempotency_key_reused', 'unsupported_media_type', 'too_large'] as const).map(
    (reason): Case => ({
      alert: 'WebhookReportsRefused',
      what: `at the fourth ${reason} in ten minutes`,
      series: {
        ...up('30m'),
        [report('rejected', reason)]: values([
          ['5m', 0],
          ['1m', 3],
          ['24m', 4],
        ]),
      },
      fires: '6m',
      ...(reason === 'too_large' && { says: /^"(?!.*hours).* rejected as invalid in ten minutes/ }),
      labels: { ...retm, severity: 'warning' },
      resolves: '15m',
      end: '29m',
    }),
  ),
  {
    alert: 'WebhookReportsRefused',
    what: 'not for three, by a person who tests',
    series: { ...up('30m'), [report('rejected', 'invalid_report')]: once('5m', '25m', 3) },
    end: '29m',
  },
  ...(['credential_missing', 'credential_unknown', 'not_found', 'method_not_allowed', 'invalid_request'] as const).map(
    (reason): Case => ({
      alert: 'WebhookReportsRefused',
      what: `not for ${reason}, which every scan makes`,
      series: { ...up('30m'), [report('rejected', reason)]: once('5m', '25m', 100) },
      end: '29m',
    }),
  ),
  {
    alert: 'WebhookReportsRefused',
    what: 'when more than ten an hour have had an unknown token for hours',
    series: {
      ...up('5h', 60),
      [report('rejected', 'credential_unknown')]: values(
        [
          ['1h', 0],
          ['4h', (tick) => Math.floor(tick / 4)],
        ],
        60,
      ),
    },
    fires: '3h44m',
    labels: { ...retm, severity: 'warning' },
    end: '4h55m',
    step: 60,
  },
  {
    alert: 'WebhookReportsRefused',
    what: 'not for one scan with tokens',
    series: {
      ...up('5h', 60),
      [report('rejected', 'credential_unknown')]: values(
        [
          ['1h', 0],
          ['4h', 500],
        ],
        60,
      ),
    },
    end: '4h55m',
    step: 60,
  },
  {
    alert: 'WebhookNoCredentials',
    what: 'when reports have been refused for it for five minutes',
    series: { ...up('30m'), [report('rejected', 'no_credentials')]: once('5m', '25m') },
    fires: '10m',
    labels: { ...retm, severity: 'critical' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookNoCredentials',
    what: 'not in a first installation, where the Secret comes after the pod',
    series: {
      ...up('30m'),
      [report('rejected', 'no_credentials')]: once('1m', '29m', 4),
      [series('webhook_exporter_credentials', retm)]: values([
        ['4m', 0],
        ['26m', 2],
      ]),
    },
    end: '29m',
  },
]
