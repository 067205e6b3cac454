import { counter, gauge, type Signal } from './model.ts'

/** What Node.js and the kernel say of the process. */
export const PROCESS_SIGNALS = {
  processCpu: counter('process_cpu_seconds_total', [], 'Total user and system CPU time spent in seconds.', {
    unit: 'seconds',
  }),
  processMemory: gauge('process_resident_memory_bytes', 'bytes', [], 'Resident memory size in bytes.'),
  processStart: gauge(
    'process_start_time_seconds',
    'unix_seconds',
    [],
    'Start time of the process since unix epoch in seconds.',
  ),
  eventLoopLag: gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'seconds',
    [],
    'The 99th percentile of the recorded event loop delays.',
  ),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'bytes', [], 'Process heap size used from Node.js in bytes.'),
  openFds: gauge('process_open_fds', 'count', [], 'Number of open file descriptors.'),
} as const satisfies Record<string, Signal>
