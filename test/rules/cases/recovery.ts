import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, info, minutely, once, orders, SALES } from './samples.ts'

const oldestOpen = series('webhook_incident_recovery_oldest_open_timestamp_seconds', orders)
const overdueAfter = (length: string, after = 14_400) => ({
  [series('webhook_incident_recovery_overdue_after_seconds')]: values([[length, after]], 60),
})
const sent = (result: string) =>
  series('webhook_hook_deliveries_total', { hook: 'backfill', event: 'incident.closed', result })
export const RECOVERY_CASES: readonly Case[] = [
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
    says: /An outage of orders is over, but the deliveries that it lost are not restored/,
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
    alert: 'WebhookRecoveryOverdue',
    what: 'when an event is given up, for an hour',
    series: { [sent('given_up')]: once('10m', '2h') },
    fires: '11m',
    says: /which was given up\. (?!.*hours)/,
    labels: { hook: 'backfill', severity: 'warning' },
    resolves: '1h20m',
    end: '2h',
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'when an event has waited for hours',
    series: {
      [series('webhook_hook_oldest_pending_seconds', { hook: 'backfill' })]: values([['6h', (tick) => tick * 60]], 60),
    },
    fires: '4h2m',
    says: /has not accepted an event for 4h 2m 0s\./,
    labels: { hook: 'backfill', severity: 'warning' },
    end: '5h50m',
    step: 60,
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'once for a dead hook, and not for each endpoint whose recovery it would have started',
    series: {
      ...info('8h', 60),
      ...overdueAfter('8h'),
      [oldestOpen]: values([['8h', 60]], 60),
      [series('webhook_incident_recovery_oldest_open_timestamp_seconds', { endpoint: 'refunds' })]: values(
        [['8h', 120]],
        60,
      ),
      [series('webhook_hook_oldest_pending_seconds', { hook: 'backfill' })]: values([['8h', (tick) => tick * 60]], 60),
    },
    fires: '4h2m',
    labels: { hook: 'backfill', severity: 'warning' },
    end: '7h50m',
    step: 60,
  },
  {
    alert: 'WebhookRecoveryOverdue',
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
