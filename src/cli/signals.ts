const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const

/**
 * Resolves with the first signal that asks the process to stop.
 * @param onSecond called with the exit code; it does not wait for anything
 */
export function stopSignal(onSecond: (code: number) => void): Promise<string> {
  return new Promise((resolve) => {
    let seen = false
    for (const [name, number] of Object.entries(NUMBERS)) {
      // Replaces the handler of main.ts. It is added before that one is removed: with the last listener Node drops a
      // signal that has arrived but was not delivered yet.
      const earlier = process.listeners(name)
      process.on(name, () => {
        if (seen) onSecond(128 + number)
        seen = true
        resolve(name)
      })
      for (const listener of earlier) process.removeListener(name, listener)
    }
  })
}
