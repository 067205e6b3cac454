import { setTimeout as sleep } from 'node:timers/promises'
import type { ParameterizedContext } from 'koa'
import type { Recorded } from '../../domain/ports/journal.ts'
import type { Outcome, RequestSpan } from '../../domain/ports/telemetry.ts'
import { MARK_HEADER } from '../../domain/report/simulation.ts'
import { AppError } from '../../errors.ts'
import type { RecordedSource } from '../../service/recorded-source.ts'
import type { Attempt, UnconfirmedRequests } from '../../service/unconfirmed.ts'
import type { OpenSource, RejectedEvent } from '../../sources/source.ts'
import { readBody, readStart } from '../shared/body.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import { acceptedBody } from './accepted.ts'
import type { CanaryReceiver } from './canary-handler.ts'
import type { Intake } from './intake.ts'
import type { ReadMark } from './marks.ts'
import { checkRequest } from './request-headers.ts'
import { checkSignals, readSignals, type SignalReaderDeps, verify } from './signals.ts'
import { timeLimit } from './time-limit.ts'

export interface ReportState {
  readonly span: RequestSpan
  /** Whether single events of an accepted request were rejected. */
  isPartial?: boolean
  outcome?: Extract<Outcome, 'recorded' | 'duplicate' | 'ignored' | 'simulated' | 'canary'>
}

/** A source with its route. */
export interface IngestSource extends RecordedSource {
  readonly path: string
  readonly source: OpenSource
}

export interface ReportHandlerDeps {
  readonly record: Pick<UnconfirmedRequests, 'begin'>
  readonly canary: CanaryReceiver
  readonly readMark: ReadMark
  readonly intake: Pick<Intake, 'run'>
  /** Milliseconds from the whole body to the answer. */
  readonly answerTimeout: number
  readonly log: SignalReaderDeps['log']
}

/** A source's path: 202 with the failures' ids once they are durable. Cheap refusals come first. */
export function handleReport(from: IngestSource, deps: ReportHandlerDeps) {
  const { source } = from
  const { authentication, bodyLimit } = source
  const { canary, intake, record, answerTimeout, readMark } = deps
  const reader = { name: from.name, source, log: deps.log }
  const within = timeLimit(
    answerTimeout,
    () => new AppError('answer_timeout', 'the report is not known to be durable yet; send it again'),
  )

  async function receive(ctx: ReportContext): Promise<void> {
    const request = ctx.req
    // A mark covers the whole body.
    const kept = MARK_HEADER in request.headers ? undefined : source.bodyKept?.(request)
    if (kept === undefined) checkRequest(ctx, source)
    const authenticated = authentication.authenticate(request)
    // Nearly all decide at once, and nearly every request comes this way.
    const sender = typeof authenticated === 'string' ? authenticated : await authenticated
    const isCanary = authentication.isBearer && canary.claims(request.headers)
    if (isCanary) await canary.check(request.headers)
    const raw = await (kept === undefined
      ? readBody(request, { limit: bodyLimit, timeout: BODY_TIMEOUT })
      : readStart(request, { kept, timeout: BODY_TIMEOUT }))
    if (isCanary) {
      const taken = intake.run(raw.length, () => {
        readSignals(reader, raw, verify(reader, raw, { request, tenant: sender }).request)
        return canary.take(request.headers)
      })
      const body = JSON.stringify(await within(taken))
      ctx.state.outcome = 'canary'
      accept(ctx, body)
      return
    }
    // Nearly none has one, and nearly every request comes this way.
    const purpose = MARK_HEADER in request.headers ? await readMark(request.headers, raw) : undefined
    let count = 0
    let rejected: readonly RejectedEvent[] = []
    let attempt: Attempt | undefined
    const recording = intake.run(raw.length, (pause) => {
      const verified = verify(reader, raw, { request, tenant: sender })
      const { tenant } = verified
      const read = readSignals(reader, raw, verified.request)
      const { signals } = read
      count = signals.length
      rejected = read.rejected
      attempt = record.begin(from, checkSignals(signals), { tenant, span: ctx.state.span, purpose, pause, raw })
      return attempt.recording
    })
    const recorded = await within(recording).catch((error) => {
      attempt?.answered(error)
      throw error
    })
    attempt?.answered()
    const { failures, rows } = recorded
    const all = rows.length === 0 ? failures : [...failures, ...rows]
    ctx.state.outcome = purpose === 'simulation' ? 'simulated' : outcomeOf(all)
    ctx.state.isPartial = rejected.length > 0
    accept(ctx, acceptedBody(recorded, count, rejected))
  }

  // Answered at once, a client that repeats at once would keep the service busy with refusing. The body is let go by now.
  async function refuse(error: unknown, begun: number): Promise<never> {
    if (error instanceof AppError && error.code === 'overloaded')
      await sleep(Math.max(0, begun + answerTimeout / 2 - performance.now()))
    throw error
  }

  return (ctx: ReportContext): Promise<void> => {
    const begun = performance.now()
    return receive(ctx).catch((error) => refuse(error, begun))
  }
}

type ReportContext = ParameterizedContext<ReportState>

/** Writes the 202 in one piece. Koa would check and look up each header for every answer. */
function accept({ res }: ReportContext, body: string): void {
  res
    .writeHead(202, [
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(body)),
    ])
    .end(body)
}

const outcomeOf = (all: readonly Recorded[]) =>
  all.length === 0 ? 'ignored' : all.every(({ duplicate }) => duplicate) ? 'duplicate' : 'recorded'

/** OPTIONS on a source's path: whether a credential is valid, without recording a failure. */
export function handleCheck({ source: { authentication } }: IngestSource) {
  return async (ctx: ReportContext): Promise<void> => {
    await authentication.authenticate(ctx.req)
    ctx.set('Allow', 'OPTIONS, POST')
    ctx.status = 204
  }
}
