import type { Case } from './cases.ts'
import { STEP, series, type Value, values } from './series.ts'

const orders = { endpoint: 'orders' }
const SALES = { ...orders, team: 'sales', severity: 'warning' }
const flat = (length: string, value: number, step = STEP) => values([[length, value]], step)
const info = (length: string, step = STEP) => ({
  [series('webhook_endpoint_info', { ...orders, event: 'order.created', team: 'sales', severity: 'warning' })]: flat(
    length,
    1,
    step,
  ),
  [series('up')]: flat(length, 1, step),
})
const open = series('webhook_incident_open', orders)
const lost = series('webhook_incident_failures', orders)
const disabled = series('webhook_endpoint_disabled', { ...orders, source: 'svix' })
const overdue = series('webhook_endpoint_report_overdue', orders)

const signals: readonly Case[] = [
  {
    alert: 'WebhookEndpointDisabled',
    what: 'until the source that disabled it enables it again, with the endpoint’s team and severity',
    series: {
      ...info('30m'),
      [open]: values([
        ['5m', 0],
        ['25m', 1],
      ]),
      [disabled]: values([
        ['5m', 0],
        ['10m', 1],
        ['15m', 0],
      ]),
    },
    fires: '5m',
    labels: { ...SALES, source: 'svix' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookEndpointDisabled',
    what: 'without a break where the pod is replaced, and while the new process has not read its journal',
    series: {
      ...info('15m'),
      [series('webhook_exporter_journal_up')]: values([
        ['5m', 1],
        ['2m', null],
        ['1m', 0],
        ['7m', 1],
      ]),
      ...Object.fromEntries(
        [open, disabled].map((name) => [
          name,
          values([
            ['5m', 1],
            ['15s', 'stale'],
            ['1m45s', null],
            ['1m', 0],
            ['7m', 1],
          ]),
        ]),
      ),
    },
    fires: '0s',
    labels: { ...SALES, source: 'svix' },
    end: '14m',
  },
  {
    alert: 'WebhookEndpointDisabled',
    what: 'once for two replicas, and ends with an incident that is closed manually',
    series: {
      ...info('20m'),
      ...Object.fromEntries(
        ['w-0', 'w-1'].flatMap((pod, index): [string, Value[]][] => [
          [
            series('webhook_incident_open', orders, pod, `10.0.0.${index}:9464`),
            values([
              ['10m', 1],
              ['10m', 0],
            ]),
          ],
          [
            series('webhook_endpoint_disabled', { ...orders, source: 'svix' }, pod, `10.0.0.${index}:9464`),
            values([
              ['10m', 1],
              ['10m', 0],
            ]),
          ],
        ]),
      ),
    },
    fires: '0s',
    labels: { ...SALES, source: 'svix' },
    resolves: '10m',
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'no longer once a disabled endpoint is enabled, if nothing was lost',
    series: {
      ...info('20m'),
      [open]: flat('20m', 1),
      [lost]: flat('20m', 0),
      [disabled]: values([
        ['10m', 1],
        ['10m', 0],
      ]),
    },
    fires: '0s',
    labels: SALES,
    resolves: '10m',
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'on after a disabled endpoint is enabled, if deliveries were lost',
    series: {
      ...info('20m'),
      [open]: flat('20m', 1),
      [lost]: flat('20m', 3),
      [disabled]: values([
        ['10m', 1],
        ['10m', 0],
      ]),
    },
    fires: '0s',
    labels: SALES,
    end: '19m',
  },
  {
    alert: 'WebhookReportMissing',
    what: 'while a report is overdue at one of two replicas',
    series: {
      ...info('40m'),
      [overdue]: flat('40m', 0),
      [series('webhook_endpoint_report_overdue', orders, 'w-1', '10.0.0.2:9464')]: values([
        ['5m', 0],
        ['10m', 1],
        ['25m', 0],
      ]),
    },
    fires: '6m',
    labels: SALES,
    resolves: '25m',
    end: '39m',
  },
  {
    alert: 'WebhookReportMissing',
    what: 'without a break where a restart forgets the failed deliveries for some minutes',
    series: {
      ...info('30m'),
      [overdue]: values([
        ['10m', 1],
        ['1m', 'stale'],
        ['5m', 0],
        ['14m', 1],
      ]),
    },
    fires: '1m',
    labels: SALES,
    end: '29m',
  },
]

/** So many deliveries per tick, of which so many take between half a second and a whole one. */
const durations = (length: string, perTick: number, slowFrom: number, slowUntil = Number.POSITIVE_INFINITY) => {
  const counted = (isIn: (tick: number) => boolean) =>
    values([[length, (tick) => Array.from({ length: tick }, (_, at) => at).filter(isIn).length * perTick]])
  const isFast = (tick: number) => tick < slowFrom || tick >= slowUntil
  const bucket = (le: string) => series('webhook_endpoint_delivery_duration_seconds_bucket', { ...orders, le })
  const all = counted(() => true)
  return {
    [bucket('0.25')]: counted(isFast),
    [bucket('0.5')]: counted(isFast),
    ...Object.fromEntries(['0.75', '1', '+Inf'].map((le) => [bucket(le), all])),
    [series('webhook_endpoint_delivery_duration_seconds_count', orders)]: all,
    [series('webhook_endpoint_delivery_patience_seconds', orders)]: flat(length, 1),
  }
}
const slow: readonly Case[] = [
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'when the slowest deliveries take more than half the patience for 15 minutes',
    series: { ...info('50m'), ...durations('50m', 1, 40, 120) },
    fires: '25m30s',
    labels: SALES,
    resolves: '34m45s',
    end: '49m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'not for a burst of some minutes',
    series: { ...info('50m'), ...durations('50m', 1, 40, 72) },
    end: '49m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'not for fewer than 20 deliveries in 15 minutes',
    series: { ...info('60m'), ...durations('60m', 0.25, 0) },
    end: '59m',
  },
]

const MINUTE = 60
const delivered = (result: string, code: string, pod = 'w-0') =>
  series('webhook_endpoint_deliveries_total', { ...orders, source: 'proxy', result, code }, pod, `10.0.0.9:${pod}`)
const budgets: readonly Case[] = [
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'when three of ten deliveries fail, at two replicas together',
    step: MINUTE,
    series: {
      ...info('5h', MINUTE),
      [delivered('success', '200')]: values([['5h', (tick) => tick]], MINUTE),
      [delivered('success', '200', 'w-1')]: values(
        [
          ['2h', (tick) => tick],
          ['1h', 119],
          ['2h', (tick) => 120 + tick],
        ],
        MINUTE,
      ),
      [delivered('failure', '503', 'w-1')]: values(
        [
          ['2h', 0],
          ['1h', (tick) => tick + 1],
          ['2h', 60],
        ],
        MINUTE,
      ),
    },
    fires: '2h21m',
    labels: SALES,
    resolves: '3h30m',
    end: '4h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'on the figures of an ingress',
    step: MINUTE,
    series: {
      ...info('3h', MINUTE),
      ...Object.fromEntries(
        (['success', 'failure'] as const).map((result) => [
          `endpoint:webhook_endpoint_deliveries:rate5m{namespace="shop", job="webhook-error-exporter", source="ingress-nginx", endpoint="orders", result="${result}", code="${result === 'success' ? 200 : 503}"}`,
          flat('3h', result === 'success' ? 0.02 : 0.01, MINUTE),
        ]),
      ),
    },
    fires: '11m',
    labels: SALES,
    end: '2h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'not for ten deliveries an hour, nor after restarts',
    step: MINUTE,
    series: {
      ...info('4h', MINUTE),
      [delivered('success', '200')]: values([['4h', 0]], MINUTE),
      [delivered('failure', '503')]: values([['4h', (tick) => Math.floor(tick / 6)]], MINUTE),
      [series('webhook_endpoint_deliveries_total', {
        endpoint: 'menu',
        source: 'proxy',
        result: 'success',
        code: '200',
      })]: values(
        [
          ['1h', (tick) => tick * 10],
          ['1h', (tick) => tick * 10],
          ['2h', (tick) => tick * 10],
        ],
        MINUTE,
      ),
      [series('webhook_endpoint_deliveries_total', {
        endpoint: 'menu',
        source: 'proxy',
        result: 'failure',
        code: '0',
      })]: values(
        [
          ['1h', 3],
          ['1h', 0],
          ['2h', 0],
        ],
        MINUTE,
      ),
    },
    end: '3h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'not when an incident has said it',
    step: MINUTE,
    series: {
      ...info('3h', MINUTE),
      [open]: flat('3h', 1, MINUTE),
      [delivered('success', '200')]: values([['3h', (tick) => tick]], MINUTE),
      [delivered('failure', '503')]: values([['3h', (tick) => tick]], MINUTE),
    },
    end: '2h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnSlow',
    what: 'when one delivery in twenty fails for a day',
    step: 2 * MINUTE,
    series: {
      ...info('30h', 2 * MINUTE),
      [delivered('success', '200')]: values([['30h', (tick) => tick * 19]], 2 * MINUTE),
      [delivered('failure', '503')]: values([['30h', (tick) => tick]], 2 * MINUTE),
    },
    fires: '1h16m',
    labels: SALES,
    end: '29h',
  },
]

const oldest = series('webhook_incident_recovery_oldest_open_timestamp_seconds', orders)
const allowed = series('webhook_incident_recovery_overdue_after_seconds')
const recoveries: readonly Case[] = [
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'for endpoints beyond the limit, of which nothing else is known',
    step: MINUTE,
    series: {
      [allowed]: flat('6h', 14_400, MINUTE),
      [series('webhook_incident_recovery_oldest_open_timestamp_seconds', { endpoint: 'other' })]: flat(
        '6h',
        600,
        MINUTE,
      ),
    },
    fires: '4h12m',
    labels: { endpoint: 'other', severity: 'warning' },
    end: '5h59m',
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'without a break where a restart has not read the journal yet',
    step: MINUTE,
    series: {
      ...info('8h', MINUTE),
      [allowed]: flat('8h', 14_400, MINUTE),
      [oldest]: values(
        [
          ['10m', null],
          ['5h', 600],
          ['3m', 'stale'],
          ['1h47m', 600],
          ['1h', 'stale'],
        ],
        MINUTE,
      ),
    },
    fires: '4h12m',
    labels: SALES,
    resolves: '7h10m',
    end: '7h50m',
  },
]

const rejected = (reason: string) =>
  series('webhook_exporter_reports_total', { source: 'svix', outcome: 'rejected', reason })
const refused: readonly Case[] = (['signature_invalid', 'signature_expired'] as const).map((reason) => ({
  alert: 'WebhookReportsRefused',
  what: `when requests have been answered ${reason} for hours`,
  step: MINUTE,
  series: { [series('up')]: flat('4h', 1, MINUTE), [rejected(reason)]: values([['4h', (tick) => tick]], MINUTE) },
  fires: '2h11m',
  labels: { source: 'svix', severity: 'warning' },
  end: '3h50m',
}))

/** Alerts on what signals other than lost deliveries say, and on what follows an incident. */
export const SIGNAL_CASES: readonly Case[] = [...signals, ...slow, ...budgets, ...recoveries, ...refused]
