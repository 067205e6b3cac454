import { STEP, series, values } from '../series.ts'
import type { Case } from './case.ts'
import { down, flat, info, minutely, open, probesTotal, SALES, up } from './samples.ts'

export const AVAILABILITY_CASES: readonly Case[] = [
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
]
