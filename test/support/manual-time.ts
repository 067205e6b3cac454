import { setImmediate as turn } from 'node:timers/promises'

/** A clock that stands still until a test moves it, with the timers that belong to it. */
export function manualTime(now = 1_700_000_000_000) {
  const timers = new Map<object, { at: number; run: () => void }>()
  /** Lets everything that is ready run, promises included. */
  const settle = async () => {
    for (let turns = 0; turns < 5; turns += 1) await turn()
  }
  return {
    clock: () => now,
    timers: {
      set(run: () => void, milliseconds: number): unknown {
        const timer = {}
        timers.set(timer, { at: now + milliseconds, run })
        return timer
      },
      clear(timer: unknown): void {
        timers.delete(timer as object)
      },
    },
    settle,
    /** Moves on, and fires each timer at its own time. */
    async advance(milliseconds: number): Promise<void> {
      const end = now + milliseconds
      await settle()
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
        if (!next) break
        const [timer, { at, run }] = next
        timers.delete(timer)
        now = Math.max(now, at)
        run()
        await settle()
      }
      now = end
    },
    pending: () => timers.size,
  }
}
