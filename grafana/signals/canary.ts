import { counter, gauge, type Signal } from './model.ts'

/** Our own reports through the public URL. */
export const CANARY_SIGNALS = {
  canaryLastSuccess: gauge(
    'webhook_canary_last_success_timestamp_seconds',
    'unix_seconds',
    [],
    'When a canary last returned, as Unix time; before the first one, when the canary was first configured. Stored in the journal.',
    { absent: 'without a canary' },
  ),
  canaryRoundTrip: gauge(
    'webhook_canary_round_trip_seconds',
    'seconds',
    [],
    'Round trip of the last canary that returned. Absent before the first.',
    { absent: 'without a canary, and before its first success' },
  ),
  canaryRuns: counter(
    'webhook_canary_runs_total',
    ['result', 'cause'],
    'Canaries sent, by result (success, failure) and cause (none for a success).',
    { absent: 'without a canary' },
  ),
} as const satisfies Record<string, Signal>
