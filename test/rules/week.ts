import { type EndpointState, type IncidentEvent, isOpen, newEndpoint } from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'
import type { Failure, Pod, Scrape, World } from './world.ts'

const MINUTE = 60_000
/** Minutes. */
export const TICK = 2
/** Ticks. */
export const WEEK = (7 * 24 * 60) / TICK
export const DAY = WEEK / 7
const SETTINGS = { quietTime: 30 * MINUTE, goodProbes: 3, failedProbes: 0 }

/** The others close by quiet time alone. */
const PROBED: readonly string[] = ['orders', 'menu', 'refunds']

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Week {
  readonly world: World
  /** Whether Prometheus can know at this tick that the endpoint's incident is open. */
  readonly known: ReadonlyMap<string, readonly boolean[]>
  readonly incidents: number
  readonly reopened: number
  readonly disturbances: Readonly<Record<string, number>>
  /** Ticks at which a receiver that was absent for so long that it must page came back. */
  readonly absences: readonly number[]
}

/** The receiver's troubles: ticks from the beginning, how many ticks, and what Prometheus meets. */
type Away = readonly (readonly [kind: string, from: number, length: number, Scrape])[]
const AWAY: Away = [
  ...[450, 1_150, 2_050, 2_500, 3_330, 4_100].map((at) => ['restart', at, 1, 'down'] as const),
  ...[750, 1_500, 2_250, 3_000, 3_750].map((at) => ['rollout', at, 2, 'gone'] as const),
  ...[900, 1_850, 2_750, 4_500].map((at) => ['gap', at, 2, 'gap'] as const),
  ['absence', 4_350, 10, 'gone'],
]

export interface Life {
  /** Outages of minutes to hours, among the three endpoints that are probed. */
  readonly outages: number
  /** One more endpoint for each, which fails for two ticks, again and again for ten hours: ticks from one beginning to the next. */
  readonly flapping: readonly number[]
  /** Endpoints of another team that are dead all the time. */
  readonly chronic?: number
  /** URLs that an attacker invents, one after the other; each fails for a while. */
  readonly invented?: number
  /** One more endpoint, which its platform disables: from which tick on, and for how many. */
  readonly disabled?: readonly [from: number, length: number]
  readonly ticks?: number
  readonly away?: Away
}
/** All of them flap faster than the quiet time, so that each stays one open incident. */
export const BAD: Life = { outages: 20, flapping: [6, 8, 11, 12, 14], chronic: 5, invented: 20, disabled: [2_600, 90] }
/** A single outage of one endpoint, a restart and a rollout. */
export const QUIET: Life = {
  outages: 1,
  flapping: [],
  away: [
    ['restart', 1_150, 1, 'down'],
    ['rollout', 3_000, 2, 'gone'],
  ],
}
/** A bad day, for the suite: all that makes the bad week bad, within 24 hours. */
export const BAD_DAY: Life = {
  outages: 3,
  flapping: [8],
  chronic: 5,
  invented: 8,
  disabled: [300, 60],
  ticks: DAY,
  away: [
    ['restart', 450, 1, 'down'],
    ['gap', 500, 2, 'gap'],
    ['absence', 570, 10, 'gone'],
  ],
}
/** Well for longer than the quiet time, and failing again within another one: closed, and opened again. */
export const SLOW: Life = { outages: 0, flapping: [25], ticks: DAY, away: [] }
/** The team of what is dead all the time, and of what an attacker invents. */
export const CHRONIC_TEAM = 'legacy'
const UNCONFIGURED = { team: '', severity: 'warning' }
/** What its platform disables. */
export const DISABLED = 'partner'

/** One replica on SQLite with its troubles. */
export function simulateWeek(life: Life): Week {
  const next = random(7)
  const { ticks = WEEK, away = AWAY, chronic = 0, invented = 0 } = life
  const inventedAt = (index: number): number => 60 + Math.floor((index * (ticks - 120)) / Math.max(1, invented))
  const endpoints: World['endpoints'] = [
    ...PROBED.map((name) => ({ name, team: 'sales', severity: 'critical' })),
    ...life.flapping.map((_, index) => ({ name: `flapping-${index + 1}`, team: 'kitchen', severity: 'critical' })),
    ...(life.disabled ? [{ name: DISABLED, team: 'kitchen', severity: 'critical' }] : []),
    ...Array.from({ length: chronic }, (_, index) => ({
      name: `legacy-${index + 1}`,
      team: CHRONIC_TEAM,
      severity: 'critical',
    })),
    ...Array.from({ length: invented }, (_, index) => ({
      name: `https://invented.example/${index + 1}`,
      ...UNCONFIGURED,
      since: inventedAt(index),
    })),
  ]
  const pods = receivers(away, ticks)
  const received = (tick: number): boolean =>
    pods.some((pod) => pod.scrape(tick) === 'up' || pod.scrape(tick) === 'gap')

  // Outages, as intervals in which probes and deliveries fail.
  const outages = new Map<string, [from: number, until: number][]>(endpoints.map(({ name }) => [name, []]))
  for (let index = 0; index < life.outages; index++) {
    const from = 150 + index * 240 + Math.floor(next() * 30)
    outages.get(endpoints[index % 3]!.name)!.push([from, from + 3 + Math.floor(next() * 85)])
  }
  for (let index = 0; index < chronic; index++) outages.get(`legacy-${index + 1}`)!.push([0, ticks])
  for (let index = 0; index < invented; index++)
    outages.get(`https://invented.example/${index + 1}`)!.push([inventedAt(index), inventedAt(index) + 20])
  for (const [index, { name }] of endpoints.slice(3, 3 + life.flapping.length).entries()) {
    const begin = 350 + index * 900
    for (let at = begin; at < begin + 300; at += life.flapping[index]!) outages.get(name)!.push([at, at + 2])
  }
  const failing = new Map([...outages].map(([name, list]) => [name, minutesOf(list)]))
  const well = (endpoint: string, tick: number): boolean => !failing.get(endpoint)!.has(tick)

  const failures: Failure[] = []
  const open = new Map<string, boolean[]>()
  const known = new Map<string, boolean[]>()
  let incidents = 0
  const counted = new Set(endpoints.filter(({ team }) => team !== '' && team !== CHRONIC_TEAM).map(({ name }) => name))
  let reopened = 0
  for (const { name } of endpoints) {
    let state: EndpointState = newEndpoint(name)
    const history: boolean[] = []
    const seen: boolean[] = []
    const isProbed = PROBED.includes(name)
    const starts = new Set(outages.get(name)!.map(([from]) => from))
    for (let tick = 0; tick < ticks; tick++) {
      const at = tick * TICK * MINUTE
      const apply = (event: Parameters<typeof reduceIncident>[1]) => {
        const { change, state: after } = reduceIncident(state, event, SETTINGS)
        state = after
        // What is dead all along opened before, and what is invented is nobody's.
        if (change === 'opened' && counted.has(name)) incidents++
        if (change === 'reopened' && counted.has(name)) reopened++
      }
      if (received(tick)) {
        const up = well(name, tick)
        if (!up && (starts.has(tick) || next() < 0.2)) {
          failures.push({ tick, endpoint: name })
          apply({
            type: 'failure',
            at,
            id: `${name}-${tick}`,
            code: 503,
            cause: 'unavailable',
            source: 'retm',
            tenant: '',
          })
        }
        if (name === DISABLED) for (const signal of signalsAt(life.disabled!, tick)) apply(signal)
        if (isProbed)
          apply({
            type: 'probe',
            at,
            startedAt: at,
            id: `${name}-${tick}`,
            scheduled: true,
            up,
            pathUnproven: false,
            status: up ? 200 : null,
            cause: up ? null : 'unavailable',
          })
        apply({ type: 'tick', at, probed: isProbed })
      }
      history.push(isOpen(state))
      // What cannot be scraped is taken to be as it was.
      seen.push(pods.some((pod) => pod.scrape(tick) === 'up') ? isOpen(state) : (seen.at(-1) ?? false))
    }
    open.set(name, history)
    known.set(name, seen)
  }
  const disturbances: Record<string, number> = {}
  for (const [kind] of away) disturbances[kind] = (disturbances[kind] ?? 0) + 1
  return {
    world: {
      ticks,
      step: TICK * 60,
      counting: 'restored',
      pods,
      endpoints,
      failures,
      open: (endpoint, tick) => open.get(endpoint)![tick]!,
      well,
      probed: (endpoint) => PROBED.includes(endpoint),
      proxied: (endpoint) => PROBED.includes(endpoint),
      disabled: (endpoint, tick) => endpoint === DISABLED && isWithin(life.disabled!, tick),
    },
    known,
    incidents,
    reopened,
    disturbances,
    absences: away.filter(([kind]) => kind === 'absence').map(([, from, length]) => from + length),
  }
}

const isWithin = ([from, length]: readonly [number, number], tick: number): boolean =>
  tick >= from && tick < from + length
/** What the platform says when it disables an endpoint, and when it enables it again. */
function signalsAt([from, length]: readonly [number, number], tick: number): IncidentEvent[] {
  const type = tick === from ? 'disabled' : tick === from + length ? 'recovered' : undefined
  if (type === undefined) return []
  const at = tick * TICK * MINUTE
  const what = { type, source: 'svix', tenant: '', endpoint: DISABLED, url: `svix:${DISABLED}` } as const
  const unsaid = { code: null, cause: null, message: '', time: null, attempts: null, event: null, manual: false }
  return [{ type: 'signal', at, signal: { id: `${type}-${tick}`, receivedAt: at, ...what, ...unsaid } }]
}

/** A rollout and an absence end with a pod of the same name and another address. */
function receivers(away: Away, ticks: number): Pod[] {
  const moves = away.filter(([kind]) => kind === 'rollout' || kind === 'absence').sort((a, b) => a[1] - b[1])
  const restarts = away.filter(([kind]) => kind === 'restart').map(([, from, length]) => from + length)
  return [undefined, ...moves].map((move, index): Pod => {
    const since = move ? move[1] + move[2] : -60
    const until = moves[index]?.[1] ?? ticks
    return {
      pod: 'w-0',
      instance: `10.0.0.${index + 1}:9464`,
      starts: [since, ...restarts.filter((at) => at > since)],
      scrape: (tick) =>
        tick < since || tick >= until
          ? 'gone'
          : (away.find(([, from, length]) => tick >= from && tick < from + length)?.[3] ?? 'up'),
    }
  })
}

function minutesOf(list: readonly (readonly [number, number])[]): Set<number> {
  return new Set(list.flatMap(([from, until]) => Array.from({ length: until - from }, (_, index) => from + index)))
}
