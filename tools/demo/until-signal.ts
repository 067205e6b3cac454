import { constants } from 'node:os'

/** npm passes on the Ctrl-C that the terminal has sent already: a second signal within this many milliseconds is the same. */
const SAME = 500

/**
 * Resolves when the process is asked to end: Ctrl-C, SIGTERM, or the terminal was closed. A second signal ends it at once,
 * with the usual exit code; listeners of `exit` still run.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Added before the earlier ones are removed: with the last listener Node drops a signal that was not delivered yet.
      const earlier = process.listeners(signal)
      process.on(signal, () => {
        const now = performance.now()
        if (first !== undefined && now - first > SAME) process.exit(128 + constants.signals[signal])
        first ??= now
        resolve(signal)
      })
      for (const listener of earlier) process.removeListener(signal, listener)
    }
  })
}
