import type { IncomingHttpHeaders } from 'node:http'
import type { Static, TObject, TProperties, TSchema } from 'typebox'
import type { CodeRules } from '../domain/classify/classify.ts'
import type { LossWindow } from '../domain/incident/incident.ts'
import type { Lost, ReplayProtection, Signal } from '../domain/report/signal.ts'
import type { AuthDefault } from './auth/config.ts'
import type { GivenUp, ReportRequest } from './give-up.ts'

/** What a source may read of a request besides its body. */
export interface SourceRequest {
  readonly headers: IncomingHttpHeaders
  /** Path and query. */
  readonly url?: string | undefined
  /** Whether the body is signed. The Content-Type is not, so the bytes alone say what they are. */
  readonly isSigned?: boolean
  /** See `Verified`. */
  readonly signedAt?: number | undefined
}

/** What a signature vouches for: a source reads nothing else of the request than this and the body. */
export interface Verified {
  /** That the key belongs to. */
  readonly tenant: string
  /** The signed headers, by name in lower case, and those that the configuration allows unsigned. */
  readonly headers: IncomingHttpHeaders
  /** When it was signed, by a signed time that was compared with the clock: whole seconds, as milliseconds since the epoch. */
  readonly signedAt?: number
}

/** Decides by the headers alone, before the body is read, who may send. */
export interface Authentication {
  /** Whether a bearer token decides. Canaries are accepted only then. */
  readonly isBearer: boolean
  /**
   * @returns the tenant; a promise only where keys may have to be fetched
   * @throws AppError `no_credentials`, `credential_missing`, `credential_unknown`, `signature_missing`, `signature_invalid`,
   *   `signature_expired`, `keys_unavailable` (also as rejection)
   */
  authenticate(request: SourceRequest): string | Promise<string>
  /** Whether reports can be accepted, in words. */
  status(): { readonly ok: boolean; readonly detail: string }
  /** Reads the credentials now. */
  reload(): Promise<void>
  stop(): void
}

/** Who may send, as the configuration's `auth` says. */
export interface OpenAuth {
  readonly authentication: Authentication
  /** See `OpenSource`. */
  readonly verify?: NonNullable<OpenSource['verify']>
  readonly trusted?: boolean
  readonly replay?: ReplayProtection
}

export interface SourceDeps {
  /** Bytes: the source's `bodyLimit`, otherwise the kind's, otherwise `ingest.bodyLimit`. */
  readonly bodyLimit: number
  /** Reads the credentials of a source, for kinds with `auth`. */
  openAuth(): Promise<OpenAuth>
}

/**
 * An event of a batch that cannot be read. The others of the request are taken, and the answer (202) names this one; if
 * none of a request is good, the answer is 400. A body that is wrong as a whole is an `invalidReport` error instead.
 */
export interface RejectedEvent {
  readonly type: 'rejected'
  /** Its position among the events of the body, from 0. */
  readonly index: number
  /** JSON Pointer (RFC 6901) into the body to what is wrong; empty: the event as a whole. */
  readonly pointer: string
  /** What is wrong, without values from the body. */
  readonly detail: string
}

/** A configured source, ready to receive. */
export interface OpenSource {
  /** Media types in lower case; an empty one accepts a request without Content-Type, `*` any type. */
  readonly contentTypes: readonly string[]
  /** Bytes. */
  readonly bodyLimit: number
  readonly authentication: Authentication
  /** Whether the tenant that a signal names counts; otherwise it does only where the credential has none. */
  readonly trusted?: boolean
  /** `none` unless given: then no `recovered` or `delivered` of it proves anything. */
  readonly replay?: ReplayProtection
  /** Whether it reports each delivery that succeeds, as configured: then its lost deliveries count as failed ones. */
  readonly reportsDeliveries?: boolean
  /** How `classify` reads the codes of its signals. */
  readonly codes?: CodeRules
  /**
   * How many bytes of a request's body are kept; the rest is drained and dropped, and no body is too large. undefined: the
   * whole body, which `bodyLimit` bounds.
   */
  bodyKept?(request: SourceRequest): number | undefined
  /**
   * Checks a signature over the bytes as received. Nothing is parsed before.
   * @throws AppError `signature_missing`, `signature_invalid`, `signature_expired`; any other error is answered as `credential_unknown`
   */
  verify?(raw: Uint8Array, request: SourceRequest): Verified
  /**
   * What the request says, with the headers that `verify` returned: none, one or many signals, at most `SIGNAL_LIMIT`, and the events of a batch that cannot be read.
   * @throws AppError with the faulty fields, see `invalidReport`; any other error is answered as `invalid_report` too
   */
  read(raw: Uint8Array, request: SourceRequest): readonly (Signal | RejectedEvent)[]
}

/** How to read from the platform again what a lost delivery would have brought. It contains no secret: the user sets `$NAME`. */
export interface RecoveryRequest {
  readonly resource: string
  readonly method: 'GET'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The same for a shell. */
  readonly command: string
  /** Whether the platform's public documentation names this path; the others follow its pattern and have to be checked. */
  readonly documented: boolean
  /** What to do with the response. */
  readonly note: string
}

/** What recovery requests are made from. */
export interface RecoveryFacts {
  /** The endpoint's configured `event`; empty if there is none. */
  readonly event: string
  readonly loss: Pick<LossWindow, 'from' | 'until'>
  /** Milliseconds since the epoch. */
  readonly firstFailureAt: number | null
}

/** A signal as the command `explain` shows it. */
export interface ExplainedSignal {
  readonly signal: Signal | RejectedEvent
  /** By the name of the value: where it was found, and the text there. */
  readonly found: Readonly<Record<string, { readonly at: string; readonly value: string }>>
}

/** A platform, or a format that several share: everything that is specific to it. Its functions get its section as `C`. */
export interface SourceKind<C extends object = object> {
  /** Its name in the configuration: lower-case letters, digits and hyphen. */
  readonly kind: string
  /** Default path of the source that has the kind's name; `/webhooks/NAME` unless given. */
  readonly path?: string
  /** How its senders authenticate unless the configuration says otherwise; it adds the keys of `authProperties`. */
  readonly auth?: AuthDefault
  /** Bytes of the largest body unless the configuration says otherwise; `ingest.bodyLimit` unless given. */
  readonly bodyLimit?: number
  /**
   * Whether a known id with other content is an error of the sender (422 `idempotency_key_reused`). For all others the id
   * alone decides: it is answered as a duplicate.
   */
  readonly comparesContent?: boolean
  /**
   * Its section in the configuration, without `kind`, `path` and the keys of `auth`: the schemas of the keys. A kind that the
   * service brings along has them in `schemas.ts` instead.
   */
  readonly config?: TProperties
  /** Of that section. */
  readonly description: string
  /** What it receives, for the OpenAPI document. */
  readonly body: { readonly name: string; readonly schema?: TSchema; readonly contentType: string }
  /** Whether its signals name URLs (`urls` of the endpoints). Refs are possible in any case. */
  readonly namesUrls: boolean
  /** Whether nothing but lost deliveries is ever reported: then no success of their own can prove a recovery. */
  readonly reportsOnlyLosses?: boolean
  /** How often the platform tries before it gives up. */
  readonly attempts?: number
  open(config: C, deps: SourceDeps): OpenSource | Promise<OpenSource>
  /** Reads a body for the command `explain`; what says nothing about the cause may be missing from it. */
  explain?(raw: Uint8Array): Pick<Lost, 'code' | 'message' | 'url'>
  /**
   * Reads a body for the command `explain`: each signal, and where each of its values was found.
   * @throws AppError, as `read` does
   */
  explainSignals?(config: C, raw: Uint8Array, request: SourceRequest): Promise<readonly ExplainedSignal[]>
  /**
   * What no schema can see in its section: a line per fault, without the section's name.
   * @param isSound whether the value of a key is the one that was written
   */
  configFaults?(config: C, isSound: (key: string) => boolean): readonly string[]
  /** How to read its codes, for `explain`. */
  codes?(config: C): CodeRules
  recoveryRequests?(facts: RecoveryFacts): readonly RecoveryRequest[]
  /** The report of a lost delivery in the platform's format, for the command `simulate`. */
  giveUp?(config: C, given: GivenUp): Promise<ReportRequest>
}

/** A kind's section of the configuration, by the schemas of its keys. */
export type ConfigOf<P extends TProperties> = Static<TObject<P>>

/** Checks a kind's functions against its configuration schema. */
export const defineSource = <P extends TProperties>(
  definition: SourceKind<ConfigOf<P>> & { readonly config?: P },
): SourceKind => definition

/** Bytes of a body that are kept. */
const MOST_KEPT = 65_536

/** The part of a body that is stored. Of a longer one a copy: a view would keep all of it in memory while it waits for the journal. */
export const keptOf = (body: Uint8Array): Uint8Array =>
  body.length > MOST_KEPT ? Uint8Array.from(body.subarray(0, MOST_KEPT)) : body
