import { Gauge, type Registry } from './client.ts'

/** Whether this receiver has egress, read at each scrape. */
export function egressMetrics(registry: Registry) {
  let isUp: () => boolean | null = () => null
  new Gauge({
    name: 'webhook_exporter_egress_up',
    help: 'Whether this receiver has egress: 1 if anything outside answered in the last 3 minutes (a probe, the canary, outbound.reference), 0 if all attempts failed. Absent if there were none.',
    registers: [registry],
    collect() {
      const up = isUp()
      if (up === null) this.remove()
      else this.set(up ? 1 : 0)
    },
  })
  return {
    observe: (source: () => boolean | null): void => {
      isUp = source
    },
  }
}
