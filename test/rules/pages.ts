import { INHIBITIONS } from '../../grafana/alertmanager/inhibitions.ts'
import type { Matcher } from '../../grafana/alertmanager/routing.ts'
import { FILES, unitTest } from './promtool.ts'
import { CHRONIC_TEAM, DISABLED, TICK, type Week } from './week.ts'
import { observe } from './world.ts'

/** A query may take no more than 10,000 samples into memory in promtool: half days. */
export const PART = (12 * 60) / TICK

/** Pages that began, by alert and endpoint (`ALERT` or `ALERT ENDPOINT`), in each part. */
export type Onsets = readonly ReadonlyMap<string, number>[]

const matcher = ({ name, op, value }: Matcher): string => `${name}${op}${JSON.stringify(value)}`
const alerts = (matchers: readonly string[], offset: string): string =>
  `ALERTS{${['alertstate="firing"', ...matchers].join(', ')}}${offset}`

/** Critical alerts that no other alert inhibits, as the shipped inhibitions say. */
function pages(offset: string): string {
  const critical = ['severity="critical"', `team!="${CHRONIC_TEAM}"`]
  const inhibited = INHIBITIONS.map(
    ({ source, target, equal }) =>
      `(${alerts([...target.map(matcher), ...critical], offset)} and on (${equal.join(', ')}) ${alerts(source.map(matcher), offset)})`,
  )
  return `(${alerts(critical, offset)} unless (${inhibited.join(' or ')}))`
}

/** Runs the rules over a week in promtool. @returns what would page, as promtool saw it begin */
export async function onsetsOf(context: Mocha.Context | undefined, { world }: Week): Promise<Onsets> {
  const parts = Array.from({ length: world.ticks / PART }, (_, index) => index * PART)
  const { text } = await unitTest(context, {
    files: [...FILES, 'error-budgets.yaml'],
    series: observe(world),
    step: world.step,
    // What makes tickets pages nobody, unless it silences what would page; nor do the windows that only it looks at.
    keep: ({ alert, record = '', labels }) =>
      alert === undefined
        ? !/_(probes|deliveries):.*(2h|1d|3d)$/.test(record)
        : SILENCING.has(alert) || isPaging(labels?.['severity']),
    // It fails on purpose and says what it got.
    expect: parts.map((part) => ({
      at: `${(part + PART - 1) * TICK}m`,
      promql: `sum by (alertname, endpoint) (count_over_time((${pages('')} unless ${pages(` offset ${TICK}m`)})[${PART * TICK - 1}m:${TICK}m])) + 0 * ${part + 1}`,
      samples: [{ labels: '{part="none"}', value: 1 }],
    })),
  })
  const found = [...text.matchAll(/\* (\d+)", time: [^\n]*\n\s*exp:[^\n]*\n\s*got:([^\n]*)/g)]
  if (found.length !== parts.length) throw new Error(`promtool: ${text.slice(0, 2_000)}`)
  const byPart = new Map(found.map(([, part, got]) => [Number(part) - 1, samplesOf(got!)]))
  return parts.map((part) => byPart.get(part)!)
}

const SILENCING = new Set(INHIBITIONS.flatMap(({ source }) => source.map(({ value }) => value)))
const isPaging = (severity: string | undefined): boolean => severity !== 'warning' && severity !== 'info'

function samplesOf(got: string): Map<string, number> {
  return new Map(
    [...got.matchAll(/\{([^}]*)\} ([0-9.E+-]+)/g)].map(([, labels, value]) => {
      const of = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels!)?.[1] ?? ''
      return [[of('alertname'), of('endpoint')].filter(Boolean).join(' '), Number(value)] as const
    }),
  )
}

/** What should page in each part: each incident of a critical endpoint once, and the absence of the receiver. */
export function expectedOnsets(week: Week, fires: Week['known'] = week.known): Onsets {
  const { world } = week
  const critical = world.endpoints.filter(({ severity, team }) => severity === 'critical' && team !== CHRONIC_TEAM)
  return Array.from({ length: world.ticks / PART }, (_, index) => {
    const from = index * PART
    const within = (tick: number): boolean => tick >= from && tick < from + PART
    const counts = critical.map(({ name }) => {
      const history = fires.get(name)!
      const began = history.filter((is, tick) => within(tick) && is && !history[tick - 1]).length
      return [`${name === DISABLED ? 'WebhookEndpointDisabled' : 'WebhookEndpointFailing'} ${name}`, began] as const
    })
    const absences = week.absences.filter(within).length
    return new Map([...counts, ['WebhookReceiverDown', absences] as const].filter(([, count]) => count > 0))
  })
}

/** Compares what paged with what should have. */
export function judge(got: Onsets, wanted: Onsets): { pages: Map<string, number>; false: number; missed: number } {
  const pages = new Map<string, number>()
  const faults = { false: 0, missed: 0 }
  for (const [index, part] of got.entries()) {
    for (const key of new Set([...part.keys(), ...wanted[index]!.keys()])) {
      const [is = 0, should = 0] = [part.get(key), wanted[index]!.get(key)]
      faults.false += Math.max(0, is - should)
      faults.missed += Math.max(0, should - is)
      const alert = key.split(' ', 1)[0]!
      if (is > 0) pages.set(alert, (pages.get(alert) ?? 0) + is)
    }
  }
  return { pages, ...faults }
}

/** Notifications of what has paged before: one every `repeat` minutes for each team with a firing critical alert. */
export function repeatsOf({ world, known }: Week, repeat: number): number {
  const teams = new Map<string, string[]>()
  for (const { name, team, severity } of world.endpoints)
    if (severity === 'critical') teams.set(team, [...(teams.get(team) ?? []), name])
  let repeats = 0
  for (const names of teams.values()) {
    let since: number | undefined
    for (let tick = 0; tick < world.ticks; tick++) {
      const isFiring = names.some((name) => known.get(name)![tick])
      if (!isFiring) since = undefined
      else if (since === undefined) since = tick
      else if ((tick - since) * TICK >= repeat) {
        repeats++
        since = tick
      }
    }
  }
  return repeats
}
