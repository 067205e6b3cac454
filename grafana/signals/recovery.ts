import { gauge, type Signal } from './model.ts'

/** Restoring what closed incidents lost. */
export const RECOVERY_SIGNALS = {
  recoveryState: gauge(
    'webhook_incident_recovery_state',
    'count',
    ['endpoint', 'state'],
    'Closed incidents by recovery state: not_needed, open, requested, running, finished, failed. At most 500 endpoints.',
    { absent: 'while recovery is off' },
  ),
  recoveryOldestOpen: gauge(
    'webhook_incident_recovery_oldest_open_timestamp_seconds',
    'unix_seconds',
    ['endpoint'],
    'When the oldest incident with an unfinished recovery (neither finished nor not_needed) was closed, as Unix time. Absent if there is none. At most 500 endpoints.',
    { by: 'min', absent: 'while recovery is off, and if none is open' },
  ),
  recoveryOverdueAfter: gauge(
    'webhook_incident_recovery_overdue_after_seconds',
    'seconds',
    [],
    'Time after closing within which a recovery should finish: recovery.overdueAfter.',
    { absent: 'while recovery is off' },
  ),
} as const satisfies Record<string, Signal>
