import type { Figure, Rows, Settings } from '../figure.ts'
import { halfPause, type Load, load } from '../load.ts'
import { type Running, type Side, type StartOptions, start } from '../sides.ts'

/** The report path: at full load, then at half of that rate. */
export const reports: Figure = {
  name: 'reports',
  about: 'reports of one endpoint at full load, then at half of the rate that this side reached',
  async measure(side, settings) {
    return withRunning(side, {}, async (running) => {
      const full = await fullLoad(running, settings)
      const half = await halfLoad(running, full.load.rate, settings)
      return {
        'reports per second': full.load.rate,
        'p50 at full load, ms': full.load.p50,
        'p99 at full load, ms': full.load.p99,
        'processor time per report, µs': full.cpu,
        'of its main thread, µs': full.mainCpu,
        'reports per second at half load': half.rate,
        'p50 at half load, ms': half.p50,
        'p99 at half load, ms': half.p99,
        'peak resident, MiB': running.memory('VmHWM'),
        'socket errors': full.load.errors + half.errors,
      }
    })
  },
}

/** Runs `work` on a side that was started, and stops it. */
export async function withRunning(
  side: Side,
  options: StartOptions,
  work: (running: Running) => Promise<Rows>,
): Promise<Rows> {
  const running = await start(side, options)
  try {
    return await work(running)
  } finally {
    await running.stop()
  }
}

/** Seconds under load until the compiler is done: until then it takes half a processor. */
const WARM_UP = 8

/** After a warm-up that does not count. `cpu` and `mainCpu` are microseconds per report, of the process and its main thread. */
export async function fullLoad(
  { port, processorTime }: Running,
  { seconds, connections }: Settings,
  more: Pick<Parameters<typeof load>[0], 'kind' | 'path'> = {},
): Promise<{ readonly load: Load; readonly cpu: number; readonly mainCpu: number }> {
  await load({ port, seconds: WARM_UP, connections, ...more })
  const before = processorTime()
  const result = await load({ port, seconds, connections, ...more })
  const after = processorTime()
  const each = 1e6 / result.accepted
  return { load: result, cpu: (after.all - before.all) * each, mainCpu: (after.main - before.main) * each }
}

/** @param rate of the full load, per second */
export const halfLoad = ({ port }: Running, rate: number, { seconds, connections }: Settings): Promise<Load> =>
  load({ port, seconds, connections, pause: halfPause(rate, connections) })
