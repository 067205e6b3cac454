import { NO_SOURCE, type Restarts } from '../domain/ports/telemetry.ts'
import { Counter, Gauge, Registry } from './client.ts'
import { exposition } from './exposition.ts'
import { processMetrics } from './process-metrics.ts'

export interface ExporterOptions {
  readonly version: string
  readonly restarts?: Restarts
  /** Number of configuration errors; 0 with a valid configuration. */
  readonly configErrors?: number
}

/** Metrics of the service itself, also exposed while its configuration is invalid. */
export function exporterMetrics(registry: Registry, { version, restarts, configErrors = 0 }: ExporterOptions) {
  const registers = [registry]
  new Gauge<'version' | 'node_version'>({
    name: 'webhook_exporter_build_info',
    help: 'Version of the service and of Node.js, always 1.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.versions.node }, 1)
  const valid = new Gauge({
    name: 'webhook_exporter_config_valid',
    help: 'Whether the configuration is valid: 1 or 0. Only the sidecar form runs with an invalid one; it answers every report 503.',
    registers,
  })
  const errors = new Gauge({
    name: 'webhook_exporter_config_errors',
    help: 'Errors in the configuration; the log and /readyz name each of them.',
    registers,
  })
  new Counter({
    name: 'webhook_exporter_restarts_total',
    help: 'Restarts of the service by the supervisor of the sidecar form, which the kubelet does not count.',
    registers,
  }).inc(restarts?.all ?? 0)
  new Counter({
    name: 'webhook_exporter_oom_kills_total',
    help: 'Restarts of the service by the supervisor after the kernel had killed it because the memory of the container was used up.',
    registers,
  }).inc(restarts?.forMemory ?? 0)
  const configured = (count: number): void => {
    valid.set(count === 0 ? 1 : 0)
    errors.set(count)
  }
  configured(configErrors)
  return { configured }
}

/**
 * The metrics of a sidecar without a valid configuration: none that an alert could mistake for another fault.
 * @param sources names of the configured sources, as far as the file can be read
 */
export function misconfiguredMetrics(options: ExporterOptions, sources: readonly string[]) {
  const registry = new Registry()
  const { configured } = exporterMetrics(registry, options)
  const reports = new Counter<'source' | 'outcome' | 'reason'>({
    name: 'webhook_exporter_reports_total',
    help: 'Requests to the ingest listener by outcome and reason. Both are closed sets.',
    labelNames: ['source', 'outcome', 'reason'],
    registers: [registry],
  })
  const refused = (source: string) => ({ source, outcome: 'failed', reason: 'configuration_invalid' })
  for (const source of [...sources, NO_SOURCE]) reports.inc(refused(source), 0)
  processMetrics(registry)
  return {
    configured,
    /** @param source undefined for a request to no source's path */
    refused: (source: string | undefined) => reports.inc(refused(source ?? NO_SOURCE)),
    render: exposition(registry),
  }
}
