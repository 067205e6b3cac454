import { send } from './http.mjs'

/** Milliseconds between two reports of progress. */
const INTERVAL = 10_000

/**
 * Tells the service how far the recovery is: `running` with what was restored, then `finished` or `failed`. Progress that
 * cannot be reported does not stop the job; the end of it is tried for longer.
 */
export function reporter({ incident, task, options, screen }) {
  const url = options.service
    ? `${options.service.replace(/\/+$/, '')}/api/v1/incidents/${incident.id}/recovery`
    : incident.links?.recovery
  const isOn = !options.dryRun && /^https?:/.test(url ?? '')
  if (!isOn && !options.dryRun) screen.line('no --service: the result is not reported')
  let last = performance.now()

  async function post(report, attempts) {
    if (!isOn) return
    last = performance.now()
    const headers = {
      'Content-Type': 'application/json',
      ...(options.serviceToken && { Authorization: `Bearer ${options.serviceToken}` }),
    }
    const body = JSON.stringify({ task, closedAt: incident.closedAt, ...report })
    const response = await send(url, { method: 'POST', headers, body }, attempts)
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the service answered ${response.status} to the report`)
  }
  const running = (restored) =>
    post({ status: 'running', restored }, 1).catch((error) =>
      screen.line(`progress was not reported: ${error.message}`),
    )

  return {
    running,
    soon: async (restored) => (performance.now() - last < INTERVAL ? undefined : running(restored)),
    end: (report) => post(report, Math.max(options.attempts, 8)),
  }
}
