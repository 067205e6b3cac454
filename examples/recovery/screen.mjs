/** Milliseconds between two status lines where there is no terminal. */
const INTERVAL = 10_000

/** On a terminal the status stays on one line; elsewhere it is a line of the log now and then. */
export function createScreen(stream) {
  let isStatus = false
  let last = performance.now()
  const line = (text) => {
    stream.write(`${isStatus ? '\r\u001b[K' : ''}recovery: ${text}\n`)
    isStatus = false
  }
  return {
    line,
    status(text) {
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`)
        isStatus = true
      } else if (performance.now() - last >= INTERVAL) {
        last = performance.now()
        line(text)
      }
    },
  }
}
