import { Gauge, type Registry } from './client.ts'

/** Whether this receiver has egress, read at each scrape. */
export function egressMetrics(registry: Registry) {
  let isUp: () => boolean | null = () => null
  new Gauge({
    name: 'webhook_exporter_egress_up',
    help: 'Whether this receiver has egress: 1 if anything outside answered within three probe intervals (an endpoint, the canary, outbound.reference); 0 once nothing does and that shows that this receiver is cut off (no route, no resolver, or several hosts silent), until something outside answers. Otherwise absent: one silent host shows nothing.',
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
