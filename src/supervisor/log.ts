import { write } from 'node:fs'

/** Lines that may wait for a slow reader; further ones are dropped. */
const MOST_WAITING = 100
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export interface SupervisorLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** @returns whether every line was written within `timeout` milliseconds */
  flush(timeout: number): Promise<boolean>
}

/**
 * The service's log format, without its library. Lines go to the same stdout; each is a single write, so it cannot split
 * another. A write waits in a pool thread, never in the event loop: a reader that hangs must not fail the liveness probe.
 */
export function supervisorLog(level = 'info'): SupervisorLog {
  const least = Math.max(LEVELS.indexOf(level.toLowerCase()), 0)
  const lines: string[] = []
  let writing = false
  let onIdle = (): void => {}

  const writeNext = (): void => {
    const line = lines.shift()
    writing = line !== undefined
    if (line === undefined) onIdle()
    else write(1, line, writeNext)
  }
  const say = (name: string) => (fields: object, message: string) => {
    if (LEVELS.indexOf(name) < least || lines.length >= MOST_WAITING) return
    const time = new Date().toISOString()
    lines.push(`${JSON.stringify({ level: name, time, component: 'supervisor', ...fields, msg: message })}\n`)
    if (!writing) writeNext()
  }
  return {
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    flush: (timeout) =>
      new Promise((resolve) => {
        if (!writing) return resolve(true)
        onIdle = () => resolve(true)
        setTimeout(() => resolve(false), timeout)
      }),
  }
}
