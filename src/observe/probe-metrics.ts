import {
  PROBE_PHASES,
  PROBE_TRIGGERS,
  type ProbePhase,
  type ProbeResult,
  type ProbeTrigger,
  type Vantage,
} from '../domain/verdict/probe.ts'
import { Counter, Gauge, type Registry } from './client.ts'

/** What is probed, and from where. */
export interface ProbedView {
  readonly endpoint: string
  readonly vantage: Vantage
}

/** Probe results. Series exist for the endpoints that this process probes: at most 500, with two vantage points each. */
export function probeMetrics(registry: Registry, views: readonly ProbedView[]) {
  const registers = [registry]
  const where = ['endpoint', 'vantage'] as const
  const up = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_up',
    help: 'Whether the last probe found the endpoint up: 1 or 0. Absent while this receiver may be cut off. At most 500 endpoints.',
    labelNames: where,
    registers,
  })
  const last = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_last_probe_timestamp_seconds',
    help: 'When the last probe started, as Unix time. At most 500 endpoints.',
    labelNames: where,
    registers,
  })
  const duration = new Gauge<'endpoint' | 'vantage' | 'phase'>({
    name: 'webhook_endpoint_probe_duration_seconds',
    help: 'How long each phase of the last probe took: resolve, connect, tls, http. At most 500 endpoints.',
    labelNames: [...where, 'phase'],
    registers,
  })
  const probes = new Counter<'endpoint' | 'vantage' | 'result' | 'cause' | 'trigger'>({
    name: 'webhook_endpoint_probes_total',
    help: 'Probes by result (up, down, unverified: this receiver may be cut off), cause (none if up) and trigger (scheduled, incident, report, manual). At most 500 endpoints.',
    labelNames: [...where, 'result', 'cause', 'trigger'],
    registers,
  })
  const notAfter = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_tls_not_after_timestamp_seconds',
    help: 'Expiry of the certificate that the last probe saw, as Unix time. Absent without TLS. At most 500 endpoints.',
    labelNames: where,
    registers,
  })
  /** `increase()` would miss the first probe of a series that starts at 1. */
  const zero = (): void => {
    for (const { endpoint, vantage } of views)
      for (const trigger of PROBE_TRIGGERS) probes.inc({ endpoint, vantage, result: 'up', cause: 'none', trigger }, 0)
  }
  zero()
  return {
    probed(result: ProbeResult, trigger: ProbeTrigger): void {
      const at: { endpoint: string; vantage: Vantage } = { endpoint: result.endpoint, vantage: result.vantage }
      // The previous value may be outdated, and 0 would mean down.
      if (result.unverified) up.remove({ ...at })
      else up.set({ ...at }, result.up ? 1 : 0)
      last.set({ ...at }, result.startedAt / 1_000)
      for (const phase of PROBE_PHASES) setPhase(at, phase, result.phases[phase])
      if (result.tls) notAfter.set({ ...at }, result.tls.notAfter / 1_000)
      const outcome = result.unverified ? 'unverified' : result.up ? 'up' : 'down'
      probes.inc({ ...at, result: outcome, cause: result.cause ?? 'none', trigger })
    },
    setLeader(isLeader: boolean): void {
      if (isLeader) zero()
      else for (const metric of [up, last, duration, probes, notAfter]) metric.reset()
    },
  }

  /** A phase that was not reached has no series, since its previous duration may be outdated. */
  function setPhase(
    at: { endpoint: string; vantage: Vantage },
    phase: ProbePhase,
    milliseconds: number | undefined,
  ): void {
    if (milliseconds === undefined) duration.remove({ ...at, phase })
    else duration.set({ ...at, phase }, milliseconds / 1_000)
  }
}
