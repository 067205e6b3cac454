import { lostBetween, spanCounts, startCollector } from '../collector.ts'
import type { Figure } from '../figure.ts'
import { BARE } from '../sides.ts'
import { fullLoad, halfLoad, withRunning } from './reports.ts'

export const traced: Figure = {
  name: 'traced',
  about: 'as reports, with every span exported to a local collector; bare Koa is not traced',
  async measure(side, settings) {
    const collector = await startCollector()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'always_on' }
    try {
      return await withRunning(side, { env }, async (running) => {
        const spans = async () => (side === BARE ? { ended: 0, lost: 0 } : spanCounts(running.adminPort!))
        const atStart = await spans()
        const full = await fullLoad(running, settings)
        const atHalf = await spans()
        const half = await halfLoad(running, full.load.rate, settings)
        return {
          'traced: reports per second': full.load.rate,
          'traced: of the main thread per report, µs': full.mainCpu,
          'traced: p50 at half load, ms': half.p50,
          'traced: p99 at half load, ms': half.p99,
          ...(side !== BARE && {
            'traced: spans lost at full load, %': lostBetween(atStart, atHalf),
            'traced: spans lost at half load, %': lostBetween(atHalf, await spans()),
          }),
        }
      })
    } finally {
      collector.close()
    }
  },
}
