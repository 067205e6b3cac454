import type { Cause } from '../domain/cause.ts'
import type { Origin } from '../domain/incident.ts'
import type { Lost, SignalTarget } from '../domain/signal.ts'

/** A source as far as recording its signals goes. */
export interface RecordedSource {
  readonly name: string
  readonly classify: (signal: Pick<Lost, 'code' | 'message'>) => { readonly cause: Cause; readonly httpStatus?: number }
  /** How often it tries before it reports; goes into the span. */
  readonly attempts?: number
  /** Whether it never reports what arrived: then only probes and people can prove a recovery. */
  readonly reportsOnlyLosses?: boolean
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

/** A success that a source reported. */
export interface ReportedDelivery extends Origin {
  readonly endpoint: string
  /** The sender's own id, where it has one: a known one counts nothing. */
  readonly id?: string | undefined
  readonly code?: number | undefined
}
