import type { StartContext } from './context.ts'
import { hookPlan } from './hook-plan.ts'
import type { StartedJournal } from './journal.ts'
import type { StartedRecovery } from './recovery.ts'
import type { Telemetry } from './telemetry.ts'

interface Deps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
}

/** Loads and starts what follows recoveries, if recovery is on for any endpoint. */
export async function startRecoveryIfOn(context: StartContext, deps: Deps): Promise<StartedRecovery | undefined> {
  if (!hookPlan(context.config)) return undefined
  return (await import('./recovery.ts')).startRecovery(context, deps)
}

/** Loads and starts what sends events, if hooks are configured. */
export async function sendToHooks(context: StartContext, deps: Deps): Promise<void> {
  if (context.config.hooks.length > 0) (await import('./hooks.ts')).startHooks(context, deps)
}
