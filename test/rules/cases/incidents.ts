import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, info, open, orders, SALES, up } from './samples.ts'

export const INCIDENT_CASES: readonly Case[] = [
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
    // One evaluation after the incident, with the texts of its end.
    resolves: '15m15s',
    end: '29m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'for an endpoint that was not known before, as a warning',
    series: {
      ...up('10m'),
      [open('https://shop.example/hook')]: values([
        ['5m', null],
        ['5m', 1],
      ]),
    },
    fires: '5m',
    labels: { endpoint: 'https://shop.example/hook', severity: 'warning' },
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
    what: 'under one set of labels while what its page says changes',
    series: {
      ...info('20m'),
      [open('orders')]: flat('20m', 1),
      [series('webhook_incident_started_timestamp_seconds', orders)]: flat('20m', 1_000),
      [series('webhook_incident_info', {
        ...orders,
        cause: 'timeout',
        code: '28',
        title: 'deliveries failing, timeout',
      })]: values([
        ['10m', 1],
        ['15s', 'stale'],
      ]),
      [series('webhook_incident_info', {
        ...orders,
        cause: 'dns',
        code: '6',
        title: 'deliveries failing, name not resolved',
      })]: values([
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
    resolves: '10m15s',
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
    earlier: '10m15s',
    labels: SALES,
    resolves: '1h30m',
    end: '3h59m',
  },
]
