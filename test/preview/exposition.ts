const HOUR = 3_600_000

/** A process of the service. */
export interface ServiceProcess {
  /** How many were before it. */
  readonly lives: number
  /** Milliseconds since the epoch. */
  readonly born: number
  /** Seconds used so far. */
  cpu: number
}

/** When it is scraped, and what its own figures are drawn from. */
export interface Scrape {
  readonly now: number
  /** Milliseconds since the scrape before. */
  readonly step: number
  readonly random: () => number
}

/** @returns the labels that Prometheus adds */
export function target({ lives }: ServiceProcess): string {
  return `namespace="shop",job="webhook-errors",pod="webhook-errors-0",instance="10.1.4.${17 + lives * 6}:9464"`
}

/**
 * The target's labels and a time for every sample; comments and exemplars are not for a backfill.
 * @param open endpoints whose incident is open: their alert fires
 */
export function stamp(body: string, process: ServiceProcess, scrape: Scrape, open: readonly string[]): string {
  const labels = target(process)
  const time = scrape.now / 1_000
  const lines: string[] = [`up{${labels}} 1 ${time}`]
  for (const line of [...body.split('\n'), ...processLines(process, scrape)]) {
    if (line === '' || line.startsWith('#')) continue
    const sample = line.includes(' # ') ? line.slice(0, line.indexOf(' # ')) : line
    const brace = sample.indexOf('{')
    const space = sample.lastIndexOf(' ')
    lines.push(
      brace === -1
        ? `${sample.slice(0, space)}{${labels}} ${sample.slice(space + 1)} ${time}`
        : `${sample.slice(0, brace + 1)}${labels}${sample[brace + 1] === '}' ? '' : ','}${sample.slice(brace + 1, space)} ${sample.slice(space + 1)} ${time}`,
    )
  }
  for (const endpoint of open)
    lines.push(
      `ALERTS{namespace="shop",job="webhook-errors",endpoint="${endpoint}",alertname="WebhookEndpointFailing",alertstate="firing",severity="critical"} 1 ${time}`,
    )
  return `${lines.join('\n')}\n`
}

/** Those of Node.js would be this machine's. */
function processLines(process: ServiceProcess, { now, step, random }: Scrape): string[] {
  process.cpu += (step / 1_000) * (0.006 + random() * 0.001)
  const age = Math.min(1, (now - process.born) / (6 * HOUR))
  return [
    `process_start_time_seconds ${process.born / 1_000}`,
    `process_cpu_seconds_total ${process.cpu.toFixed(3)}`,
    `process_resident_memory_bytes ${Math.round(86e6 + age * 14e6 + random() * 2e6)}`,
    `nodejs_heap_size_used_bytes ${Math.round(21e6 + age * 4e6 + random() * 2e6)}`,
    `nodejs_eventloop_lag_p99_seconds ${(0.0105 + random() ** 40 * 0.03).toFixed(4)}`,
    `process_open_fds ${27 + Math.round(random() ** 8 * 6)}`,
  ]
}
