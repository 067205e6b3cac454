import type { Log } from '../../domain/ports/telemetry.ts'
import { SIGNAL_LIMIT, type Signal, signalFault } from '../../domain/report/signal.ts'
import { AppError } from '../../errors.ts'
import type { OpenSource, RejectedEvent, SourceRequest } from '../../sources/source.ts'
import { statusOf } from '../shared/problem.ts'

export interface SignalReaderDeps {
  readonly name: string
  readonly source: Pick<OpenSource, 'read' | 'verify'>
  readonly log: Pick<Log, 'error'>
}

/** A request as its source may read it, and the tenant of its credential. */
interface Readable {
  readonly tenant: string
  readonly request: SourceRequest
}

/**
 * A request with a valid signature, without what is not signed.
 * @param given with the tenant that its headers gave
 * @throws AppError, with a status below 500, for anything the source throws
 */
export function verify({ name, source, log }: SignalReaderDeps, raw: Uint8Array, given: Readable): Readable {
  if (!source.verify) return given
  try {
    const { tenant, headers, signedAt } = source.verify(raw, given.request)
    return { tenant, request: { headers, isSigned: true, signedAt } }
  } catch (error) {
    if (isAnswerable(error)) throw error
    log.error({ err: error, source: name }, 'source failed to verify a request')
    throw new AppError('credential_unknown', 'the signature cannot be verified', { cause: error })
  }
}

/** What a request says. */
export interface ReadSignals {
  readonly signals: readonly Signal[]
  /** The events of a batch that cannot be read. */
  readonly rejected: readonly RejectedEvent[]
}

/**
 * The signals of a request.
 * @throws AppError, with a status below 500, for anything the source throws; `invalid_batch` if every event is rejected
 */
export function readSignals(
  { name, source, log }: SignalReaderDeps,
  raw: Uint8Array,
  request: SourceRequest,
): ReadSignals {
  let signals: readonly (Signal | RejectedEvent)[]
  try {
    signals = source.read(raw, request)
    if (!Array.isArray(signals)) throw new TypeError('read() returned no list of signals')
  } catch (error) {
    if (isAnswerable(error)) throw error
    log.error({ err: error, source: name }, 'source failed to read a body')
    const detail = `cannot be read as a report of ${name}`
    throw new AppError('invalid_report', `the body ${detail}`, { faults: [{ pointer: '', detail }], cause: error })
  }
  if (signals.length > SIGNAL_LIMIT)
    throw new AppError('too_large', `the body has ${signals.length} signals; send at most ${SIGNAL_LIMIT} per request`)
  return partition(request.signedAt === undefined ? signals : signals.map((signal) => dated(signal, request.signedAt!)))
}

/** A success happened when its report says, and at the latest when that was signed. */
function dated(signal: Signal | RejectedEvent, signedAt: number): Signal | RejectedEvent {
  if (signal?.type !== 'recovered' && signal?.type !== 'delivered') return signal
  const { time = signedAt } = signal
  return { ...signal, time: Math.min(time, signedAt + 999) }
}

const NONE: readonly RejectedEvent[] = []

function partition(signals: readonly (Signal | RejectedEvent)[]): ReadSignals {
  const rejected = signals.filter(isRejected)
  if (rejected.length === 0) return { signals: signals as readonly Signal[], rejected: NONE }
  if (rejected.length === signals.length) {
    const faults = rejected.map(({ index, pointer, detail }) => ({ pointer, detail: `${detail} (event ${index})` }))
    throw new AppError('invalid_batch', `none of the ${rejected.length} events of the request is valid`, { faults })
  }
  return { signals: signals.filter((signal) => !isRejected(signal)), rejected }
}

const isRejected = (signal: Signal | RejectedEvent): signal is RejectedEvent => signal?.type === 'rejected'

/** Those that make sense; all of them. @throws AppError `invalid_report` that names the field */
export function checkSignals(signals: readonly Signal[]): readonly Signal[] {
  for (const [index, signal] of signals.entries()) {
    const fault = signalFault(signal)
    if (!fault) continue
    const place = signals.length === 1 ? '' : ` of signal ${index + 1}`
    throw new AppError('invalid_report', `the report is not valid: ${fault.field}${place} ${fault.detail}`, {
      faults: [{ pointer: `/${fault.field}`, detail: `${fault.detail}${place && ` (${place.trim()})`}` }],
    })
  }
  return signals
}

const isAnswerable = (error: unknown): boolean => error instanceof AppError && statusOf(error.code) < 500
