import { setTimeout as sleep } from 'node:timers/promises'
import { HOOK_SECRET } from '../support/hook-receiver.ts'
import { report } from '../support/http.ts'
import { type Service, startService } from '../support/service.ts'

const API_TOKEN = 'api-token-of-the-test-0123456789'
const ENDPOINTS = 5
export const auth = { Authorization: `Bearer ${API_TOKEN}` }

/** A service whose only hook is the URL. */
export const startWithHook = (journal: string, url: string): Promise<Service> =>
  startService({
    config: {
      admin: { apiToken: { env: 'API_TOKEN' } },
      journal: { url: journal },
      hooks: [{ name: 'all', url, secret: { env: 'HOOK_SECRET' }, timeout: '5s' }],
    },
    env: { API_TOKEN, HOOK_SECRET, LOG_LEVEL: 'info' },
  })

/**
 * Opens, closes and reopens incidents of all endpoints until the service is gone.
 * @param isBehind whether enough wait
 * @param closings gets the newest closing of each incident that was acknowledged, by its number
 */
export async function change(
  service: Service,
  isBehind: () => boolean,
  closings: Map<string, number> = new Map(),
): Promise<void> {
  let gone = false
  void service.exited.then(() => {
    gone = true
  })
  const life = async (endpoint: string) => {
    while (!gone) {
      try {
        await sleep(120)
        if (isBehind()) continue
        await report(service.ingest, { code: 503, endpoint, message: 'x' })
        const open = await fetch(
          `${service.admin}/api/v1/incidents?state=open&endpoint=${encodeURIComponent(endpoint)}`,
          {
            headers: auth,
          },
        )
        const { incidents = [] } = (await open.json()) as { incidents?: { id: string }[] }
        for (const { id } of incidents) {
          const response = await fetch(`${service.admin}/api/v1/incidents/${id}/resolve`, {
            method: 'POST',
            headers: { ...auth, 'Content-Type': 'application/json' },
            body: '{"reason":"x"}',
          })
          if (response.ok) closings.set(id, ((await response.json()) as { reopened: number }).reopened + 1)
        }
      } catch {
        // Killed before it answered.
      }
    }
  }
  await Promise.all(Array.from({ length: ENDPOINTS }, (_, index) => life(`https://shop-${index}.example/hook`)))
}
