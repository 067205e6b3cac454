import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a simulated week came to; `npm run simulate:weeks` writes it. */
export interface SimulatedWeek {
  readonly incidents: number
  /** Pages by alert. */
  readonly pages: Readonly<Record<string, number>>
  /** Pages about the receiver itself. */
  readonly receiver: number
  readonly false: number
  readonly missed: number
  /** Notifications of what had paged before, by `repeat_interval`. */
  readonly repeats: number
  /** URLs that an attacker invented. */
  readonly invented: number
}
export interface SimulatedPages {
  readonly quiet: SimulatedWeek
  readonly bad: SimulatedWeek
}

export const SIMULATED_PAGES = join(import.meta.dirname, 'simulated-pages.json')
/** The latest results. */
export const simulatedPages = (): SimulatedPages => JSON.parse(readFileSync(SIMULATED_PAGES, 'utf8'))
