import { Socket } from 'node:net'
import type { Env } from '../config/config.ts'

/** Milliseconds between two signs of life. */
const INTERVAL = 1_000

/** Whether the supervisor of the sidecar form started this process. */
export const isSupervised = (env: Env): boolean => /^\d+$/.test(env['SUPERVISOR_FD'] ?? '')

/**
 * Shows the supervisor that the event loop runs. Without a supervisor nothing would restart or stop this process, and it
 * would keep its ports from its successor: it stops as with SIGTERM.
 */
export function showSignsOfLife(env: Env): void {
  const lifeline = new Socket({ fd: Number(env['SUPERVISOR_FD']), readable: true, writable: true })
  let open = true
  const stop = (): void => {
    if (!open) return
    open = false
    process.kill(process.pid, 'SIGTERM')
  }
  lifeline.on('error', stop).on('end', stop).on('close', stop)
  lifeline.resume()
  lifeline.unref()
  lifeline.write('.')
  setInterval(() => open && lifeline.write('.'), INTERVAL).unref()
}
