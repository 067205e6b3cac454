import type { Cause } from './cause.ts'

/** The parts of one probe, in order. The set is closed: it is a label and the name of a span. */
export const PROBE_PHASES = ['resolve', 'connect', 'tls', 'http'] as const
export type ProbePhase = (typeof PROBE_PHASES)[number]

/** From where an endpoint is looked at: the way the platform takes, or the application behind it. */
export const VANTAGES = ['public', 'internal'] as const
export type Vantage = (typeof VANTAGES)[number]

/** Why a probe was made. The set is closed: it is a label. */
export const PROBE_TRIGGERS = ['scheduled', 'incident', 'report', 'manual'] as const
export type ProbeTrigger = (typeof PROBE_TRIGGERS)[number]

export type ProbeMethod = 'HEAD' | 'OPTIONS' | 'GET'

/** What is wrong with a certificate that does not verify. */
export type CertificateFault =
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_name'
  | 'self_signed'
  | 'untrusted'
  | 'revoked'
  | 'other'

/** What one probe looks at. Secrets are already read from where they are kept. */
export interface ProbeTarget {
  /** Its configured name. */
  readonly endpoint: string
  readonly vantage: Vantage
  /** An http or https URL. It never comes from a report. */
  readonly url: string
  /** Without it: HEAD, then OPTIONS where HEAD is answered 404, 405 or 501. Never a POST. */
  readonly method?: ProbeMethod
  /** Statuses that count as up: numbers, or classes such as `2xx`. It replaces the usual reading of a status. */
  readonly expect?: readonly (number | string)[]
  readonly headers?: Readonly<Record<string, string>>
  /** PEM; these authorities are trusted instead of the usual ones. */
  readonly ca?: string
  /** PEM, the client's certificate and its key. */
  readonly cert?: string
  readonly key?: string
  /** Milliseconds for the whole probe. */
  readonly timeout: number
}

/** What the TLS phase saw, also where verification failed. */
export interface TlsFacts {
  /** For example `TLSv1.3`. */
  readonly protocol: string
  /** Whether chain, validity and name all verify. */
  readonly authorized: boolean
  /** Absent where `authorized`. */
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
  /** Whether the endpoint answered as a healthy one does. */
  readonly up: boolean
  /** Only where the endpoint can merely be said to be reachable: its path answers 404 to harmless methods, as POST-only routes do. */
  readonly pathUnproven?: boolean
  /**
   * It failed at resolve or connect, and this receiver is not known to get through to anything: it says nothing about the
   * endpoint. Absent where up.
   */
  readonly unverified?: true
  /** Absent where up. */
  readonly cause?: Cause
  /** Where it failed; absent where up. */
  readonly phase?: ProbePhase
  /** One sentence for people, at most 400 characters, without secrets. */
  readonly detail: string
  /** Milliseconds that each phase took, the failed one included. */
  readonly phases: Readonly<Partial<Record<ProbePhase, number>>>
  /** The address that was connected to, or tried last. */
  readonly address?: string
  /** Of the last answer. */
  readonly status?: number
  readonly tls?: TlsFacts
  /** Where a redirect pointed, canonical. It was not followed. */
  readonly redirectTo?: string
}

/**
 * Looks at one endpoint, once.
 *
 * Promises, for every adapter: `probe` never rejects; it settles soon after `target.timeout`, or after `signal` aborts,
 * whatever the peer does; it reads a bounded number of bytes; it resolves a name once and connects to nothing that the
 * outbound guard forbids; it follows no redirect; it sends nothing but HEAD, OPTIONS or GET.
 */
export interface Prober {
  probe(target: ProbeTarget, options?: { readonly signal?: AbortSignal }): Promise<ProbeResult>
}
