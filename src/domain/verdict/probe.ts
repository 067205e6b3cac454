import type { Cause } from '../cause/cause.ts'
import type { CutOff } from '../ports/cut-off.ts'

/** The parts of one probe, in order. The set is closed: it is a label and the name of a span. */
export const PROBE_PHASES = ['resolve', 'connect', 'tls', 'http'] as const
export type ProbePhase = (typeof PROBE_PHASES)[number]

/** From where an endpoint is probed: along the platform's path, or directly at the application behind it. */
export const VANTAGES = ['public', 'internal'] as const
export type Vantage = (typeof VANTAGES)[number]

/** Why a probe was made. The set is closed: it is a label. */
export const PROBE_TRIGGERS = ['scheduled', 'incident', 'report', 'manual'] as const
export type ProbeTrigger = (typeof PROBE_TRIGGERS)[number]

export type ProbeMethod = 'HEAD' | 'OPTIONS' | 'GET'

/** Why a certificate failed verification. */
export type CertificateFault =
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_name'
  | 'self_signed'
  | 'untrusted'
  | 'revoked'
  | 'other'

/** The target of one probe. Secrets are already read from their files and variables. */
export interface ProbeTarget {
  /** Its configured name. */
  readonly endpoint: string
  readonly vantage: Vantage
  /** An http or https URL. It never comes from a report. */
  readonly url: string
  /** Default: HEAD, then GET if HEAD is answered 405, 501 or 5xx, or OPTIONS if it is answered 404. Never POST. */
  readonly method?: ProbeMethod
  /** Statuses that count as up: numbers, or classes such as `2xx`. Replaces the default reading of a status. */
  readonly expect?: readonly (number | string)[]
  readonly headers?: Readonly<Record<string, string>>
  /** PEM; these authorities are trusted instead of the default ones. */
  readonly ca?: string
  /** PEM; client certificate and key. */
  readonly cert?: string
  readonly key?: string
  /** Milliseconds for the whole probe. */
  readonly timeout: number
}

/** What the TLS phase saw, even if verification failed. */
export interface TlsFacts {
  /** For example `TLSv1.3`. */
  readonly protocol: string
  /** Whether chain, validity and name all verify. */
  readonly authorized: boolean
  /** Absent if `authorized`. */
  readonly fault?: CertificateFault
  /** OpenSSL's or Node's own name for it, such as CERT_HAS_EXPIRED. */
  readonly reason?: string
  /** Distinguished names, cut at 200 characters, without control characters. */
  readonly subject: string
  readonly issuer: string
  /** At most 20 of the names for which the certificate is valid. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** Whole days from the probe to `notAfter`; negative once expired. */
  readonly daysLeft: number
}

export interface ProbeResult {
  readonly endpoint: string
  readonly vantage: Vantage
  /** Canonical and free of secrets. */
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Whether the endpoint gave a healthy answer. */
  readonly up: boolean
  /** Only reachability is proven: the path answers 404 to harmless methods, as POST-only routes do. */
  readonly pathUnproven?: boolean
  /** What shows that this receiver itself is cut off, if anything does. */
  readonly cutOff?: CutOff
  /** The probe reached nothing, and this receiver may be cut off: the result says nothing about the endpoint. Absent if up. */
  readonly unverified?: true
  /** Absent if up. */
  readonly cause?: Cause
  /** The phase that failed; absent if up. */
  readonly phase?: ProbePhase
  /** One sentence for people, at most 400 characters, without secrets. */
  readonly detail: string
  /** Milliseconds that each phase took, including the failed one. */
  readonly phases: Readonly<Partial<Record<ProbePhase, number>>>
  /** The address of the connection, or the last one tried. */
  readonly address?: string
  /** Of the answer that was judged, and the method that it answered. */
  readonly status?: number
  readonly method?: ProbeMethod
  readonly tls?: TlsFacts
  /** Where a redirect pointed, canonical. It was not followed. */
  readonly redirectTo?: string
}

/**
 * Probes one endpoint, once.
 *
 * Promises, for every adapter: `probe` never rejects; it settles soon after `target.timeout`, or after `signal` aborts,
 * whatever the peer does; it reads a bounded number of bytes; it resolves a name once and connects to nothing that the
 * outbound guard forbids; it follows no redirect; it sends nothing but HEAD, OPTIONS or GET.
 */
export interface Prober {
  probe(target: ProbeTarget, options?: { readonly signal?: AbortSignal }): Promise<ProbeResult>
}
