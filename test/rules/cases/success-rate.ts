import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, orders, SALES } from './samples.ts'
import { info, MINUTE, open } from './signal-samples.ts'

const delivered = (result: string, code: string, pod = 'w-0') =>
  series('webhook_endpoint_deliveries_total', { ...orders, source: 'proxy', result, code }, pod, `10.0.0.9:${pod}`)
export const SUCCESS_RATE_CASES: readonly Case[] = [
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
