import type { PrometheusMetrics } from '../../src/observe/metrics.ts'
import { BLIPS, FAULTS, type PROXIED } from './faults.ts'

const HOUR = 3_600_000

export interface Step {
  /** Milliseconds. */
  readonly step: number
  readonly chance: () => number
  /** Whether a fault falls into this step. */
  readonly happens: (fault: { readonly from: number; readonly hours: number }) => boolean
}

/** The proxy of one route: what fails is what platforms report, and short restarts of the application besides. */
export function deliver(
  metrics: PrometheusMetrics,
  { endpoint, perHour }: (typeof PROXIED)[number],
  { step, chance, happens }: Step,
): void {
  const mean = (perHour * step) / HOUR
  const count = Math.floor(mean) + (chance() < mean % 1 ? 1 : 0)
  const fault = FAULTS.find((it) => it.endpoint === endpoint && happens(it))
  const blip = BLIPS.some((it) => it.endpoint === endpoint && happens(it))
  for (let n = 0; n < count; n++) {
    metrics.proxy!.requestBegun(endpoint)
    const fails = fault !== undefined && chance() < 0.8
    const saved = !fails && blip && chance() < 0.5
    const code = fails ? fault.code || 502 : 200
    if (saved) metrics.proxy!.attempted({ endpoint, ok: false, code: 'connect' })
    metrics.proxy!.attempted({ endpoint, ok: !fails, code })
    const seconds = (fails && fault.cause === 'timeout' ? 5 : 0.03 + chance() ** 3 * 0.3) + (saved ? 0.4 : 0)
    metrics.proxy!.deliveryEnded({
      ...{ endpoint, ok: !fails, code, seconds },
      ...(saved && { retry: { reason: 'connect', result: 'saved' } as const }),
    })
    metrics.delivered({ source: 'proxy', endpoint, result: fails ? 'failure' : 'success', code })
  }
}
