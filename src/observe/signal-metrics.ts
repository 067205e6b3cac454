import type { EndpointState } from '../domain/incident/incident.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import { SIGNAL_TYPES, type SignalType } from '../domain/report/signal.ts'
import { Counter, Gauge, type Registry } from './client.ts'

export interface SignalOptions {
  readonly sources: readonly string[]
  /** Configured endpoints, each with the sources that can name it; all of them unless given. */
  readonly endpoints: readonly { readonly name: string; readonly sources?: readonly string[] }[]
  /** Sources that never report anything but lost deliveries. */
  readonly lossOnly?: readonly string[]
}

/** What sources say: signals by type, and endpoints that they switched off. */
export function signalMetrics(registry: Registry, { sources, endpoints, lossOnly = [] }: SignalOptions) {
  const registers = [registry]
  let states: () => Iterable<EndpointState> = () => []
  let overdue: () => Iterable<{ readonly endpoint: string; readonly isOverdue: boolean }> = () => []
  // Counted here: the library's label lookup for each report would cost as much as the rest of counting it.
  const counts = new Map<string, Partial<Record<SignalType, number>>>()
  for (const source of sources) counts.set(source, {})
  new Counter<'source' | 'signal'>({
    name: 'webhook_source_signals_total',
    help: 'Signals received from a source: lost, failing, disabled, recovered, delivered, ignored. Each id counts once. The source proxy is the built-in proxy.',
    labelNames: ['source', 'signal'],
    registers,
    collect() {
      this.reset()
      for (const [source, own] of counts)
        for (const signal of SIGNAL_TYPES) this.inc({ source, signal }, own[signal] ?? 0)
    },
  })
  const pairs = endpoints.flatMap(({ name: endpoint, sources: own = sources }) =>
    own.filter((source) => !lossOnly.includes(source)).map((source) => ({ source, endpoint })),
  )
  /** Pairs that were disabled once stay at 0, so that an alert resolves by value. */
  const seen = new Map(pairs.map((pair) => [`${pair.source}\0${pair.endpoint}`, pair]))
  new Gauge<'source' | 'endpoint'>({
    name: 'webhook_endpoint_disabled',
    help: `Whether a source has disabled the endpoint: 1 or 0. At most ${ENDPOINT_LIMIT} endpoints per source.`,
    labelNames: ['source', 'endpoint'],
    registers,
    collect() {
      this.reset()
      const disabled = new Set<string>()
      for (const { endpoint, incident } of states()) {
        if (!incident || incident.closedAt !== null) continue
        for (const { source } of incident.signals?.disabled ?? []) {
          const key = `${source}\0${endpoint}`
          disabled.add(key)
          seen.set(key, { source, endpoint })
        }
      }
      for (const [key, pair] of seen) this.set({ ...pair }, disabled.has(key) ? 1 : 0)
    },
  })
  new Gauge<'endpoint'>({
    name: 'webhook_incident_failures',
    help: `Lost deliveries of the endpoint's open incident. 0 if none is open, or if the open one has only early warnings or failed probes. At most ${ENDPOINT_LIMIT} endpoints.`,
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const { name: endpoint } of endpoints) this.set({ endpoint }, 0)
      for (const { endpoint, incident } of states())
        this.set({ endpoint }, incident && incident.closedAt === null ? incident.failures : 0)
    },
  })
  new Gauge<'endpoint'>({
    name: 'webhook_endpoint_report_overdue',
    help: 'Whether no report arrived although the platform must have given up on a delivery that the proxy saw fail: 1 or 0. Only endpoints of routes with giveUpAfter.',
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, isOverdue } of overdue()) this.set({ endpoint }, isOverdue ? 1 : 0)
    },
  })
  return {
    signalled(source: string, signal: SignalType): void {
      const own = counts.get(source) ?? {}
      counts.set(source, own)
      own[signal] = (own[signal] ?? 0) + 1
    },
    observe(observed: { endpoints?: () => Iterable<EndpointState>; overdue?: typeof overdue }): void {
      if (observed.endpoints) states = observed.endpoints
      if (observed.overdue) overdue = observed.overdue
    },
  }
}
