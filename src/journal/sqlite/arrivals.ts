import type { DatabaseSync } from 'node:sqlite'
import { type ClockReading, offsetOf } from '../core/machine-clock.ts'

/** At `uptime` of `boot` no row after `lastRow` had arrived yet. */
interface Sample extends ClockReading {
  readonly lastRow: number
}

/** Milliseconds by which the clocks may drift apart: a leap second or a small correction by NTP is not a wrong clock. */
export const CLOCK_TOLERANCE = 5_000
/** Samples per retention age: rows are kept longer than the age by this fraction of it at most. */
const SAMPLES_PER_AGE = 200
const MOST_SAMPLES = 1_000

/**
 * When rows arrived, by the monotonic clock. A failure's own time is that of the wall clock, which may have been wrong:
 * retention asks here too, so that setting the clock never makes a young row old. The samples are in the database, since
 * a restart must not forget them.
 */
export class Arrivals {
  readonly #db: DatabaseSync
  readonly #samples: Sample[]
  /** The clocks at the last call of `observe`. */
  #last: ClockReading | undefined
  /** `uptime` of the newest row. */
  #newest: number | undefined

  constructor(db: DatabaseSync) {
    this.#db = db
    const statement = db.prepare('SELECT boot, uptime, wall, last_row AS lastRow FROM arrivals ORDER BY rowid')
    this.#samples = statement.all() as unknown as Sample[]
  }

  /** A row was added. */
  note(uptime: number): void {
    this.#newest = uptime
  }

  /** Belongs before the first row of a process, and then at regular times. */
  observe(reading: ClockReading, age: number): void {
    const stored = this.#samples.at(-1)
    const before = this.#last ?? stored
    const lastRow = this.#lastRow()
    if (before && isMoved(before, reading)) {
      const { boot, uptime } = reading
      // As the clocks would be if neither had been set: the pair says when it happened.
      this.#add({ boot, uptime, wall: uptime + offsetOf(before), lastRow: stored?.lastRow ?? 0 })
      this.#add({ ...reading, lastRow })
    } else if (!stored || stored.boot !== reading.boot) {
      this.#add({ ...reading, lastRow })
    } else if (lastRow > stored.lastRow && reading.uptime - stored.uptime >= age / SAMPLES_PER_AGE) {
      const uptime = this.#newest ?? reading.uptime
      this.#add({ boot: reading.boot, uptime, wall: uptime + offsetOf(reading), lastRow })
    }
    this.#last = reading
  }

  /** Milliseconds by which the wall clock was set within the last `window` milliseconds; 0: it was not. */
  moved(reading: ClockReading, window: number): number {
    const recent = this.#samples.filter((sample) => reading.uptime - sample.uptime < window)
    const moved = recent.findLast((sample) => isMoved(sample, reading))
    return moved ? offsetOf(reading) - offsetOf(moved) : 0
  }

  /**
   * The last of the rows that arrived at least `age` milliseconds ago: `lastProven` by the monotonic clock, `lastOld` also
   * of those that were there before the clocks were sampled.
   */
  old(reading: ClockReading, age: number): { readonly lastOld: number; readonly lastProven: number } {
    let lastProven = 0
    // Rows are numbered as they arrive: whatever a clock said, none arrived before the one in front of it.
    let wall = Number.NEGATIVE_INFINITY
    for (const sample of this.#samples) {
      wall = Math.max(wall, sample.uptime + this.#lastOffset(sample.boot))
      const passed = sample.boot === reading.boot ? reading.uptime - sample.uptime : reading.wall - wall
      if (passed >= age) lastProven = Math.max(lastProven, sample.lastRow)
    }
    return { lastProven, lastOld: Math.max(lastProven, this.#samples[0]?.lastRow ?? 0) }
  }

  /** Drops the samples that say nothing more: all before the newest one about rows that are old. */
  prune(reading: ClockReading, age: number): void {
    const { lastProven } = this.old(reading, age)
    // Not while a sample may still tell that a clock was set.
    const needed = this.#samples.findLastIndex(({ lastRow }) => lastRow <= lastProven)
    if (needed <= 0 || this.moved(reading, age) !== 0) return
    this.#samples.splice(0, needed)
    this.#save()
  }

  /** Rows may have been removed: if the last ones are gone, SQLite gives their numbers to the next ones. */
  rowsRemoved(): void {
    const lastRow = this.#lastRow()
    if (this.#samples.every((sample) => sample.lastRow <= lastRow)) return
    this.#samples.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...this.#samples.map((sample) => ({ ...sample, lastRow: Math.min(sample.lastRow, lastRow) })),
    )
    this.#save()
  }

  /** The wall clock of a boot as it was at its end, when it is likeliest to be right. */
  #lastOffset(boot: string): number {
    return offsetOf(this.#samples.findLast((sample) => sample.boot === boot)!)
  }

  #lastRow(): number {
    return (this.#db.prepare('SELECT max(rowid) AS row FROM failures').get()!['row'] as number | null) ?? 0
  }

  #add(sample: Sample): void {
    this.#samples.push(sample)
    this.#insert(sample)
    if (this.#samples.length <= MOST_SAMPLES) return
    // A clock that is set again and again. Without the samples in between, the rows merely look younger.
    this.#samples.splice(1, MOST_SAMPLES / 2)
    this.#save()
  }

  #insert({ boot, uptime, wall, lastRow }: Sample): void {
    this.#db
      .prepare('INSERT INTO arrivals VALUES (?, ?, ?, ?)')
      .run(boot, Math.round(uptime), Math.round(wall), lastRow)
  }

  #save(): void {
    this.#db.exec('BEGIN IMMEDIATE; DELETE FROM arrivals')
    for (const sample of this.#samples) this.#insert(sample)
    this.#db.exec('COMMIT')
  }
}

const isMoved = (a: ClockReading, b: ClockReading): boolean =>
  a.boot === b.boot && Math.abs(offsetOf(a) - offsetOf(b)) > CLOCK_TOLERANCE
