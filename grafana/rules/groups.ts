import { DELIVERY_ALERTS } from './delivery-alerts.ts'
import { EGRESS_ALERT } from './egress-alert.ts'
import { INTAKE_ALERTS } from './intake-alerts.ts'
import type { Group } from './model.ts'
import { PROBE_ALERTS } from './probe-alerts.ts'
import { RECEIVER_ALERTS } from './receiver-alerts.ts'
import { ENDPOINT_RECORDINGS, RECEIVER_RECORDINGS } from './recordings.ts'
import { SIDECAR_ALERTS } from './sidecar-alerts.ts'

export const INTERVAL = '15s'

/** Rules of a group are evaluated in order, at one moment: an alert sees its recordings without delay. A group is a file. */
export const GROUPS: readonly Group[] = [
  { name: 'webhook-endpoints', rules: [...ENDPOINT_RECORDINGS, ...DELIVERY_ALERTS, ...PROBE_ALERTS] },
  {
    name: 'webhook-receiver',
    rules: [...RECEIVER_RECORDINGS, ...INTAKE_ALERTS, ...RECEIVER_ALERTS, ...SIDECAR_ALERTS, EGRESS_ALERT],
  },
]
