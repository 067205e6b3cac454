import type { Cause } from '../domain/cause/cause.ts'
import type { Origin } from '../domain/incident/incident.ts'
import type { Failure } from '../domain/report/failure.ts'
import type { Delivered, Lost, Recovered, ReplayProtection, SignalTarget } from '../domain/report/signal.ts'

/** A source as far as recording its signals goes. */
export interface RecordedSource {
  readonly name: string
  readonly classify: (signal: Pick<Lost, 'code' | 'message'>) => { readonly cause: Cause; readonly httpStatus?: number }
  /** How often it tries before it reports; goes into the span. */
  readonly attempts?: number
  /** Whether the tenant that a signal names counts, not that of the credential. */
  readonly trusted?: boolean
  /** `none` unless given. */
  readonly replay?: ReplayProtection
  /** Whether it reports successes that prove something; otherwise only probes or a manual close can end an incident. */
  readonly isProvable?: true | undefined
  /** Whether a known id with other content is an error of the sender; else it is a duplicate like any other. */
  readonly comparesContent?: boolean
}

/** The endpoint that a signal is about, and its canonical URL or `SOURCE:REF`. */
export interface Identity {
  readonly endpoint: string
  readonly url: string
}

/** How texts of signals become what may leave the journal. */
export interface SignalReading {
  readonly identify: (url: string) => Identity
  /** The same for `SOURCE:REF`. */
  readonly identifyRef: (ref: string) => Identity
  /** Masks what must not leave the journal, and cuts to the length that is kept. */
  readonly safeMessage: (message: string) => string
  /** The same for a tenant and other short texts. */
  readonly safeTenant: (tenant: string) => string
}

export const identityOf = (
  { identify, identifyRef }: Pick<SignalReading, 'identify' | 'identifyRef'>,
  { name }: Pick<RecordedSource, 'name'>,
  { url, ref }: SignalTarget,
): Identity => (ref === undefined ? identify(url) : identifyRef(`${name}:${ref}`))

/**
 * The tenant of a signal. A credential that belongs to one speaks for no other, whatever the report names.
 * @param sender tenant of the credential; empty if it has none
 */
export const tenantOf = (
  { safeTenant }: Pick<SignalReading, 'safeTenant'>,
  { trusted }: Pick<RecordedSource, 'trusted'>,
  { tenant }: { readonly tenant?: string },
  sender: string,
): string => (tenant !== undefined && (sender === '' || trusted) ? safeTenant(tenant) : sender)

/** What a failure has besides its signal. */
export interface FailureReceipt {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  /** Tenant of the credential. */
  readonly tenant: string
  readonly traceId: string | null
  readonly cause: Cause
}

/** The failure that a lost delivery is stored as, with everything masked that must not leave the journal. */
export function failureOf(
  reading: SignalReading,
  source: RecordedSource,
  signal: Lost,
  { id, receivedAt, tenant, traceId, cause }: FailureReceipt,
): Failure {
  const { endpoint, url } = identityOf(reading, source, signal)
  return {
    id,
    receivedAt,
    source: source.name,
    tenant: tenantOf(reading, source, signal, tenant),
    endpoint,
    url,
    code: signal.code,
    cause,
    message: reading.safeMessage(signal.message),
    traceId,
  }
}

/**
 * How old a success may be whose id is signed and whose time only the report says, milliseconds. The journal knows the ids of
 * recoveries; those of deliveries are in memory, which a restart empties.
 */
const FRESH = { recovered: 86_400_000, delivered: 300_000 }
/** Milliseconds that the clock of a sender may be ahead. */
const SKEW = 300_000

/**
 * When a success happened that cannot be an old one which somebody captured and sent again: it proves something only about
 * failures before that. undefined: it proves nothing.
 */
export function provenAt(
  { replay = 'none' }: Pick<RecordedSource, 'replay'>,
  { type, id, time }: Recovered | Delivered,
  receivedAt: number,
): number | undefined {
  if (replay === 'none' || id === undefined) return undefined
  // Without a time in its body a report could be sent again as soon as its id is forgotten.
  if (time === undefined) return replay === 'time' ? receivedAt : undefined
  const isOld = time < 0 || (replay === 'id' && receivedAt - time > FRESH[type])
  return isOld || time - receivedAt > SKEW ? undefined : Math.min(time, receivedAt)
}

/** A success that a source reported. */
export interface ReportedDelivery extends Origin {
  readonly endpoint: string
  /** The sender's own id, if it has one: a known id is not counted again. */
  readonly id?: string | undefined
  readonly code?: number | undefined
  /** See the function of that name; without it, it is no more than a count. */
  readonly provenAt?: number | undefined
}
