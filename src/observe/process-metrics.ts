import { Counter, defaultMetric, type Registry } from './client.ts'

/** Those of the client that stay; processCpuTotal would load the OpenTelemetry API for exemplars, which are not used here. */
const METRICS = [
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

/** Metrics that break Prometheus' naming rules: without them `promtool check metrics` is clean. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Metrics of the process and of Node.js, by the names of the Prometheus client. */
export function processMetrics(registry: Registry): void {
  cpuMetrics(registry)
  for (const name of METRICS) defaultMetric(name)(registry, { eventLoopMonitoringPrecision: 10 })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
}

/** Seconds of processor time since the process started, of all its threads. */
function cpuMetrics(registry: Registry): void {
  const seconds = (name: string, help: string, microseconds: (usage: NodeJS.CpuUsage) => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(microseconds(process.cpuUsage()) / 1e6)
      },
    })
  seconds('process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.', ({ user }) => user)
  seconds('process_cpu_system_seconds_total', 'Total system CPU time spent in seconds.', ({ system }) => system)
  seconds(
    'process_cpu_seconds_total',
    'Total user and system CPU time spent in seconds.',
    (each) => each.user + each.system,
  )
}
