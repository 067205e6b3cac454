import { STEP, series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, minutely } from './samples.ts'

export const CANARY_CASES: readonly Case[] = [
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
    says: /The test report .* has not come back for 11m/,
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
  {
    alert: 'WebhookCanaryLost',
    what: 'also where the receiver’s clock is an hour ahead',
    series: {
      [series('webhook_canary_last_success_timestamp_seconds')]: values([
        ['20m', (tick) => tick * STEP + 3_600],
        ['20m', 1_185 + 3_600],
      ]),
      [series('webhook_canary_runs_total', { result: 'success', cause: 'none' })]: values([
        ['20m', minutely()],
        ['20m', 19],
      ]),
    },
    fires: '30m',
    labels: { severity: 'critical' },
    end: '39m',
  },
]
