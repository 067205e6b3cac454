import { report } from './http.ts'
import { deliver } from './proxy-stage.ts'

export interface PlatformOptions {
  /** `http://HOST:PORT` of the proxy. */
  readonly origin: string
  readonly path: string
  /** Headers of each delivery, besides its id. */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds between two events. */
  readonly pace: number
  /** Milliseconds before each repetition of a failed delivery; it gives up when they are used up. */
  readonly pauses: readonly number[]
  /** Milliseconds that it waits for an answer; for as long as it takes unless given. */
  readonly patience?: number
  /** Where it sends its error webhook, and the URL that it reports. Asked each time; undefined: nowhere. */
  readonly reportTo: () => { readonly ingest: string; readonly endpoint: string } | undefined
}

/** A delivery that the platform gave up on. Times are milliseconds since the epoch. */
export interface GivenUp {
  readonly firstAttemptAt: number
  readonly lastAttemptAt: number
  /** When its error webhook was answered 202; undefined if it sent none. */
  readonly reportedAt: number | undefined
}

export interface Platform {
  readonly sent: () => number
  /** Failed attempts, by when they were answered. */
  readonly failedAt: readonly number[]
  readonly succeededAt: readonly number[]
  readonly givenUp: readonly GivenUp[]
  /** Sends no new event, and waits for what it still repeats. */
  stop(): Promise<void>
  /** Sends no new event, and repeats none. */
  abandon(): void
}

const platforms = new Set<Platform>()

/** Abandons all of them: for `afterEach`. */
export function abandonPlatforms(): void {
  for (const platform of platforms) platform.abandon()
  platforms.clear()
}

/** A platform as it behaves towards an integrator: events at a steady pace, repetitions, and error webhooks. */
export function startPlatform({
  origin,
  path,
  headers: own,
  pace,
  pauses,
  patience,
  reportTo,
}: PlatformOptions): Platform {
  let sent = 0
  const failedAt: number[] = []
  const succeededAt: number[] = []
  const givenUp: GivenUp[] = []
  const pending = new Set<Promise<void>>()
  const timers = new Set<NodeJS.Timeout>()

  async function event(id: number): Promise<void> {
    const firstAttemptAt = Date.now()
    for (let attempt = 0; ; attempt++) {
      const lastAttemptAt = Date.now()
      const headers = { ...own, 'webhook-id': `${path} ${id}` }
      const signal = patience === undefined ? undefined : AbortSignal.timeout(patience)
      const answer = await deliver(origin, { path, headers, body: JSON.stringify({ id }), ...(signal && { signal }) })
      const status = answer?.status ?? 0
      if (status >= 200 && status < 300) {
        succeededAt.push(Date.now())
        return
      }
      failedAt.push(Date.now())
      const pause = pauses[attempt]
      if (pause === undefined) {
        givenUp.push({ firstAttemptAt, lastAttemptAt, reportedAt: await reported(status) })
        return
      }
      await new Promise((resolve) => timers.add(setTimeout(resolve, pause)))
    }
  }

  async function reported(code: number): Promise<number | undefined> {
    const to = reportTo()
    if (!to) return undefined
    const { status } = await report(to.ingest, { code, endpoint: to.endpoint, message: '' })
    return status === 202 ? Date.now() : undefined
  }

  const timer = setInterval(() => {
    const one = event(sent++).finally(() => pending.delete(one))
    pending.add(one)
  }, pace)
  const platform: Platform = {
    sent: () => sent,
    failedAt,
    succeededAt,
    givenUp,
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
    },
    abandon() {
      clearInterval(timer)
      for (const each of timers) clearTimeout(each)
    },
  }
  platforms.add(platform)
  return platform
}
