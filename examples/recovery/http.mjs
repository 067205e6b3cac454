import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds for one request. */
const TIMEOUT = 30_000
/** Bytes of one page; a larger one ends the tenant, not the job's memory. */
const LARGEST = 32 * 2 ** 20

/**
 * Sends a request until it gets a final answer: faults of the network, 429 and 5xx are tried again with back-off, and
 * Retry-After is obeyed. Redirects are not followed, since a token must not go elsewhere.
 * @returns {Promise<Response>} @throws once `attempts` have failed
 */
export async function send(url, init = {}, attempts = 5) {
  for (let attempt = 1; ; attempt++) {
    let wait = Math.min(500 * 2 ** attempt, 30_000) * (0.5 + Math.random() / 2)
    let reason
    try {
      const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT), ...init })
      if (response.status !== 429 && response.status < 500) return response
      reason = `${response.status} from ${new URL(url).host}`
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      if (seconds >= 0) wait = Math.min(Math.max(seconds * 1_000, 100), 300_000)
      await response.body?.cancel()
    } catch (error) {
      reason = `${new URL(url).host}: ${error.cause?.code ?? error.message}`
    }
    if (attempt >= attempts) throw new Error(reason)
    await sleep(wait)
  }
}

/** The JSON of a 200. @throws for any other status, with it as `status` */
export async function fetchJson(url, init, attempts) {
  const response = await send(url, init, attempts)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw Object.assign(new Error(`${response.status} from ${new URL(url).host}`), { status: response.status })
  }
  const chunks = []
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.length
    if (bytes > LARGEST) throw new Error(`a page of ${new URL(url).host} is larger than ${LARGEST} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
