import { randomBytes } from 'node:crypto'
import type { Cause } from '../domain/cause/cause.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { CutOff } from '../domain/ports/cut-off.ts'
import type { CanaryMoments, Journal } from '../domain/ports/journal.ts'
import { type Lease, SOLE_LEASE } from '../domain/ports/lease.ts'
import { type OutboundClient, OutboundFault, type OutboundProgress } from '../domain/ports/outbound-client.ts'
import type { Log, Metrics } from '../domain/ports/telemetry.ts'
import { CANARY_HEADERS, CANARY_REPORT, canaryAnswer, same, signCanary } from '../domain/report/canary.ts'
import type { ProbePhase } from '../domain/verdict/probe.ts'

export interface RoundTrip {
  /** Null if it returned, signed. */
  readonly cause: Cause | null
  /** One sentence for people, without secrets. */
  readonly detail: string
  /** HTTP status of the answer, if there was one. */
  readonly status?: number
  /** Where it failed. */
  readonly phase?: ProbePhase
  readonly cutOff?: CutOff
  readonly seconds: number
}

export interface RoundTripOptions {
  readonly client: Pick<OutboundClient, 'send'>
  readonly url: string
  /** Undefined: no Authorization is sent. */
  readonly token: string | undefined
  readonly secret: string
  /** Milliseconds for all of it. */
  readonly timeout: number
  readonly clock: Clock
  readonly classify: (report: { code: number; endpoint: string; message: string }) => { readonly cause: Cause }
}

/** Bytes of an answer that are read; ours are less than a hundred. */
const ANSWER_LIMIT = 4_096

/** Sends one canary. Never rejects; only an answer that is signed for this nonce is a success. No redirect is followed. */
export async function roundTrip(options: RoundTripOptions): Promise<RoundTrip> {
  const { client, url, token, secret, timeout, clock, classify } = options
  const nonce = randomBytes(18).toString('base64url')
  const signed = signCanary(secret, nonce, clock())
  const startedAt = performance.now()
  const done = (cause: Cause | null, detail: string, status?: number): RoundTrip => ({
    cause,
    detail,
    ...(status !== undefined && { status }),
    seconds: (performance.now() - startedAt) / 1_000,
  })
  const signal = AbortSignal.timeout(timeout)
  const progress: OutboundProgress = { phase: 'resolve', phases: {} }
  const request = {
    method: 'POST',
    url,
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      [CANARY_HEADERS.nonce]: signed.nonce,
      [CANARY_HEADERS.time]: signed.time,
      [CANARY_HEADERS.signature]: signed.signature,
    },
    body: JSON.stringify(CANARY_REPORT),
    answerLimit: ANSWER_LIMIT,
  } as const
  try {
    const { status, body } = await client.send(request, { signal, progress })
    if (status === 202 && isAnswer(body, canaryAnswer(secret, nonce))) return done(null, 'it came back, signed', status)
    if (status >= 200 && status <= 299) {
      return done(
        'protocol',
        `something answered ${status} without the signature: not this service, or with another secret`,
        status,
      )
    }
    return done(classify({ code: status, endpoint: url, message: '' }).cause, `it was answered ${status}`, status)
  } catch (error) {
    const { phase } = progress
    if (error instanceof OutboundFault) {
      const { reason, message, cutOff } = error
      return { ...done(reason, message.slice(0, 200)), phase, ...(cutOff && { cutOff }) }
    }
    if (signal.aborted) return { ...done('timeout', `there was no complete answer within ${timeout} ms`), phase }
    return done('unknown', 'the canary could not be sent')
  }
}

function isAnswer(text: string, expected: string): boolean {
  try {
    const { canary } = JSON.parse(text) as { canary?: unknown }
    return typeof canary === 'string' && same(canary, expected)
  } catch {
    return false
  }
}

export interface CanaryOptions {
  readonly client: RoundTripOptions['client']
  readonly url: string
  /** Milliseconds between two runs. */
  readonly interval: number
  /** Read for each run, so that rotation takes effect at once. */
  readonly token: () => Promise<string | undefined>
  readonly secret: () => Promise<string>
  readonly classify: RoundTripOptions['classify']
  /** Whether this replica sends canaries; another one may. */
  readonly lease?: Lease
  readonly journal: Pick<Journal, 'noteCanary'>
  readonly metrics: Pick<Metrics, 'canaryRun'>
  readonly log: Pick<Log, 'warn' | 'info'>
  readonly clock: Clock
  /** Called after each canary. */
  readonly onRun?: (trip: RoundTrip) => void
}

const LONGEST = 10_000
/**
 * Milliseconds from the start to the first canary: behind a Service a new pod gets no requests before it has been probed
 * (twice, 5 s apart) and each node knows its address.
 */
const FIRST_AFTER = 15_000

/** Sends a canary on a schedule, and stores the time of its last success in the journal. */
export function createCanary(options: CanaryOptions) {
  const { url, interval, lease = SOLE_LEASE, journal, metrics, log, clock } = options
  let moments: CanaryMoments | null = null
  let timer: NodeJS.Timeout | undefined
  let failing = false
  let started = false
  let stopped = false
  let earliest = 0
  let running: Promise<void> = Promise.resolve()

  async function note(succeededAt?: number): Promise<void> {
    try {
      moments = await journal.noteCanary({ configuredAt: clock(), ...(succeededAt !== undefined && { succeededAt }) })
    } catch {
      // The journal reports its own faults. The success still counts for this process.
      if (succeededAt !== undefined && moments) moments = { ...moments, succeededAt }
    }
  }

  const isAhead = ({ configuredAt, succeededAt }: CanaryMoments): boolean => (succeededAt ?? configuredAt) > clock()

  async function attempt(): Promise<RoundTrip> {
    try {
      const [token, secret] = [await options.token(), await options.secret()]
      if (secret === '') throw new Error('empty')
      return await roundTrip({ ...options, url, token, secret, timeout: Math.min(interval, LONGEST) })
    } catch (error) {
      return {
        cause: 'unknown',
        detail: `the canary's token or secret cannot be read (${(error as { code?: string }).code ?? (error as Error).message})`,
        seconds: 0,
      }
    }
  }

  async function run(): Promise<void> {
    if (lease.fence() === null) return
    if (moments === null) await note()
    // The clock was set back: a time that is to come would keep the alert silent until then.
    else if (isAhead(moments)) await note(moments.succeededAt === null ? undefined : clock())
    const trip = await attempt()
    const { cause, detail, seconds } = trip
    if (stopped || lease.fence() === null) return
    options.onRun?.(trip)
    metrics.canaryRun({ cause, ...(cause === null && { seconds }) })
    if (cause === null) await note(clock())
    if (failing === (cause !== null)) return
    failing = cause !== null
    if (failing) log.warn({ cause, detail }, `canary failed: ${detail}`)
    else log.info({ seconds }, 'canary succeeded again')
  }

  const again = (wait: number): void => {
    if (!started || stopped) return
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        running = run().finally(() => again(interval * (0.9 + 0.2 * Math.random())))
      },
      Math.max(wait, earliest - performance.now()),
    ).unref()
  }

  const left = lease.onChange((fence) => {
    moments = null
    if (fence !== null) again(0)
  })

  return {
    /** Sends the first one soon, since deployments are what breaks the path, but not before the path can lead here. */
    start: () => {
      started = true
      earliest = performance.now() + Math.min(interval, FIRST_AFTER)
      again(0)
    },
    /** Null if another replica sends the canaries, and until the journal has answered. */
    moments: (): CanaryMoments | null => moments,
    async stop(deadline: number): Promise<void> {
      stopped = true
      left()
      clearTimeout(timer)
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, deadline).unref())])
    },
  }
}
