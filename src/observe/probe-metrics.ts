import { Counter, Gauge, type Registry } from 'prom-client'
import {
  PROBE_PHASES,
  PROBE_TRIGGERS,
  type ProbePhase,
  type ProbeResult,
  type ProbeTrigger,
  type Vantage,
} from '../domain/probe.ts'

/** What is probed, from where. */
export interface ProbedView {
  readonly endpoint: string
  readonly vantage: Vantage
}

/** What probes of endpoints saw. Series exist for endpoints that this process probes: at most 500, two vantage points each. */
export function probeMetrics(registry: Registry, views: readonly ProbedView[]) {
  const registers = [registry]
  const where = ['endpoint', 'vantage'] as const
  const up = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_up',
    help: 'Whether the last probe found the endpoint well: 1 or 0. Absent while this receiver is not known to reach anything. At most 500 endpoints.',
    labelNames: where,
    registers,
  })
  const last = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_last_probe_timestamp_seconds',
    help: 'When the last probe began, as Unix time. At most 500 endpoints.',
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
    help: 'Probes by result (up, down, unverified: this receiver is not known to reach anything), cause (none where up) and trigger (scheduled, incident, report, manual). At most 500 endpoints.',
    labelNames: [...where, 'result', 'cause', 'trigger'],
    registers,
  })
  const notAfter = new Gauge<'endpoint' | 'vantage'>({
    name: 'webhook_endpoint_tls_not_after_timestamp_seconds',
    help: 'When the certificate that the last probe saw ends, as Unix time. Absent without TLS. At most 500 endpoints.',
    labelNames: where,
    registers,
  })
  /** A trigger that is born at 1 would be invisible to `increase()`. */
  const zero = (): void => {
    for (const { endpoint, vantage } of views)
      for (const trigger of PROBE_TRIGGERS) probes.inc({ endpoint, vantage, result: 'up', cause: 'none', trigger }, 0)
  }
  zero()
  return {
    probed(result: ProbeResult, trigger: ProbeTrigger): void {
      const at: { endpoint: string; vantage: Vantage } = { endpoint: result.endpoint, vantage: result.vantage }
      // What it was before is not what it is, and 0 would say that it is down.
      if (result.unverified) up.remove({ ...at })
      else up.set({ ...at }, result.up ? 1 : 0)
      last.set({ ...at }, result.startedAt / 1_000)
      for (const phase of PROBE_PHASES) setPhase(at, phase, result.phases[phase])
      if (result.tls) notAfter.set({ ...at }, result.tls.notAfter / 1_000)
      const outcome = result.unverified ? 'unverified' : result.up ? 'up' : 'down'
      probes.inc({ ...at, result: outcome, cause: result.cause ?? 'none', trigger })
    },
    setLeader(lease: boolean): void {
      if (lease) zero()
      else for (const metric of [up, last, duration, probes, notAfter]) metric.reset()
    },
  }

  /** A phase that was not reached has no series: what it took before is not what it takes. */
  function setPhase(at: { endpoint: string; vantage: Vantage }, phase: ProbePhase, took: number | undefined): void {
    if (took === undefined) duration.remove({ ...at, phase })
    else duration.set({ ...at, phase }, took / 1_000)
  }
}
