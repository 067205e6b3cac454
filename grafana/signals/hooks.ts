import { counter, gauge, type Signal } from './model.ts'

/** Incident events sent to hooks. */
export const HOOK_SIGNALS = {
  hookDeliveries: counter(
    'webhook_hook_deliveries_total',
    ['hook', 'event', 'result'],
    'Attempts to send an event to a hook, by result: success, failure (retried), given_up (after the last attempt). At most 20 hooks.',
    { absent: 'without hooks' },
  ),
  hookOldestPending: gauge(
    'webhook_hook_oldest_pending_seconds',
    'seconds',
    ['hook'],
    'Age of the oldest event still to be sent to the hook; 0 if there is none. Only on the leader. At most 20 hooks.',
    { absent: 'without hooks' },
  ),
} as const satisfies Record<string, Signal>
