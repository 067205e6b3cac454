import { HOOK_EVENTS, type HookEvent } from '../domain/incident/hook-plan.ts'
import { HOOK_RESULTS, type HookResult } from '../domain/ports/telemetry.ts'
import { Counter, Gauge, type Registry } from './client.ts'

/** What hooks are sent. At most 20 hooks; events and results are closed sets. */
export function hookMetrics(registry: Registry, names: readonly string[]) {
  const registers = [registry]
  let pending: () => ReadonlyMap<string, number | null> = () => new Map()
  const deliveries = new Counter<'hook' | 'event' | 'result'>({
    name: 'webhook_hook_deliveries_total',
    help: 'Attempts to send an event to a hook, by result: success, failure (retried), given_up (after the last attempt). At most 20 hooks.',
    labelNames: ['hook', 'event', 'result'],
    registers,
  })
  for (const hook of names)
    for (const event of HOOK_EVENTS) for (const result of HOOK_RESULTS) deliveries.inc({ hook, event, result }, 0)
  new Gauge<'hook'>({
    name: 'webhook_hook_oldest_pending_seconds',
    help: 'Age of the oldest event still to be sent to the hook; 0 if there is none. Only on the leader. At most 20 hooks.',
    labelNames: ['hook'],
    registers,
    collect() {
      this.reset()
      for (const [hook, at] of pending()) this.set({ hook }, at === null ? 0 : Math.max(0, (Date.now() - at) / 1_000))
    },
  })
  return {
    delivered(hook: string, event: HookEvent, result: HookResult): void {
      deliveries.inc({ hook, event, result })
    },
    observe: (source: () => ReadonlyMap<string, number | null>): void => {
      pending = source
    },
  }
}
