import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { down, info, minutely, probesTotal, SALES, up } from './samples.ts'

export const PROBE_CASES: readonly Case[] = [
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
]
