import { NO_SOURCE } from '../domain/ports/telemetry.ts'
import { convoy } from './convoy/index.ts'
import { generic } from './generic/index.ts'
import { knative } from './knative/index.ts'
import { outpost } from './outpost/index.ts'
import { pubsub } from './pubsub/index.ts'
import { retm } from './retm/index.ts'
import type { RecoveryFacts, RecoveryRequest, SourceKind } from './source.ts'
import { standardWebhooks } from './standard-webhooks/index.ts'
import { svix } from './svix/index.ts'
import { twilio } from './twilio/index.ts'

/** Every kind of source. One line here, and the service, its schema and its documents know it. */
const KINDS: readonly SourceKind[] = [retm, generic, standardWebhooks, svix, outpost, convoy, pubsub, knative, twilio]

export const sourceKinds: ReadonlyMap<string, SourceKind> = new Map(KINDS.map((kind) => [kind.kind, kind]))

/** The sources of a configuration that names none. */
export const DEFAULT_SOURCES: readonly string[] = [retm.kind]

/** A source's name: it is a label value, a part of its path, and what its refs begin with. */
export const SOURCE_NAME = '^[a-z0-9][a-z0-9_-]{0,49}$'
/** Names that mean something else: a request that reached no source, and a component that is to come. */
export const RESERVED_NAMES: readonly string[] = ['proxy', NO_SOURCE]

export const defaultPath = (name: string): string => sourceKinds.get(name)?.path ?? `/webhooks/${name}`

/** A configured source, as routes, documents and metrics know it. */
export interface SourceEntry {
  readonly name: string
  readonly path: string
  readonly kind: SourceKind
}

/** @param sources as in the configuration, with defaults */
export const sourceEntries = (
  sources: Readonly<Record<string, { readonly kind: string; readonly path: string }>>,
): SourceEntry[] =>
  Object.entries(sources).map(([name, { kind, path }]) => ({ name, path, kind: sourceKinds.get(kind)! }))

/** The sources of a configuration that names none. */
export const defaultEntries = (): SourceEntry[] =>
  sourceEntries(Object.fromEntries(DEFAULT_SOURCES.map((name) => [name, { kind: name, path: defaultPath(name) }])))

/**
 * Requests that read again what was lost, of each kind that an incident's failures came from.
 * @param names of the incident's sources; if none is known, all that are configured count
 */
export function recoveryRequests(
  sources: readonly SourceEntry[],
  names: readonly string[],
  facts: RecoveryFacts,
): RecoveryRequest[] {
  const kinds = new Set(concerned(sources, names).map(({ kind }) => kind))
  return [...kinds].flatMap((kind) => kind.recoveryRequests?.(facts) ?? [])
}

/**
 * How to restore what was lost, in one line from a closed set: deliveries were lost, whether or not they can be read again.
 * @param names as of `recoveryRequests`
 */
export function recoveryAdvice(sources: readonly SourceEntry[], names: readonly string[], event: string): string {
  return concerned(sources, names)
    .map((source) => {
      const requests = requestsOf(source, event)
      return (
        gapOf(source, requests) ??
        `Read again from ${source.name}, for each merchant: ${requests!.map(({ resource, method, url }) => `${resource} (${method} ${url.replace(/^https:..[^/]+/, '')})`).join(', ')}.`
      )
    })
    .join(' ')
}

/**
 * What of the lost deliveries no request can read again, and why: a sentence for each such sender.
 * @param names as of `recoveryRequests`
 */
export const recoveryGaps = (sources: readonly SourceEntry[], names: readonly string[], event: string): string[] =>
  concerned(sources, names).flatMap((source) => gapOf(source, requestsOf(source, event)) ?? [])

const requestsOf = ({ kind }: SourceEntry, event: string): readonly RecoveryRequest[] | undefined =>
  kind.recoveryRequests?.({ event, loss: { from: null, until: null }, firstFailureAt: null })

function gapOf({ name }: SourceEntry, requests: readonly RecoveryRequest[] | undefined): string | undefined {
  if (!requests)
    return `Deliveries of ${name} were lost, and we know of no API to read them again: use its own list of failed deliveries, or your records.`
  return requests.length === 0
    ? `Deliveries of ${name} were lost and cannot be read again: these calls needed a synchronous answer.`
    : undefined
}

/** The proxy is no sender: what failed there came from some of them. */
function concerned(sources: readonly SourceEntry[], names: readonly string[]): readonly SourceEntry[] {
  const known = sources.filter(({ name }) => names.includes(name))
  return known.length === 0 ? sources : known
}
