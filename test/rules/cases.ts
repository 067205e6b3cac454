import { type Labels, STEP, seconds, series, type Value, values } from './series.ts'

export interface Case {
  readonly alert: string
  readonly what: string
  readonly series: Readonly<Record<string, readonly Value[]>>
  /** First evaluation at which it fires for good; undefined: never within `end`. */
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
    labels: { severity: 'critical' },
    resolves: '26m',
    end: '35m',
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
      [21, 'WebhookCertificateExpiresIn21Days', 'warning'],
      [7, 'WebhookCertificateExpiresIn7Days', 'warning'],
      [1, 'WebhookCertificateExpiresIn1Day', 'warning'],
    ] as const
  ).map(
    ([days, alert, severity]): Case => ({
      alert,
      what: `${days} days before, held through a restart, until a probe sees the new one`,
      series: {
        ...info('1h'),
        [series('webhook_endpoint_tls_not_after_timestamp_seconds', down)]: values([
          ['20m', days * 86_400 + 600],
          ['1m', 'stale'],
          ['4m', null],
          ['15m', days * 86_400 + 600],
          ['20m', 90 * 86_400],
        ]),
      },
      fires: '15m15s',
      labels: { ...orders, team: 'sales', severity },
      resolves: '40m',
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
  ...(['invalid_report', 'invalid_json', 'idempotency_key_reused', 'unsupported_media_type', 'too_large'] as const).map(
    (reason): Case => ({
      alert: 'WebhookReportsRefused',
      what: `at the first ${reason}`,
      series: { ...up('30m'), [report('rejected', reason)]: once('5m', '25m') },
      fires: '5m',
      labels: { ...retm, severity: 'critical' },
      resolves: '15m',
      end: '29m',
    }),
  ),
  ...(['credential_missing', 'credential_unknown', 'not_found', 'method_not_allowed', 'invalid_request'] as const).map(
    (reason): Case => ({
      alert: 'WebhookReportsRefused',
      what: `not for ${reason}, which every scan makes`,
      series: { ...up('30m'), [report('rejected', reason)]: once('5m', '25m', 100) },
      end: '29m',
    }),
  ),
  {
    alert: 'WebhookRequestsRefused',
    what: 'when more than ten an hour went on for two',
    series: {
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
    alert: 'WebhookRequestsRefused',
    what: 'not for one scan',
    series: {
      [report('rejected', 'not_found')]: values(
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
    what: 'at the first report that is refused for it',
    series: { ...up('30m'), [report('rejected', 'no_credentials')]: once('5m', '25m') },
    fires: '5m',
    labels: { ...retm, severity: 'critical' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookCredentialsReloadFailed',
    what: 'at the first failed reading',
    series: { [series('webhook_exporter_credentials_reload_failures_total', retm)]: once('5m', '25m') },
    fires: '5m',
    labels: { ...retm, severity: 'warning' },
    resolves: '20m',
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

const receiver: readonly Case[] = [
  {
    alert: 'WebhookReceiverDown',
    what: 'after two minutes without any process that answers',
    series: {
      [series('up')]: values([
        ['5m', 1],
        ['10m', 0],
        ['5m', 1],
      ]),
    },
    fires: '7m',
    labels: { severity: 'critical' },
    resolves: '15m',
    end: '19m',
  },
  {
    alert: 'WebhookReceiverDown',
    what: 'not while one of two answers',
    series: { [series('up')]: flat('20m', 0), [series('up', {}, 'w-1', '10.0.0.2:9464')]: flat('20m', 1) },
    end: '19m',
  },
  {
    alert: 'WebhookReceiverAbsent',
    what: 'after five minutes without its metrics, though something answers there',
    series: {
      ...up('20m'),
      [series('webhook_exporter_build_info', { version: '1', node_version: '26' })]: values([
        ['5m', 1],
        ['15s', 'stale'],
        ['14m45s', null],
      ]),
    },
    fires: '10m',
    labels: { severity: 'critical', namespace: '' },
    end: '19m',
  },
  {
    alert: 'WebhookReceiverAbsent',
    what: 'not where a target is known that does not answer, which is down',
    series: { [series('up')]: values([['20m', 0]]) },
    end: '19m',
  },
  {
    alert: 'WebhookReceiverNotScraped',
    what: 'after ten minutes without one of two',
    series: {
      [series('up')]: flat('30m', 1),
      [series('up', {}, 'w-1', '10.0.0.2:9464')]: values([
        ['5m', 1],
        ['20m', 0],
        ['5m', 1],
      ]),
    },
    fires: '15m',
    labels: { severity: 'warning' },
    resolves: '25m',
    end: '29m',
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
    alert: 'WebhookSidecarCrashing',
    what: 'after three restarts within 15 minutes',
    series: {
      [series('webhook_exporter_restarts_total')]: values([
        ['5m', 0],
        ['1m', 1],
        ['1m', 2],
        ['30m', 3],
      ]),
    },
    fires: '7m',
    labels: { severity: 'warning' },
    resolves: '20m',
    end: '30m',
  },
  {
    alert: 'WebhookSidecarCrashing',
    what: 'not after one',
    series: {
      [series('webhook_exporter_restarts_total')]: values([
        ['5m', 0],
        ['30m', 1],
      ]),
    },
    end: '30m',
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
    labels: { severity: 'warning' },
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
    alert: 'WebhookJournalSlow',
    what: 'when commits take more than half a second for ten minutes',
    series: {
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '0.5' })]: flat('30m', 0),
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '0.9' })]: values([
        ['5m', 0],
        ['25m', (tick) => tick + 1],
      ]),
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '+Inf' })]: values([
        ['5m', 0],
        ['25m', (tick) => tick + 1],
      ]),
    },
    fires: '15m',
    labels: { severity: 'warning' },
    end: '29m',
  },
  {
    alert: 'WebhookJournalSlow',
    what: 'not for one slow commit',
    series: {
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '0.5' })]: flat('30m', 0),
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '0.9' })]: once('5m', '25m'),
      [series('webhook_exporter_journal_commit_duration_seconds_bucket', { le: '+Inf' })]: once('5m', '25m'),
    },
    end: '29m',
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
    alert: 'WebhookSeriesOverflow',
    what: 'at the first failure that does not fit',
    series: { [series('webhook_exporter_label_overflow_total', { label: 'code' })]: once('5m', '25m') },
    fires: '5m',
    labels: { severity: 'warning' },
    resolves: '20m',
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
    labels: { severity: 'warning' },
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

export const CASES: readonly Case[] = [...deliveries, ...probes, ...intake, ...receiver, ...reach]

/** The evaluation before a time. */
export const oneBefore = (time: string, step = STEP): string => `${seconds(time) - step}s`
