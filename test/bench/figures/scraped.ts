import { get } from 'node:http'
import type { Figure, Rows, Settings } from '../figure.ts'
import { halfPause, load } from '../load.ts'
import { BARE, type Running } from '../sides.ts'
import { fullLoad, withRunning } from './reports.ts'

/** Label sets of lost deliveries. */
const SERIES = [2_000, 10_000]
/** What is reserved for causes and endpoints, and not used here. */
const RESERVED = 2_000

export const scraped: Figure = {
  name: 'scraped',
  about: 'half of full load, spread over 2,000 and 10,000 series, with a compressed scrape each second and without',
  async measure(side, settings) {
    const rows: Record<string, number> = {}
    if (side === BARE) return rows
    for (const series of SERIES) {
      const config = { metrics: { seriesLimit: series + RESERVED } }
      Object.assign(rows, await withRunning(side, { config }, (running) => beside(running, series, settings)))
    }
    return rows
  },
}

/** Loads without scrapes and with them, in turn: the machine's speed drifts by more than a scrape costs. */
const PAIRS = 4

async function beside(running: Running, series: number, { seconds, connections }: Settings): Promise<Rows> {
  const { port, adminPort } = running
  // Full load of one series: that of many has another rate, which a scrape does not concern.
  const { load: full } = await fullLoad(running, { seconds: 2, connections })
  const half = { port, connections, series, pause: halfPause(full.rate, connections) }
  // All series are there, and their text is cached, before anything counts.
  await load({ ...half, seconds: Math.ceil((2 * series) / (full.rate / 2)) })
  await withScraper(adminPort!, () => load({ ...half, seconds: 2 }))
  const without: number[] = []
  const scraped: number[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    without.push((await load({ ...half, seconds })).p99)
    scraped.push((await withScraper(adminPort!, () => load({ ...half, seconds }))).p99)
  }
  return {
    [`${series} series: p99 at half load, ms`]: median(without),
    [`${series} series: the same, scraped, ms`]: median(scraped),
    [`${series} series: scraped / not scraped`]: median(scraped) / median(without),
  }
}

/** Of an even number of values, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const order = values.toSorted((a, b) => a - b)
  const middle = order.length / 2
  return (order[Math.ceil(middle) - 1]! + order[Math.floor(middle)]!) / 2
}

/** What Prometheus 3 asks for, without protobuf. */
const HEADERS = {
  accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2',
  'accept-encoding': 'gzip',
}

/** Scrapes each second during `work`, as Prometheus does; the text is thrown away. */
async function withScraper<T>(port: number, work: () => Promise<T>): Promise<T> {
  let begun = 0
  let ended = 0
  const scrape = () => {
    begun++
    get({ port, host: '127.0.0.1', path: '/metrics', headers: HEADERS }, (response) => {
      if (response.statusCode !== 200) throw new Error(`a scrape was answered ${response.statusCode}`)
      response.resume().on('end', () => {
        ended++
      })
    })
  }
  const first = setTimeout(scrape, 300)
  const timer = setInterval(scrape, 1_000)
  const result = await work().finally(() => {
    clearTimeout(first)
    clearInterval(timer)
  })
  if (ended < begun - 1) throw new Error(`${begun} scrapes were asked for, and ${ended} answered`)
  return result
}
