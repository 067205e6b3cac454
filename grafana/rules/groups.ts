import { BURN_RATE_ALERTS } from './burn-rate-alerts.ts'
import { BURN_RATE_RECORDINGS } from './burn-rates.ts'
import { DELIVERY_ALERTS } from './delivery-alerts.ts'
import { EGRESS_ALERT } from './egress-alert.ts'
import { INTAKE_ALERTS } from './intake-alerts.ts'
import { JOURNAL_ALERTS } from './journal-alerts.ts'
import type { Group } from './model.ts'
import { PROBE_ALERTS } from './probe-alerts.ts'
import { RECEIVER_ALERTS } from './receiver-alerts.ts'
import { ENDPOINT_RECORDINGS, INTERVAL, RECEIVER_RECORDINGS } from './recordings.ts'
import { RECOVERY_ALERTS } from './recovery-alerts.ts'
import { SIGNAL_ALERTS } from './signal-alerts.ts'
import { SUCCESS_RATE_ALERTS } from './success-rate-alerts.ts'

/** Rules of a group are evaluated in order, at one moment: an alert sees its recordings without delay. A group is a file. */
export const GROUPS: readonly Group[] = [
  {
    name: 'webhook-endpoints',
    interval: INTERVAL,
    rules: [...ENDPOINT_RECORDINGS, ...DELIVERY_ALERTS, ...SIGNAL_ALERTS, ...PROBE_ALERTS, ...RECOVERY_ALERTS],
  },
  {
    name: 'webhook-error-budgets',
    interval: '1m',
    rules: [...BURN_RATE_RECORDINGS, ...BURN_RATE_ALERTS, ...SUCCESS_RATE_ALERTS],
  },
  {
    name: 'webhook-receiver',
    interval: INTERVAL,
    rules: [...RECEIVER_RECORDINGS, ...INTAKE_ALERTS, ...RECEIVER_ALERTS, ...JOURNAL_ALERTS, EGRESS_ALERT],
  },
]
