import { Gauge, type Registry } from 'prom-client'

/** Whether this receiver has egress, asked at each scrape. */
export function egressMetrics(registry: Registry) {
  let isUp: () => boolean | null = () => null
  new Gauge({
    name: 'webhook_exporter_egress_up',
    help: 'Whether this receiver gets an answer from anything outside (a probe, the canary, outbound.reference): 0 only while everything that was tried in the last 3 minutes failed. Absent while nothing outside was tried.',
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
