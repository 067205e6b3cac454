import { classify } from '../domain/classify/classify.ts'
import type { CanaryMoments } from '../domain/ports/journal.ts'
import type { OutboundClient } from '../domain/ports/outbound-client.ts'
import { longSecret, type secretReader } from '../probe/secrets.ts'
import { createCanary } from '../service/canary.ts'
import type { Egress } from '../service/egress.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

const STOP_DEADLINE = 500

type ReadSecret = ReturnType<typeof secretReader>

/** @returns undefined if no canary is configured */
export const canarySecret = ({ config: { canary }, log }: StartContext, readSecret: ReadSecret) =>
  canary && longSecret({ owner: 'canary.secret', read: () => readSecret(canary.secret), log })

/** @returns undefined if no `simulation.secret` is configured */
export const simulationSecret = ({ config: { simulation }, log }: StartContext, readSecret: ReadSecret) =>
  simulation && longSecret({ owner: 'simulation.secret', read: () => readSecret(simulation.secret), log })

export interface CanaryDeps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
  readonly egress: Egress
  readonly client: OutboundClient
  readonly readSecret: ReadSecret
  readonly secret: (() => Promise<string>) | undefined
}

export interface OpenedCanary {
  /** See `MetricSources`. */
  moments(): CanaryMoments | null
  /** Sends canaries from now on. */
  start(): void
}

/** @returns undefined if no canary is configured */
export function openCanary({ config, log, cleanUps }: StartContext, deps: CanaryDeps): OpenedCanary | undefined {
  const { readSecret, secret, egress } = deps
  const { journal, lease, clock } = deps.journal
  const { metrics } = deps.telemetry
  if (!config.canary || !secret) return undefined
  const { url, interval, token } = config.canary
  const canary = createCanary({
    client: deps.client,
    url,
    interval,
    token: async () => token && readSecret(token),
    secret,
    classify: (report) => classify(report),
    lease,
    journal,
    metrics,
    log,
    clock,
    onRun: egress.canaryRan,
  })
  metrics.observe({ canary: canary.moments })
  return {
    moments: canary.moments,
    start() {
      cleanUps.push('canary', (deadline) => canary.stop(Math.min(deadline, STOP_DEADLINE)))
      canary.start()
    },
  }
}
