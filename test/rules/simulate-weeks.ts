import { writeFileSync } from 'node:fs'
import { SIMULATED_PAGES, type SimulatedPages, type SimulatedWeek } from '../../grafana/rules/simulated-pages.ts'
import { removeTempFolders } from '../support/temp.ts'
import { expectedOnsets, judge, onsetsOf, repeatsOf } from './pages.ts'
import { BAD, type Life, QUIET, simulateWeek } from './week.ts'

/**
 * `npm run simulate:weeks`: a quiet and a bad week in promtool, minute by minute of the rules' own time. Prints who would be
 * paged, and writes grafana/rules/simulated-pages.json, from which `npm run generate` makes the table of docs/runbooks.
 */
async function simulate(name: string, life: Life): Promise<SimulatedWeek> {
  const week = simulateWeek(life)
  const result = judge(await onsetsOf(undefined, week), expectedOnsets(week))
  const isOfEndpoint = (alert: string): boolean => /^WebhookEndpoint(Failing|Disabled)$/.test(alert)
  const count = (filter: (alert: string) => boolean): number =>
    [...result.pages].reduce((sum, [alert, pages]) => sum + (filter(alert) ? pages : 0), 0)
  const paged = count(isOfEndpoint)
  const receiver = count((alert) => !isOfEndpoint(alert))
  const troubles = Object.entries(week.disturbances).map(([kind, times]) => `${times} × ${kind}`)
  console.log(
    `${name} week: ${week.incidents} incidents (${life.disabled ? 1 : 0} disabled by its platform), ${week.world.failures.length} failures, ${life.chronic ?? 0} endpoints dead all week, ` +
      `${life.invented ?? 0} URLs invented, receiver: ${troubles.join(', ')}\n  ${paged} pages of failing endpoints ` +
      `(${(paged / week.incidents).toFixed(2)} per incident), ${receiver} about the receiver, false ${result.false}, missed ${result.missed}`,
  )
  return {
    incidents: week.incidents,
    pages: Object.fromEntries(result.pages),
    receiver,
    false: result.false,
    missed: result.missed,
    repeats: repeatsOf(week, 240),
    invented: life.invented ?? 0,
  }
}

const pages: SimulatedPages = { quiet: await simulate('quiet', QUIET), bad: await simulate('bad', BAD) }
writeFileSync(SIMULATED_PAGES, `${JSON.stringify(pages, null, 2)}\n`)
removeTempFolders()
