import type { Clock } from '../domain/ports/clock.ts'
import type { SeriesTotal } from '../domain/ports/journal.ts'
import type { Answered } from '../domain/ports/telemetry.ts'

/** When each source was last heard from. */
export interface LastHeard {
  /** The journal's totals know the last failure of each source, also of earlier processes and other replicas. */
  restored(totals: readonly Pick<SeriesTotal, 'labels' | 'lastFailureAt'>[]): void
  answered(request: Pick<Answered, 'source' | 'outcome'>): void
  /** Milliseconds since the epoch; null if nothing was ever accepted from it, as far as this process knows. */
  of(source: string): number | null
}

/** A request that carried a valid credential and a valid body; a canary is our own. */
const HEARD = new Set<string>(['recorded', 'duplicate', 'ignored', 'simulated'])

export function createLastHeard(clock: Clock): LastHeard {
  const heard = new Map<string, number>()
  const note = (source: string, at: number) => {
    if (at > (heard.get(source) ?? 0)) heard.set(source, at)
  }
  return {
    restored(totals) {
      for (const { labels, lastFailureAt } of totals) note(labels.source, lastFailureAt)
    },
    answered({ source, outcome }) {
      if (HEARD.has(outcome)) note(source, clock())
    },
    of: (source) => heard.get(source) ?? null,
  }
}
