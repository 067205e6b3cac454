import { Socket } from 'node:net'
import type { Env, KnownListeners } from '../config/config.ts'

/** Milliseconds between two signs of life. */
const INTERVAL = 1_000

/** Whether the supervisor of the sidecar form started this process. */
export const isSupervised = (env: Env): boolean => /^\d+$/.test(env['SUPERVISOR_FD'] ?? '')

let lifeline: Socket | undefined

/**
 * Shows the supervisor that the event loop runs. Without a supervisor nothing would restart or stop this process, and it
 * would keep its ports from its successor: it stops as with SIGTERM.
 */
export function showSignsOfLife(env: Env): void {
  const pipe = new Socket({ fd: Number(env['SUPERVISOR_FD']), readable: true, writable: true })
  lifeline = pipe
  let open = true
  const stop = (): void => {
    if (!open) return
    open = false
    process.kill(process.pid, 'SIGTERM')
  }
  pipe.on('error', stop).on('end', stop).on('close', stop)
  pipe.resume()
  pipe.unref()
  pipe.write('.')
  setInterval(() => open && pipe.write('.'), INTERVAL).unref()
}

/**
 * Has the supervisor open the sockets that the configuration names, unless this process has inherited those: the supervisor
 * then ends it, and starts it again with them. They outlive it, so that clients wait during a restart.
 */
export async function askForSockets({ ingest, admin, proxy }: KnownListeners, env: Env): Promise<void> {
  const addressOf = (known: { readonly host: string; readonly port: number } | undefined) =>
    known && { host: known.host, port: known.port }
  const wanted = JSON.stringify({ ingest: addressOf(ingest), admin: addressOf(admin), proxy: addressOf(proxy) })
  const held = env['SUPERVISOR_LISTENERS']
  if (held === undefined || held === wanted || !lifeline) return
  lifeline.ref().write(`${wanted}\n`)
  await new Promise(() => {})
}
