import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../domain/ports/clock.ts'

/** The wall clock and a monotonic clock, read at the same moment. */
export interface ClockReading {
  /** Milliseconds since the epoch. */
  readonly wall: number
  /** Milliseconds of the monotonic clock. It stands still while the machine is suspended. */
  readonly uptime: number
  /** Readings of `uptime` can be compared only within one boot. */
  readonly boot: string
}

/** Milliseconds of CLOCK_MONOTONIC, which all processes of a machine share until it boots again. */
export const monotonicClock: Clock = () => Number(process.hrtime.bigint() / 1_000_000n)

/** The kernel's id of this boot; one of this process where there is none to read. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID()
  }
}

/** How far the wall clock is ahead of the monotonic one. It changes only when someone sets the wall clock. */
export const offsetOf = ({ wall, uptime }: Pick<ClockReading, 'wall' | 'uptime'>): number => wall - uptime
