import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './http.mjs'

/**
 * Hands objects to the application, at most `rate` per second. Each has an Idempotency-Key that is the same in every run.
 * The application answers 2xx if it stored the object (also when it repeats the answer to a key that it knows), and 409 or
 * 208 if it had the object before.
 * @returns {(key: string, body: object) => Promise<'restored' | 'known'>} throws if the object was not accepted
 */
export function deliverer({ deliver: url, deliverToken, rate, attempts, dryRun }) {
  let free = 0
  return async (key, body) => {
    if (dryRun) {
      process.stdout.write(`${JSON.stringify({ key, body })}\n`)
      return 'restored'
    }
    const now = performance.now()
    free = Math.max(free, now) + 1_000 / rate
    if (free - 1_000 / rate > now) await sleep(free - 1_000 / rate - now)
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      ...(deliverToken && { Authorization: `Bearer ${deliverToken}` }),
    }
    const response = await send(url, { method: 'POST', headers, body: JSON.stringify(body) }, attempts)
    await response.body?.cancel()
    if (response.status === 409 || response.status === 208) return 'known'
    if (response.ok) return 'restored'
    throw new Error(`the application answered ${response.status} to ${key}`)
  }
}
