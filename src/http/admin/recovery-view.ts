import type { Recovery } from '../../domain/incident/recovery.ts'
import { rfc3339 } from '../../domain/text/human.ts'

/** As `RecoverySchema` says; times are RFC 3339. */
export const recoveryView = ({ status, task, restored, tenants, detail, closedAt, history }: Recovery) => ({
  status,
  task,
  restored,
  tenants,
  detail,
  closedAt: rfc3339(closedAt),
  history: history.map((step) => ({ ...step, at: rfc3339(step.at), closedAt: rfc3339(step.closedAt) })),
})
