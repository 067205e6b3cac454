import { AVAILABILITY_CASES } from './cases/availability.ts'
import { CANARY_CASES } from './cases/canary.ts'
import type { Case } from './cases/case.ts'
import { CERTIFICATE_CASES } from './cases/certificates.ts'
import { DELIVERY_RATE_CASES } from './cases/delivery-rate.ts'
import { EGRESS_CASES } from './cases/egress.ts'
import { FAILURE_CASES } from './cases/failures.ts'
import { INCIDENT_CASES } from './cases/incidents.ts'
import { JOURNAL_CASES } from './cases/journal.ts'
import { OVERDUE_RECOVERY_CASES } from './cases/overdue-recovery.ts'
import { PROBE_CASES } from './cases/probes.ts'
import { RECEIVER_CASES } from './cases/receiver.ts'
import { RECOVERY_CASES } from './cases/recovery.ts'
import { REFUSED_SIGNATURE_CASES } from './cases/refused-signatures.ts'
import { REPORT_CASES } from './cases/reports.ts'
import { SIGNAL_CASES } from './cases/signals.ts'
import { SLOW_DELIVERY_CASES } from './cases/slow-deliveries.ts'
import { SUCCESS_RATE_CASES } from './cases/success-rate.ts'
import { STEP, seconds } from './series.ts'

export type { Case }

/** The cases of all areas: at least one that fires and one that does not for each alert. */
export const CASES: readonly Case[] = [
  ...INCIDENT_CASES,
  ...FAILURE_CASES,
  ...PROBE_CASES,
  ...AVAILABILITY_CASES,
  ...CERTIFICATE_CASES,
  ...REPORT_CASES,
  ...CANARY_CASES,
  ...RECEIVER_CASES,
  ...JOURNAL_CASES,
  ...EGRESS_CASES,
  ...RECOVERY_CASES,
  ...SIGNAL_CASES,
  ...SLOW_DELIVERY_CASES,
  ...SUCCESS_RATE_CASES,
  ...OVERDUE_RECOVERY_CASES,
  ...REFUSED_SIGNATURE_CASES,
  ...DELIVERY_RATE_CASES,
]

/** The evaluation before a time. */
export const oneBefore = (time: string, step = STEP): string => `${seconds(time) - step}s`
