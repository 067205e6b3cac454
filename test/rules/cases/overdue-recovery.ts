import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, orders, SALES } from './samples.ts'
import { info, MINUTE } from './signal-samples.ts'

const oldest = series('webhook_incident_recovery_oldest_open_timestamp_seconds', orders)
const allowed = series('webhook_incident_recovery_overdue_after_seconds')
export const OVERDUE_RECOVERY_CASES: readonly Case[] = [
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'for endpoints beyond the limit, of which nothing else is known',
    step: MINUTE,
    series: {
      [allowed]: flat('6h', 14_400, MINUTE),
      [series('webhook_incident_recovery_oldest_open_timestamp_seconds', { endpoint: 'other' })]: flat(
        '6h',
        600,
        MINUTE,
      ),
    },
    fires: '4h12m',
    labels: { endpoint: 'other', severity: 'warning' },
    end: '5h59m',
  },
  {
    alert: 'WebhookRecoveryOverdue',
    what: 'without a break where a restart has not read the journal yet',
    step: MINUTE,
    series: {
      ...info('8h', MINUTE),
      [allowed]: flat('8h', 14_400, MINUTE),
      [oldest]: values(
        [
          ['10m', null],
          ['5h', 600],
          ['3m', 'stale'],
          ['1h47m', 600],
          ['1h', 'stale'],
        ],
        MINUTE,
      ),
    },
    fires: '4h12m',
    labels: SALES,
    resolves: '7h10m',
    end: '7h50m',
  },
]
