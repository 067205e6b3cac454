import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, info, open, orders, SALES } from './samples.ts'

export const FAILURE_CASES: readonly Case[] = [
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
    labels: { severity: 'warning' },
    resolves: '26m',
    end: '35m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'not for five of two teams, nor for the endpoint of acceptance tests',
    series: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'webhook-verify'].flatMap((endpoint, index) => [
        [open(endpoint), flat('20m', 1)],
        [
          series('webhook_endpoint_info', {
            endpoint,
            event: '',
            team: index === 0 ? 'kitchen' : 'sales',
            severity: 'critical',
          }),
          flat('20m', 1),
        ],
      ]),
    ),
    end: '19m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'for the team whose endpoints they are, in its cluster',
    series: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].flatMap((endpoint) => [
        [series('webhook_incident_open', { endpoint, cluster: 'eu' }), flat('20m', 1)],
        [
          series('webhook_endpoint_info', { endpoint, event: '', team: 'sales', severity: 'critical', cluster: 'eu' }),
          flat('20m', 1),
        ],
        [
          series('webhook_incident_open', { endpoint: `other-${endpoint}`, cluster: 'us' }),
          flat('20m', endpoint === 'a' ? 1 : 0),
        ],
      ]),
    ),
    fires: '0s',
    labels: { cluster: 'eu', team: 'sales', severity: 'warning' },
    end: '19m',
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    what: 'not for four',
    series: Object.fromEntries(['a', 'b', 'c', 'd'].map((endpoint) => [open(endpoint), flat('20m', 1)])),
    end: '19m',
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
