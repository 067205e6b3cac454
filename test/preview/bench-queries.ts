import { program } from '../support/programs.ts'
import { launchPrometheus } from '../support/prometheus.ts'
import { removeTempFolders } from '../support/temp.ts'
import { costs } from './costs.ts'
import { crowdedWeek } from './crowd.ts'
import { readDashboard } from './grafana-model.ts'
import { WEEK_END } from './stage.ts'

/**
 * `npm run bench:dashboards`: a week of 500 endpoints in a real Prometheus, and what each query of the overview costs
 * there: over its opening range, and over the whole week. Prints a Markdown table for docs/dashboards.md; the exit code is
 * 1 if the dashboard makes more than 25 queries, or if one takes 100 ms or longer. Writing the week takes minutes: CROWD
 * names a folder that keeps it for the next run.
 */
const ENDPOINTS = Number(process.env['ENDPOINTS'] ?? 500)
const DAYS = Number(process.env['DAYS'] ?? 7)
const INTERVAL = 60
const MOST_QUERIES = 25
const MOST_MS = 100

const end = Math.floor(WEEK_END / 60_000) * 60
const began = performance.now()
const crowd = { endpoints: ENDPOINTS, end, days: DAYS, interval: INTERVAL }
const data = await crowdedWeek((await program('promtool'))!, crowd, process.env['CROWD'])
console.error(
  `${ENDPOINTS} endpoints over ${DAYS} days, written in ${((performance.now() - began) / 1_000).toFixed(0)} s`,
)
const prometheus = await launchPrometheus((await program('prometheus'))!, { scrape: [], data })
try {
  const dashboard = readDashboard('overview')
  const scene = (hours: number) => ({
    prometheus,
    range: { from: end - hours * 3_600, to: end },
    scrapeInterval: INTERVAL,
  })
  const opening = await costs(dashboard, scene(12))
  const week = await costs(dashboard, scene(DAYS * 24))
  console.log('| panel | query | 12 h, ms | 7 d, ms | series |\n| --- | --- | --- | --- | --- |')
  for (const [index, { title, refId, milliseconds }] of opening.entries()) {
    const whole = week[index]!
    console.log(
      `| ${title} | ${refId} | ${milliseconds.toFixed(0)} | ${whole.milliseconds.toFixed(0)} | ${whole.series} |`,
    )
  }
  const slow = [...opening, ...week].filter(({ milliseconds }) => milliseconds >= MOST_MS)
  console.log(`\n${opening.length} queries; ${slow.length} took ${MOST_MS} ms or longer`)
  if (slow.length > 0 || opening.length > MOST_QUERIES) process.exitCode = 1
} finally {
  await prometheus.stop()
  removeTempFolders()
}
