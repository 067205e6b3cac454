import type { Clock } from '../domain/ports/clock.ts'

/** `setTimeout` and `clearTimeout`, replaceable in tests. */
export interface Timers {
  set(run: () => void, milliseconds: number): unknown
  clear(timer: unknown): void
}

/** Node's timers. */
export const systemTimers: Timers = {
  // A pending probe must not keep the process alive.
  set: (run, milliseconds) => setTimeout(run, milliseconds).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

/**
 * Runs at most `concurrency` tasks at a time and starts no two within `spacing` milliseconds; urgent ones first, each kind
 * in order of arrival. Tasks must not reject.
 */
export function limiter({
  concurrency,
  spacing,
  clock,
  timers,
}: {
  concurrency: number
  spacing: number
  clock: Clock
  timers: Timers
}) {
  const urgent: (() => Promise<void>)[] = []
  const ordinary: (() => Promise<void>)[] = []
  const running = new Set<Promise<void>>()
  let lastStart = Number.NEGATIVE_INFINITY
  let timer: unknown

  function pump(): void {
    if (timer !== undefined) return
    while (running.size < concurrency && urgent.length + ordinary.length > 0) {
      // A clock that was set back must not stop all tasks.
      const wait = Math.min(lastStart + spacing - clock(), spacing)
      if (wait > 0) {
        timer = timers.set(() => {
          timer = undefined
          // The timer has waited for the spacing, whatever the clock says.
          lastStart = Number.NEGATIVE_INFINITY
          pump()
        }, wait)
        return
      }
      lastStart = clock()
      const task = (urgent.shift() ?? ordinary.shift())!()
      running.add(task)
      task.then(() => {
        running.delete(task)
        pump()
      })
    }
  }

  return {
    run(task: () => Promise<void>, { first }: { first: boolean }): void {
      ;(first ? urgent : ordinary).push(task)
      pump()
    },
    /** Starts all queued tasks at once, since callers wait for them, and resolves when all have ended. Tasks check for the stop themselves. */
    async stop(): Promise<void> {
      timers.clear(timer)
      const rest = [...urgent.splice(0), ...ordinary.splice(0)]
      await Promise.all([...running, ...rest.map((task) => task())])
    },
  }
}
