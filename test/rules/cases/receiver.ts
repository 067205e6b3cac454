import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, once, retm, up } from './samples.ts'

const buildInfo = series('webhook_exporter_build_info', { version: '1', node_version: '26' })
export const RECEIVER_CASES: readonly Case[] = [
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
    what: 'within the first minute, for the one sidecar of two without a valid configuration',
    series: {
      [series('webhook_exporter_config_valid')]: values([
        ['5m', 1],
        ['6m', 0],
        ['5m', 1],
      ]),
      [series('webhook_exporter_config_valid', {}, 'w-1', '10.0.0.2:9464')]: flat('16m', 1),
    },
    fires: '5m30s',
    labels: { severity: 'critical' },
    resolves: '11m',
    end: '15m',
  },
  {
    alert: 'WebhookConfigInvalid',
    what: 'as a warning where a token file cannot be read',
    series: { [series('webhook_exporter_credentials_reload_failures_total', retm)]: once('5m', '25m') },
    fires: '5m30s',
    labels: { ...retm, severity: 'warning' },
    resolves: '20m',
    end: '29m',
  },
]
