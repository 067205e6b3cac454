import type { Story } from './story.ts'
import type { Installation } from './world.ts'

/** One installation and what happens to it. */
export interface Play {
  /** The namespace of its metrics. */
  readonly name: string
  open(): Promise<Scene>
}

export interface Scene {
  readonly receiver: Installation
  /** Everything that happens; ends when nothing more is to be expected. */
  play(story: Story): Promise<void>
}

export const MINUTE = 60_000
/** Short, so that a whole incident fits into minutes; all else is as shipped. */
export const INCIDENTS = { quietTime: '2m' }
/** Within which the end of an incident is announced: quiet time, rechecks, scrape, evaluation, the wait of a group. */
export const END_WITHIN = 6 * MINUTE

export const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
