import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { down, flat, orders } from './samples.ts'

export const CERTIFICATE_CASES: readonly Case[] = [
  ...(
    [
      ['with the endpoint’s severity in the last two days', 2, 'critical'],
      ['as a warning 21 days before', 21, 'warning'],
    ] as const
  ).map(
    ([what, days, severity]): Case => ({
      alert: 'WebhookCertificateExpiring',
      what: `${what}, held through a restart, until a probe sees the new one`,
      series: {
        [series('webhook_endpoint_info', { ...orders, event: '', team: 'sales', severity: 'critical' })]: flat('1h', 1),
        [series('webhook_endpoint_tls_not_after_timestamp_seconds', down)]: values([
          ['20m', days * 86_400 + (severity === 'critical' ? -1 : 600)],
          ['1m', 'stale'],
          ['4m', null],
          ['15m', days * 86_400 + (severity === 'critical' ? -1 : 600)],
          ['20m', 90 * 86_400],
        ]),
      },
      fires: severity === 'critical' ? '5m' : '15m15s',
      labels: { ...orders, team: 'sales', severity },
      resolves: '46m',
      end: '59m',
    }),
  ),
]
