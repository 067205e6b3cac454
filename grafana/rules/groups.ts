import { BURN_RATE_ALERTS } from './burn-rate-alerts.ts'
import { BURN_RATE_RECORDINGS } from './burn-rates.ts'
import { DELIVERY_ALERTS } from './delivery-alerts.ts'
import { EGRESS_ALERT } from './egress-alert.ts'
import { INTAKE_ALERTS } from './intake-alerts.ts'
import { JOURNAL_ALERTS } from './journal-alerts.ts'
import type { Group } from './model.ts'
import { OPEN_TOO_LONG_ALERTS } from './open-too-long-alert.ts'
import { CERTIFICATE_ALERTS, PROBE_ALERTS } from './probe-alerts.ts'
import { RECEIVER_ALERTS } from './receiver-alerts.ts'
import { ENDPOINT_RECORDINGS, INTERVAL, RECEIVER_RECORDINGS } from './recordings.ts'
import { RECOVERY_ALERTS } from './recovery-alerts.ts'
import { REPORT_MISSING_ALERTS, SIGNAL_ALERTS } from './signal-alerts.ts'
import { SUCCESS_RATE_ALERTS } from './success-rate-alerts.ts'

/**
 * Rules of a group are evaluated in order, at one moment: an alert sees its recordings without delay. Those of another
 * group it sees at most one interval late.
 */
export const GROUPS: readonly Group[] = [
  {
    name: 'webhook-endpoints',
    file: 'endpoints.yaml',
    interval: INTERVAL,
    rules: [...ENDPOINT_RECORDINGS, ...DELIVERY_ALERTS, ...SIGNAL_ALERTS, ...PROBE_ALERTS],
  },
  {
    name: 'webhook-follow-ups',
    file: 'endpoints.yaml',
    interval: '1m',
    why: 'What can wait for a minute, so that what pages need not wait for it: the texts of 500 alerts take Prometheus a third of a second.',
    rules: [...OPEN_TOO_LONG_ALERTS, ...REPORT_MISSING_ALERTS, ...CERTIFICATE_ALERTS, ...RECOVERY_ALERTS, EGRESS_ALERT],
  },
  {
    name: 'webhook-error-budgets',
    file: 'error-budgets.yaml',
    interval: '1m',
    rules: [...BURN_RATE_RECORDINGS, ...BURN_RATE_ALERTS, ...SUCCESS_RATE_ALERTS],
  },
  {
    name: 'webhook-receiver',
    file: 'receiver.yaml',
    interval: INTERVAL,
    rules: [...RECEIVER_RECORDINGS, ...INTAKE_ALERTS, ...RECEIVER_ALERTS, ...JOURNAL_ALERTS],
  },
]

/** The groups of each rule file, by its name. */
export const RULE_FILES: ReadonlyMap<string, readonly Group[]> = Map.groupBy(GROUPS, ({ file }) => file)
