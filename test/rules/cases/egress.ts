import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { probesTotal } from './samples.ts'

const egress = series('webhook_exporter_egress_up')
export const EGRESS_CASES: readonly Case[] = [
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
    fires: '19m',
    says: /reaches nothing outside/,
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
    fires: '9m',
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
  {
    alert: 'WebhookEgressDown',
    what: 'nineteen minutes after the last scheduled probe',
    series: {
      [probesTotal({ result: 'up' })]: values(
        [
          ['6h', (tick) => tick],
          ['2h', 359],
        ],
        60,
      ),
    },
    fires: '6h18m',
    says: /has stopped probing 1 of its endpoints/,
    labels: { severity: 'warning' },
    end: '7h',
    step: 60,
  },
  {
    alert: 'WebhookEgressDown',
    what: 'not for an endpoint that is probed each quarter of an hour',
    series: {
      [probesTotal({ result: 'up' })]: values([['8h', (tick) => Math.floor(tick / 15)]], 60),
    },
    end: '7h59m',
    step: 60,
  },
]
