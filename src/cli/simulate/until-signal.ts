/** Resolves when the process is asked to end: Ctrl-C, SIGTERM, or the terminal was closed. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.removeAllListeners(signal)
      process.once(signal, resolve)
    }
  })
}
