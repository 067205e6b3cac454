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

async function beside(running: Running, series: number, { seconds, connections }: Settings): Promise<Rows> {
  const { port, adminPort } = running
  // Full load of one series: that of many has another rate, which a scrape does not concern.
  const { load: full } = await fullLoad(running, { seconds: 1, connections })
  const half = { port, connections, series, pause: halfPause(full.rate, connections) }
  // All series are there before anything counts.
  await load({ ...half, seconds: Math.ceil((2 * series) / (full.rate / 2)) })
  const without = await load({ ...half, seconds })
  const scraper = scrapeEverySecond(adminPort!)
  const beside = await load({ ...half, seconds })
  if (scraper.stop() < Math.floor(seconds / 2))
    throw new Error('the service answered fewer scrapes than were asked for')
  return {
    [`${series} series: p99 at half load, ms`]: without.p99,
    [`${series} series: the same, scraped, ms`]: beside.p99,
    [`${series} series: scraped / not scraped`]: beside.p99 / without.p99,
  }
}

/** What Prometheus 3 asks for, without protobuf. */
const HEADERS = {
  accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2',
  'accept-encoding': 'gzip',
}

/** Scrapes as Prometheus does; the text is thrown away. `stop` returns how many scrapes were answered. */
function scrapeEverySecond(port: number): { stop(): number } {
  let scrapes = 0
  const scrape = () => {
    get({ port, host: '127.0.0.1', path: '/metrics', headers: HEADERS }, (response) => {
      if (response.statusCode !== 200) throw new Error(`a scrape was answered ${response.statusCode}`)
      response.resume().on('end', () => {
        scrapes++
      })
    })
  }
  const timer = setInterval(scrape, 1_000)
  return {
    stop() {
      clearInterval(timer)
      return scrapes
    },
  }
}
