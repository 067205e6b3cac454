import { CAUSES } from '../domain/cause/cause.ts'
import type { CanaryMoments } from '../domain/ports/journal.ts'
import type { CanaryRun } from '../domain/ports/telemetry.ts'
import { Counter, Gauge, type Registry } from './client.ts'

/** The canary's round trips. The last success has a value before the first one, since absence would hide a failing canary. */
export function canaryMetrics(registry: Registry) {
  const registers = [registry]
  let moments: () => CanaryMoments | null = () => null
  new Gauge({
    name: 'webhook_canary_last_success_timestamp_seconds',
    help: 'When a canary last returned, as Unix time; before the first one, when the canary was first configured. Stored in the journal.',
    registers,
    collect() {
      const known = moments()
      if (known) this.set((known.succeededAt ?? known.configuredAt) / 1_000)
      else this.remove()
    },
  })
  const roundTrip = new Gauge({
    name: 'webhook_canary_round_trip_seconds',
    help: 'Round trip of the last canary that returned. Absent before the first.',
    registers,
  })
  roundTrip.remove()
  const runs = new Counter<'result' | 'cause'>({
    name: 'webhook_canary_runs_total',
    help: 'Canaries sent, by result (success, failure) and cause (none for a success).',
    labelNames: ['result', 'cause'],
    registers,
  })
  function zero(): void {
    runs.inc({ result: 'success', cause: 'none' }, 0)
    for (const cause of CAUSES) runs.inc({ result: 'failure', cause }, 0)
  }
  zero()
  return {
    setLeader(isLeader: boolean): void {
      runs.reset()
      roundTrip.remove()
      if (isLeader) zero()
    },
    observe: (source: () => CanaryMoments | null): void => {
      moments = source
    },
    canaryRun({ cause, seconds }: CanaryRun): void {
      runs.inc({ result: cause === null ? 'success' : 'failure', cause: cause ?? 'none' })
      if (cause === null && seconds !== undefined) roundTrip.set(seconds)
    },
  }
}
