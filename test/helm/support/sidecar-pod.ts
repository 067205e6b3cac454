import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerModel } from '../../support/kubelet.ts'

/** The pod of the example application: the sidecar's real program below a model of the kubelet, and an application. */
export interface Pod {
  readonly sidecar: ContainerModel
  readonly ingest: string
  readonly admin: string
  readonly configFile: string
  readonly config: Record<string, unknown>
  /** Sends requests to the application through its Service until `stop`, which tells how many were sent and refused. */
  traffic(): { stop(): Promise<{ sent: number; refused: number }> }
}

/**
 * Sends requests to the application until `stop`, or until they are removed from `going`.
 * @param going the traffics that have not ended
 */
export function sendTraffic(
  sidecar: ContainerModel,
  application: Server,
  going: Set<object>,
): ReturnType<Pod['traffic']> {
  const counts = { sent: 0, refused: 0 }
  going.add(counts)
  const origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
  const sending = (async () => {
    while (going.has(counts)) {
      counts.sent++
      // An unready pod is in none of its Services, so its clients are refused.
      const ok = sidecar.isReady() && (await fetch(origin).then((response) => response.ok))
      if (!ok) counts.refused++
      await sleep(20)
    }
    return counts
  })()
  return {
    stop: () => {
      going.delete(counts)
      return sending
    },
  }
}
