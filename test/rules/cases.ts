import { DELIVERY_RATE_CASES } from './delivery-rate-cases.ts'
import { type Labels, STEP, seconds, series, type Value, values } from './series.ts'
import { SIGNAL_CASES } from './signal-cases.ts'

export interface Case {
  readonly alert: string
  readonly what: string
  readonly series: Readonly<Record<string, readonly Value[]>>
  /** First evaluation at which it fires permanently; undefined: never within `end`. */
  readonly fires?: string
  /** Its labels besides alertname, alertstate, namespace and job. */
  readonly labels?: Labels
  /** How long it fired before that. */
  readonly earlier?: string
  /** First evaluation at which it no longer fires. */
  readonly resolves?: string
  /** Last evaluation, for what never fires or never resolves. */
  readonly end: string
  /** Seconds between samples and evaluations, for long ones. */
  readonly step?: number
}

const orders = { endpoint: 'orders' }
const info = (length: string, step = STEP) => ({
  [series('webhook_endpoint_info', { ...orders, event: 'order.created', team: 'sales', severity: 'warning' })]: values(
    [[length, 1]],
    step,
  ),
})
const SALES = { ...orders, team: 'sales', severity: 'warning' }
const up = (length: string, step = STEP) => ({ [series('up')]: values([[length, 1]], step) })
const flat = (length: string, value: number, step = STEP) => values([[length, value]], step)
/** A counter that is flat, rises once, and is flat. */
const once = (before: string, after: string, by = 1, from = 0) =>
  values([
    [before, from],
    [after, from + by],
  ])
const retm = { source: 'retm' }
const report = (outcome: string, reason: string) =>
  series('webhook_exporter_reports_total', { ...retm, outcome, reason })
const failures = (labels: Labels) =>
  series('webhook_delivery_failures_total', { ...retm, code: '503', cause: 'unavailable', ...labels })
const lastFailure = (labels: Labels) =>
  series('webhook_delivery_last_failure_timestamp_seconds', { ...retm, code: '503', cause: 'unavailable', ...labels })
const probesTotal = (labels: Labels) =>
  series('webhook_endpoint_probes_total', {
    ...orders,
    vantage: 'public',
    cause: 'none',
    trigger: 'scheduled',
    ...labels,
  })
const open = (endpoint: string) => series('webhook_incident_open', { endpoint })
/** One more a minute, from `from` on. */
const minutely =
  (from = 0, step = STEP) =>
  (tick: number) =>
    from + Math.floor((tick * step) / 60)

const egress = series('webhook_exporter_egress_up')
const reach: readonly Case[] = [
  {
    alert: 'WebhookEgressDown',
    what: 'when everything outside has failed for a while',
    series: {
      [egress]: values([
        ['10m', 1],
        ['30m', 0],
        ['10m', 1],
      ]),
    },
    fires: '20m',
    labels: { severity: 'warning' },
    resolves: '40m',
    end: '49m',
  },
  {
    alert: 'WebhookEgressDown',
    what: 'although nothing is tried now and then',
    series: {
      [egress]: values([
        ['5m', null],
        ['3m', 0],
        ['3m', 'stale'],
        ['3m', 0],
        ['3m', 'stale'],
        ['13m', 0],
      ]),
    },
    fires: '10m',
    labels: { severity: 'warning' },
    end: '29m',
  },
  {
    alert: 'WebhookEgressDown',
    what: 'not while nothing was tried, nor for a short break',
    series: {
      [egress]: values([
        ['10m', null],
        ['10m', 1],
        ['5m', 0],
        ['10m', 1],
      ]),
    },
    end: '34m',
  },
]

const deliveries: readonly Case[] = [
  {
    alert: 'WebhookEndpointFailing',
    what: 'at the evaluation that sees the first failure, with the endpoint’s team and severity',
    series: {
      ...info('30m'),
      [open('orders')]: values([
        ['5m', 0],
        ['10m', 1],
        ['15m', 0],
      ]),
    },
    fires: '5m',
    labels: SALES,
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'for an endpoint that was not known before, as critical',
    series: {
      ...up('10m'),
      [open('https://shop.example/hook')]: values([
        ['5m', null],
        ['5m', 1],
      ]),
    },
    fires: '5m',
    labels: { endpoint: 'https://shop.example/hook', severity: 'critical' },
    end: '9m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'once where two processes disagree on the team: the newer one knows',
    series: {
      [series('webhook_endpoint_info', { ...orders, event: '', team: 'old', severity: 'critical' })]: flat('10m', 1),
      [series('process_start_time_seconds')]: flat('10m', 1_000),
      [series(
        'webhook_endpoint_info',
        { ...orders, event: '', team: 'new', severity: 'warning' },
        'w-1',
        '10.0.0.2:9464',
      )]: flat('10m', 1),
      [series('process_start_time_seconds', {}, 'w-1', '10.0.0.2:9464')]: flat('10m', 2_000),
      [open('orders')]: flat('10m', 1),
      [series('webhook_incident_open', orders, 'w-1', '10.0.0.2:9464')]: flat('10m', 1),
    },
    fires: '0s',
    labels: { ...orders, team: 'new', severity: 'warning' },
    end: '9m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'under one set of labels while cause, code, verdict and remedy change',
    series: {
      ...info('20m'),
      [open('orders')]: flat('20m', 1),
      [series('webhook_incident_started_timestamp_seconds', orders)]: flat('20m', 1_000),
      [series('webhook_incident_info', { ...orders, cause: 'timeout', code: '28' })]: values([
        ['10m', 1],
        ['15s', 'stale'],
      ]),
      [series('webhook_incident_info', { ...orders, cause: 'dns', code: '6' })]: values([
        ['10m', null],
        ['10m', 1],
      ]),
      [series('webhook_incident_report_info', { ...orders, cause: 'dns', code: '6' })]: flat('20m', 1),
      [series('webhook_incident_verdict_info', { ...orders, rule: 'agree', remedy: 'dns', url: 'https://x.example/' })]:
        values([
          ['10m', null],
          ['10m', 1],
        ]),
    },
    fires: '0s',
    labels: SALES,
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'for the endpoint of acceptance tests, and ends with its incident',
    series: {
      [series('webhook_endpoint_info', { endpoint: 'webhook-verify', event: '', team: '', severity: 'none' })]: flat(
        '20m',
        1,
      ),
      [open('webhook-verify')]: values([
        ['5m', 0],
        ['5m', 1],
        ['15s', 'stale'],
        ['9m45s', null],
      ]),
    },
    fires: '5m',
    labels: { endpoint: 'webhook-verify', severity: 'none' },
    resolves: '10m',
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'without a break where a starting process shows 0 because it has not read its journal',
    series: {
      ...info('10m'),
      [series('webhook_exporter_journal_up')]: values([
        ['4m', 1],
        ['1m', 0],
        ['5m', 1],
      ]),
      [open('orders')]: values([
        ['4m', 1],
        ['1m', 0],
        ['5m', 1],
      ]),
    },
    fires: '0s',
    labels: SALES,
    end: '9m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'on for half an hour after the second closing of what flaps, through further openings',
    series: {
      ...info('4h'),
      [open('orders')]: values([
        ['10m', 1],
        ['10m', 0],
        ['10m', 1],
        ['20m', 0],
        ['10m', 1],
        ['3h', 0],
      ]),
    },
    fires: '20m',
    earlier: '10m',
    labels: SALES,
    resolves: '1h30m',
    end: '3h59m',
  },
  {
    alert: 'WebhookFailuresIncreasing',
    what: 'when more than ten in ten minutes went on for five, and ends with the window',
    series: {
      ...info('60m'),
      [failures(orders)]: values([
        ['5m', 0],
        ['10m', (tick) => (tick + 1) * 2],
        ['45m', 80],
      ]),
    },
    fires: '11m15s',
    labels: SALES,
    resolves: '23m30s',
    end: '59m',
  },
  {
    alert: 'WebhookFailuresIncreasing',
    what: 'not where an incident has paged already',
    series: {
      ...info('30m'),
      [failures(orders)]: values([
        ['5m', 0],
        ['10m', (tick) => (tick + 1) * 2],
        ['15m', 80],
      ]),
      [open('orders')]: values([
        ['5m', 0],
        ['25m', 1],
      ]),
    },
    end: '29m',
  },
  {
    alert: 'WebhookFailuresIncreasing',
    what: 'as a warning for an endpoint that nothing is known of: there are more than are tracked',
    series: {
      ...up('30m'),
      [failures({ endpoint: 'https://invented.example/' })]: values([
        ['5m', 0],
        ['10m', (tick) => (tick + 1) * 2],
        ['15m', 80],
      ]),
    },
    fires: '11m15s',
    labels: { endpoint: 'https://invented.example/', severity: 'warning' },
    resolves: '23m30s',
    end: '29m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'at the fifth open incident, and a quarter of an hour longer',
    series: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((endpoint, index) => [
        open(endpoint),
        values([
          [`${index + 1}m`, 0],
          ['10m', 1],
          [`${30 - index}m`, 0],
        ]),
      ]),
    ),
    fires: '5m',
    labels: { severity: 'warning' },
    resolves: '26m',
    end: '35m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'not for five of two teams, nor for the endpoint of acceptance tests',
    series: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'webhook-verify'].flatMap((endpoint, index) => [
        [open(endpoint), flat('20m', 1)],
        [
          series('webhook_endpoint_info', {
            endpoint,
            event: '',
            team: index === 0 ? 'kitchen' : 'sales',
            severity: 'critical',
          }),
          flat('20m', 1),
        ],
      ]),
    ),
    end: '19m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'for the team whose endpoints they are, in its cluster',
    series: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].flatMap((endpoint) => [
        [series('webhook_incident_open', { endpoint, cluster: 'eu' }), flat('20m', 1)],
        [
          series('webhook_endpoint_info', { endpoint, event: '', team: 'sales', severity: 'critical', cluster: 'eu' }),
          flat('20m', 1),
        ],
        [
          series('webhook_incident_open', { endpoint: `other-${endpoint}`, cluster: 'us' }),
          flat('20m', endpoint === 'a' ? 1 : 0),
        ],
      ]),
    ),
    fires: '0s',
    labels: { cluster: 'eu', team: 'sales', severity: 'warning' },
    end: '19m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'not for four',
    series: Object.fromEntries(['a', 'b', 'c', 'd'].map((endpoint) => [open(endpoint), flat('20m', 1)])),
    end: '19m',
  },
  {
    alert: 'WebhookFailuresUnidentified',
    what: 'at the first failure whose URL is none, though its series is born at 1',
    series: {
      ...up('30m'),
      [failures({ endpoint: 'invalid' })]: values([
        ['5m', null],
        ['25m', 1],
      ]),
      [lastFailure({ endpoint: 'invalid' })]: values([
        ['5m', null],
        ['25m', 290],
      ]),
    },
    fires: '5m',
    labels: { endpoint: 'invalid', severity: 'warning' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookIncidentOpenTooLong',
    what: 'after four hours, held through the replacement of the pod in between',
    series: {
      ...info('6h', 60),
      [open('orders')]: values(
        [
          ['10m', 0],
          ['2h', 1],
          ['1m', 'stale'],
          ['3h', null],
        ],
        60,
      ),
      [series('webhook_incident_open', orders, 'w-0', '10.0.0.9:9464')]: values(
        [
          ['2h15m', null],
          ['3h', 1],
        ],
        60,
      ),
    },
    fires: '4h10m',
    labels: SALES,
    end: '5h',
    step: 60,
  },
  {
    alert: 'WebhookIncidentOpenTooLong',
    what: 'not where the receiver’s clock was set back, which makes its incidents old',
    series: {
      ...info('1h'),
      [open('orders')]: flat('1h', 1),
      [series('webhook_incident_started_timestamp_seconds', orders)]: flat('1h', -36_000),
    },
    end: '59m',
  },
]

const down = { vantage: 'public', ...orders }
const probes: readonly Case[] = [
  {
    alert: 'WebhookEndpointDown',
    what: 'when scheduled probes failed for three minutes',
    series: {
      ...info('30m'),
      ...up('30m'),
      [probesTotal({ result: 'up' })]: values([
        ['10m', minutely()],
        ['10m', 9],
        ['10m', minutely(10)],
      ]),
      [probesTotal({ result: 'down', cause: 'tls' })]: values([
        ['10m', null],
        ['10m', minutely(1)],
        ['10m', 10],
      ]),
      [series('webhook_endpoint_up', down)]: values([
        ['10m', 1],
        ['10m', 0],
        ['10m', 1],
      ]),
    },
    fires: '13m',
    labels: SALES,
    resolves: '20m',
    end: '29m',
  },
  {
    alert: 'WebhookEndpointDown',
    what: 'not for a probe after a failure where there is no schedule',
    series: {
      ...info('30m'),
      ...up('30m'),
      [probesTotal({ result: 'down', cause: 'tls', trigger: 'report' })]: values([
        ['10m', null],
        ['20m', 1],
      ]),
      [series('webhook_endpoint_up', down)]: values([
        ['10m', null],
        ['20m', 0],
      ]),
    },
    end: '29m',
  },
  {
    alert: 'WebhookEndpointDown',
    what: 'without a break through a restart that has not probed yet',
    series: {
      ...info('30m'),
      ...up('30m'),
      [probesTotal({ result: 'down', cause: 'tls' })]: values([
        ['10m', minutely()],
        ['1m', 'stale'],
        ['4m', null],
        ['15m', minutely(1)],
      ]),
      [series('webhook_endpoint_up', down)]: values([
        ['10m', 0],
        ['1m', 'stale'],
        ['4m', null],
        ['15m', 0],
      ]),
    },
    fires: '4m',
    labels: SALES,
    end: '29m',
  },
  {
    alert: 'WebhookProbesStale',
    what: 'twenty minutes after the last scheduled probe',
    series: {
      ...info('8h', 60),
      [probesTotal({ result: 'up' })]: values(
        [
          ['6h', (tick) => tick],
          ['2h', 359],
        ],
        60,
      ),
    },
    fires: '6h19m',
    labels: SALES,
    end: '7h',
    step: 60,
  },
  {
    alert: 'WebhookProbesStale',
    what: 'not for an endpoint that is probed each quarter of an hour',
    series: {
      ...info('8h', 60),
      [probesTotal({ result: 'up' })]: values([['8h', (tick) => Math.floor(tick / 15)]], 60),
    },
    end: '7h59m',
    step: 60,
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    what: 'when one probe in three fails',
    series: {
      ...info('4h'),
      ...up('4h'),
      [probesTotal({ result: 'up' })]: values([
        ['2h', minutely()],
        ['1h', (tick) => 120 + Math.floor((tick * STEP) / 90)],
        ['1h', minutely(160)],
      ]),
      [probesTotal({ result: 'down', cause: 'timeout' })]: values([
        ['2h', 0],
        ['1h', (tick) => Math.floor((tick * STEP) / 180)],
        ['1h', 20],
      ]),
    },
    fires: '2h30m15s',
    labels: SALES,
    resolves: '3h29m15s',
    end: '3h55m',
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    what: 'not when an incident has said it, nor within the hour after',
    series: {
      ...info('3h'),
      ...up('3h'),
      [probesTotal({ result: 'up' })]: values([
        ['1h', minutely()],
        ['1h', 59],
        ['1h', minutely(60)],
      ]),
      [probesTotal({ result: 'down', cause: 'timeout' })]: values([
        ['1h', 0],
        ['1h', minutely(1)],
        ['1h', 60],
      ]),
      [open('orders')]: values([
        ['1h', 0],
        ['1h', 1],
        ['1h', 0],
      ]),
    },
    end: '2h59m',
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    what: 'not for a few probes of which one failed',
    series: {
      ...info('2h'),
      ...up('2h'),
      [probesTotal({ result: 'up' })]: values([['2h', (tick) => Math.floor(tick / 40)]]),
      [probesTotal({ result: 'down', cause: 'timeout' })]: values([
        ['1h', 0],
        ['1h', 1],
      ]),
    },
    end: '1h59m',
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    what: 'not by probes of an incident, nor by those of a receiver that may itself be cut off',
    series: {
      ...info('2h'),
      ...up('2h'),
      [probesTotal({ result: 'up' })]: values([['2h', minutely()]]),
      [probesTotal({ result: 'down', cause: 'timeout', trigger: 'incident' })]: values([['2h', minutely()]]),
      [probesTotal({ result: 'unverified', cause: 'dns' })]: values([['2h', minutely()]]),
    },
    end: '1h59m',
  },
  {
    alert: 'WebhookEndpointDown',
    what: 'not by probes of an incident where there is no schedule',
    series: {
      ...info('30m'),
      ...up('30m'),
      [probesTotal({ result: 'up', trigger: 'scheduled' })]: flat('30m', 0),
      [probesTotal({ result: 'down', cause: 'tls', trigger: 'incident' })]: values([['30m', minutely()]]),
      [series('webhook_endpoint_up', down)]: flat('30m', 0),
    },
    end: '29m',
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    what: 'not by probes that failures asked for',
    series: {
      ...info('2h'),
      ...up('2h'),
      [probesTotal({ result: 'up' })]: values([['2h', minutely()]]),
      [probesTotal({ result: 'down', cause: 'timeout', trigger: 'report' })]: values([['2h', minutely()]]),
    },
    end: '1h59m',
  },
  {
    alert: 'WebhookAvailabilityBurnSlow',
    what: 'when one probe in twenty fails for most of a day',
    series: {
      ...info('2d', 60),
      ...up('2d', 60),
      [probesTotal({ result: 'up' })]: values(
        [
          ['1d', (tick) => tick],
          ['1d', (tick) => 1_440 + tick - Math.floor(tick / 20)],
        ],
        60,
      ),
      [probesTotal({ result: 'down', cause: 'timeout' })]: values(
        [
          ['1d', 0],
          ['1d', (tick) => Math.floor(tick / 20)],
        ],
        60,
      ),
    },
    fires: '31h15m',
    labels: SALES,
    end: '40h',
    step: 60,
  },
  ...(
    [
      ['with the endpoint’s severity in the last two days', 2, 'critical'],
      ['as a warning 21 days before', 21, 'warning'],
    ] as const
  ).map(
    ([what, days, severity]): Case => ({
      alert: 'WebhookCertificateExpiring',
      what: `${what}, held through a restart, until a probe sees the new one`,
      series: {
        [series('webhook_endpoint_info', { ...orders, event: '', team: 'sales', severity: 'critical' })]: flat('1h', 1),
        [series('webhook_endpoint_tls_not_after_timestamp_seconds', down)]: values([
          ['20m', days * 86_400 + (severity === 'critical' ? -1 : 600)],
          ['1m', 'stale'],
          ['4m', null],
          ['15m', days * 86_400 + (severity === 'critical' ? -1 : 600)],
          ['20m', 90 * 86_400],
        ]),
      },
      fires: severity === 'critical' ? '5m' : '15m15s',
      labels: { ...orders, team: 'sales', severity },
      resolves: '46m',
      end: '59m',
    }),
  ),
]

const intake: readonly Case[] = [
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
  {
    alert: 'WebhookCanaryLost',
    what: 'eleven minutes after the last success',
    series: {
      [series('webhook_canary_last_success_timestamp_seconds')]: values([
        ['20m', (tick) => tick * STEP],
        ['20m', 1_185],
      ]),
      [series('webhook_canary_runs_total', { result: 'success', cause: 'none' })]: values([
        ['20m', minutely()],
        ['20m', 19],
      ]),
      [series('webhook_canary_runs_total', { result: 'failure', cause: 'tls' })]: values([
        ['20m', 0],
        ['20m', minutely(1)],
      ]),
    },
    fires: '31m',
    labels: { severity: 'critical' },
    end: '39m',
  },
  {
    alert: 'WebhookCanaryLost',
    what: 'where it never succeeded: its time is that of its configuration',
    series: {
      [series('webhook_canary_last_success_timestamp_seconds')]: flat('30m', 0),
      [series('webhook_canary_runs_total', { result: 'success', cause: 'none' })]: flat('30m', 0),
      [series('webhook_canary_runs_total', { result: 'failure', cause: 'tls' })]: values([['30m', minutely()]]),
    },
    fires: '11m15s',
    labels: { severity: 'critical' },
    end: '29m',
  },
  {
    alert: 'WebhookCanaryLost',
    what: 'not where the receiver’s clock was set back an hour',
    series: {
      [series('webhook_canary_last_success_timestamp_seconds')]: values([
        ['20m', (tick) => tick * STEP],
        ['20m', (tick) => 1_200 + tick * STEP - 3_600],
      ]),
      [series('webhook_canary_runs_total', { result: 'success', cause: 'none' })]: values([['40m', minutely()]]),
    },
    end: '39m',
  },
]

const buildInfo = series('webhook_exporter_build_info', { version: '1', node_version: '26' })
const receiver: readonly Case[] = [
  {
    alert: 'WebhookReceiverDown',
    what: 'after two minutes without any process that answers',
    series: {
      [buildInfo]: values([
        ['5m', 1],
        ['15s', 'stale'],
        ['9m45s', null],
        ['5m', 1],
      ]),
      [series('up')]: values([
        ['5m', 1],
        ['10m', 0],
        ['5m', 1],
      ]),
    },
    fires: '7m',
    labels: { severity: 'critical' },
    resolves: '18m',
    end: '19m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'without an end in between where its target is down, goes away, and comes back down',
    series: {
      [series('up')]: values([
        ['5m', 1],
        ['2m15s', 0],
        ['15s', 'stale'],
        ['12m30s', null],
        ['5m', 0],
        ['5m', 1],
      ]),
      [buildInfo]: values([
        ['5m', 1],
        ['15s', 'stale'],
        ['19m45s', null],
        ['5m', 1],
      ]),
    },
    fires: '7m',
    labels: { severity: 'critical' },
    resolves: '28m',
    end: '29m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'when it has been gone for seven minutes, though something answers there',
    series: {
      ...up('20m'),
      [buildInfo]: values([
        ['5m', 1],
        ['15s', 'stale'],
        ['14m45s', null],
      ]),
    },
    fires: '12m',
    labels: { severity: 'critical' },
    end: '19m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'where it was never scraped',
    series: { up: flat('20m', 1) },
    fires: '2m',
    labels: { severity: 'critical', namespace: '' },
    end: '19m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'when a sidecar crashes for the third time within 15 minutes',
    series: {
      ...up('35m'),
      [buildInfo]: flat('35m', 1),
      [series('webhook_exporter_restarts_total')]: values([
        ['5m', 0],
        ['1m', 1],
        ['1m', 2],
        ['28m', 3],
      ]),
    },
    fires: '9m',
    labels: { severity: 'critical' },
    resolves: '23m',
    end: '30m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'when a container crashes again and again, although it answers in between',
    series: {
      ...up('30m'),
      [buildInfo]: flat('30m', 1),
      [series('process_start_time_seconds')]: values([
        ['5m', 0],
        ['1m', 300],
        ['1m', 360],
        ['23m', 420],
      ]),
    },
    fires: '9m',
    labels: { severity: 'critical' },
    resolves: '23m',
    end: '29m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'not for one restart, nor for a pod that is replaced within four minutes',
    series: {
      [series('up')]: values([
        ['10m', 1],
        ['15s', 'stale'],
        ['19m45s', null],
      ]),
      [buildInfo]: values([
        ['10m', 1],
        ['15s', 'stale'],
        ['19m45s', null],
      ]),
      [series('webhook_exporter_restarts_total')]: once('5m', '5m'),
      [series('up', {}, 'w-0', '10.0.0.9:9464')]: values([
        ['14m', null],
        ['16m', 1],
      ]),
      [series('webhook_exporter_build_info', { version: '1', node_version: '26' }, 'w-0', '10.0.0.9:9464')]: values([
        ['14m', null],
        ['16m', 1],
      ]),
    },
    end: '29m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'not while one of two answers',
    series: {
      [buildInfo]: flat('20m', 1),
      [series('up')]: flat('20m', 0),
      [series('up', {}, 'w-1', '10.0.0.2:9464')]: flat('20m', 1),
    },
    end: '19m',
  },
  {
    alert: 'WebhookConfigInvalid',
    what: 'after two minutes, by the one sidecar of two without a valid configuration',
    series: {
      [series('webhook_exporter_config_valid')]: values([
        ['5m', 1],
        ['6m', 0],
        ['5m', 1],
      ]),
      [series('webhook_exporter_config_valid', {}, 'w-1', '10.0.0.2:9464')]: flat('16m', 1),
    },
    fires: '7m',
    labels: { severity: 'critical' },
    resolves: '11m',
    end: '15m',
  },
  {
    alert: 'WebhookConfigInvalid',
    what: 'as a warning where a token file cannot be read',
    series: { [series('webhook_exporter_credentials_reload_failures_total', retm)]: once('5m', '25m') },
    fires: '7m',
    labels: { ...retm, severity: 'warning' },
    resolves: '20m',
    end: '29m',
  },
  {
    alert: 'WebhookJournalDown',
    what: 'after a minute, by the one process of two that cannot write',
    series: {
      [series('webhook_exporter_journal_up')]: values([
        ['5m', 1],
        ['5m', 0],
        ['5m', 1],
      ]),
      [series('webhook_exporter_journal_up', {}, 'w-1', '10.0.0.2:9464')]: flat('15m', 1),
    },
    fires: '6m',
    labels: { severity: 'critical' },
    resolves: '10m',
    end: '14m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'below a tenth, after ten minutes',
    series: {
      [series('webhook_exporter_journal_free_bytes')]: values([
        ['5m', 2e9],
        ['20m', 0.9e9],
        ['5m', 2e9],
      ]),
      [series('webhook_exporter_journal_size_bytes')]: flat('30m', 9e9),
    },
    fires: '15m',
    labels: { severity: 'warning' },
    resolves: '25m',
    end: '29m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'below 64 MiB, though the journal is small',
    series: {
      [series('webhook_exporter_journal_free_bytes')]: flat('20m', 5e7),
      [series('webhook_exporter_journal_size_bytes')]: flat('20m', 1e6),
    },
    fires: '10m',
    labels: { severity: 'warning' },
    end: '19m',
  },
  {
    alert: 'WebhookRetentionCutsEarly',
    what: 'when size removes what age would keep',
    series: { [series('webhook_exporter_journal_expired_total', { reason: 'size' })]: once('5m', '75m', 50) },
    fires: '5m',
    labels: { severity: 'info' },
    resolves: '1h5m',
    end: '1h19m',
  },
  {
    alert: 'WebhookRetentionCutsEarly',
    what: 'not for what reached its age',
    series: { [series('webhook_exporter_journal_expired_total', { reason: 'age' })]: once('5m', '75m', 50) },
    end: '1h19m',
  },
  {
    alert: 'WebhookCheckpointFailing',
    what: 'when the WAL has been larger than four times its limit for a minute',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: values([
        ['5m', 4_100_000],
        ['10m', 17_000_000],
        ['15m', 4_096_000],
      ]),
    },
    fires: '6m',
    labels: { severity: 'warning' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookCheckpointFailing',
    what: 'when checkpoints fail, however small the WAL is',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: flat('30m', 4_200_000),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'failed' })]: values([
        ['5m', 0],
        ['25m', (tick) => tick + 1],
      ]),
    },
    fires: '7m',
    labels: { severity: 'warning' },
    end: '29m',
  },
  {
    alert: 'WebhookCheckpointFailing',
    what: 'not for a WAL above its limit while a reader is at work, nor for one failure',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: flat('30m', 9_000_000),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'blocked' })]: values([['30m', (tick) => tick]]),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'failed' })]: once('5m', '25m'),
    },
    end: '29m',
  },
  {
    alert: 'WebhookSpansDropped',
    what: 'when spans are lost for ten minutes',
    series: {
      [series('webhook_exporter_spans_total', { result: 'failed' })]: values([
        ['5m', 0],
        ['15m', (tick) => tick + 1],
        ['20m', 60],
      ]),
    },
    fires: '15m',
    labels: { severity: 'info' },
    resolves: '29m45s',
    end: '39m',
  },
  {
    alert: 'WebhookSpansDropped',
    what: 'not for a few that were lost once',
    series: { [series('webhook_exporter_spans_total', { result: 'dropped' })]: once('5m', '35m', 20) },
    end: '39m',
  },
]

const oldestOpen = series('webhook_incident_recovery_oldest_open_timestamp_seconds', orders)
const overdueAfter = (length: string, after = 14_400) => ({
  [series('webhook_incident_recovery_overdue_after_seconds')]: values([[length, after]], 60),
})
const sent = (result: string) =>
  series('webhook_hook_deliveries_total', { hook: 'backfill', event: 'incident.closed', result })
const recovery: readonly Case[] = [
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'when nobody has restored the losses in time, until it is done',
    // promtool's time begins at 0: the incident closed a minute later.
    series: {
      ...info('8h', 60),
      ...overdueAfter('8h'),
      [oldestOpen]: values(
        [
          ['1m', null],
          ['6h', 60],
          ['1m', 'stale'],
        ],
        60,
      ),
    },
    fires: '4h3m',
    labels: SALES,
    resolves: '6h11m',
    end: '7h',
    step: 60,
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'as early as the configuration says',
    series: { ...info('3h', 60), ...overdueAfter('3h', 3_600), [oldestOpen]: values([['3h', 60]], 60) },
    fires: '1h3m',
    labels: SALES,
    end: '2h50m',
    step: 60,
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'not while a recovery is made in time, again and again',
    series: {
      ...info('8h', 60),
      ...overdueAfter('8h'),
      [oldestOpen]: values(
        [
          ['3h', 60],
          ['4h', 10_800],
        ],
        60,
      ),
    },
    end: '6h50m',
    step: 60,
  },
  {
    alert: 'WebhookHookFailing',
    what: 'when an event is given up, for an hour',
    series: { [sent('given_up')]: once('10m', '2h') },
    fires: '10m',
    labels: { hook: 'backfill', severity: 'warning' },
    resolves: '1h10m',
    end: '2h',
  },
  {
    alert: 'WebhookHookFailing',
    what: 'when an event has waited for hours',
    series: {
      [series('webhook_hook_oldest_pending_seconds', { hook: 'backfill' })]: values([['6h', (tick) => tick * 60]], 60),
    },
    fires: '4h1m',
    labels: { hook: 'backfill', severity: 'warning' },
    end: '5h50m',
    step: 60,
  },
  {
    alert: 'WebhookHookFailing',
    what: 'not while attempts fail and are made again',
    series: {
      [sent('failure')]: values([['3h', minutely()]]),
      [sent('success')]: values([['3h', minutely()]]),
      [sent('given_up')]: flat('3h', 0),
      [series('webhook_hook_oldest_pending_seconds', { hook: 'backfill' })]: flat('3h', 3_600),
    },
    end: '2h50m',
  },
]

export const CASES: readonly Case[] = [
  ...deliveries,
  ...probes,
  ...intake,
  ...receiver,
  ...reach,
  ...recovery,
  ...SIGNAL_CASES,
  ...DELIVERY_RATE_CASES,
]

/** The evaluation before a time. */
export const oneBefore = (time: string, step = STEP): string => `${seconds(time) - step}s`
