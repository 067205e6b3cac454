import type { Config } from '../config/schema.ts'
import { type HookPlan, hookRules } from '../domain/incident/hook-plan.ts'

/** What the journal does for hooks and recovery; undefined if nothing is configured. */
export function hookPlan({ hooks, recovery, endpoints }: Config): HookPlan | undefined {
  if (hooks.length === 0 && !recovery.enabled) return undefined
  return {
    hooks: hookRules(hooks, endpoints),
    ...(recovery.enabled !== undefined && { recovery: recovery.enabled }),
  }
}
