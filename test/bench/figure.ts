import type { Side } from './sides.ts'

export interface Settings {
  /** Of one load. */
  readonly seconds: number
  readonly connections: number
}

/** Values by row of the table; the row's name says the unit. */
export type Rows = Readonly<Record<string, number>>

/** One part of the benchmark: measured on each side in turn, round by round. */
export interface Figure {
  readonly name: string
  /** How it is measured, in one line. */
  readonly about: string
  /** Starts the side, measures, and stops it. A side without a meaning for this figure gives no rows. */
  measure(side: Side, settings: Settings): Promise<Rows>
}
