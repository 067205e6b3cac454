import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startBrowser } from '../support/browser.ts'
import { report } from '../support/http.ts'
import { BASIC, openPagesStage } from '../support/pages-stage.ts'
import { program } from '../support/programs.ts'
import { startService, stopServices } from '../support/service.ts'

/**
 * `npm run preview:pages`: pictures of the pages in docs/images, made by a real Chromium, and what the status page of 500
 * endpoints costs. The exit code is 1 if that is 100 ms or 100 KiB or more.
 */
const IMAGES = join(import.meta.dirname, '../../docs/images')
const ENDPOINTS = 500
/** Milliseconds and bytes. */
const LIMIT = { time: 100, size: 100 * 1_024 }

const chromium = await program('chromium')
if (!chromium) throw new Error('chromium is unavailable')
mkdirSync(IMAGES, { recursive: true })
try {
  await pictures()
  for (const failing of [3, 40, ENDPOINTS]) await cost(failing)
} finally {
  await stopServices()
}

async function pictures(): Promise<void> {
  const browser = await startBrowser(chromium!)
  const stage = await openPagesStage('normal')
  const { service, paths } = stage
  const incident = paths.find((path) => /^\/incidents\/[0-9a-f]{8}-/.test(path))!
  const shots = [
    { name: 'status', path: '/', width: 1_280 },
    { name: 'status-narrow', path: '/', width: 320 },
    { name: 'status-dark', path: '/', width: 1_280, dark: true },
    { name: 'incident', path: incident, width: 1_280 },
  ]
  for (const { name, path, ...look } of shots) {
    const tab = await browser.open({ headers: BASIC, height: 600, ...look })
    await tab.goto(`${service.admin}${path}`)
    const file = join(IMAGES, `${name}.png`)
    await tab.screenshot(file)
    console.log(`picture: ${file}, ${Math.round(statSync(file).size / 1_024)} KiB`)
  }
  await browser.close()
  await stage.close()
}

async function cost(failing: number): Promise<void> {
  const urls = Array.from({ length: ENDPOINTS }, (_, index) => `https://shop-${index}.example/hooks/orders-of-a-shop`)
  const { admin, ingest } = await startService({
    config: {
      sources: { retm: { auth: 'none' } },
      metrics: { seriesLimit: 20_000 },
      endpoints: urls.map((url, index) => ({
        name: `shop-${index}/orders`,
        team: 'shop',
        urls: [url],
        probe: { onReport: false },
      })),
    },
  })
  const reports = urls.slice(0, failing).flatMap((url) => Array(20).fill(url))
  for (const endpoint of reports) await report(ingest, { code: 503, endpoint, message: 'Service Unavailable' })
  const times: number[] = []
  let size = 0
  for (let round = 0; round < 11; round++) {
    const begun = performance.now()
    size = (await (await fetch(admin)).bytes()).length
    times.push(performance.now() - begun)
  }
  const [first, ...others] = times
  const median = others.sort((a, b) => a - b)[5]!
  const shown = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`
  console.log(
    `/ with ${ENDPOINTS} endpoints, ${failing} failing, ${reports.length} failures: first ${shown(first!)}, median ${shown(median)}, ${(size / 1_024).toFixed(1)} KiB`,
  )
  if (median >= LIMIT.time || size >= LIMIT.size) process.exitCode = 1
}
