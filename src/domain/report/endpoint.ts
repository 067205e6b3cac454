import { cutCharacters, redact } from '../text/redact.ts'
import { canonicalUrl, ID, type NormalUrl, parseHttpUrl, render } from './canonical-url.ts'
import { type Identity, type NamedEndpoint, shownRef, sourceOfRef } from './endpoint-refs.ts'
import { INVALID_ENDPOINT, OTHER, VERIFY_ENDPOINT } from './failure.ts'
import { neededSeries, SETS_PER_ENDPOINT, SETS_PER_SOURCE } from './series.ts'

export type { Identity, NamedEndpoint }

/** An endpoint's owner and severity, as configured. */
export interface EndpointFacts {
  /** For one that is not configured its canonical URL. */
  readonly name: string
  readonly event: string
  readonly team: string
  readonly severity: string
}

/**
 * Severity of an endpoint that is not configured: `endpointDefaults.severity`, otherwise critical while no endpoint is
 * configured, and warning alongside configured ones: one token must not be enough to page by inventing URLs.
 */
export const unconfiguredSeverity = ({
  endpoints,
  endpointDefaults,
}: {
  readonly endpoints: readonly unknown[]
  readonly endpointDefaults: { readonly severity?: string }
}): string => endpointDefaults.severity ?? (endpoints.length > 0 ? 'warning' : 'critical')

/** Where an endpoint stands in lists: configured and critical 0, configured 1, others 2. All are equal while none is configured. */
export function endpointRanks(endpoints: readonly EndpointFacts[]): (endpoint: string) => 0 | 1 | 2 {
  const ranks = new Map(endpoints.map(({ name, severity }) => [name, severity === 'critical' ? 0 : 1] as const))
  return (endpoint) => (ranks.size === 0 ? 0 : (ranks.get(endpoint) ?? 2))
}

/** An endpoint's configuration, as the API shows and uses it. */
export type ConfiguredEndpoint = NamedEndpoint & EndpointFacts

/** A configured URL, in normal form. */
export interface EndpointPattern {
  readonly origin: string
  /** null stands for any one segment. */
  readonly segments: readonly (string | null)[]
  /** Whether it also matches everything below. */
  readonly isPrefix: boolean
}

const MAX_SHOWN = 255

/**
 * Finds the endpoint that a report is about. Matching uses scheme, host, port and path in normal form, before ids are
 * masked. An exact URL beats one with params, which beats a prefix; a longer prefix beats a shorter one; where two have a
 * param at different places, the one whose literal segment comes first. The cost does not grow with the number of endpoints.
 * @param endpoints without `configurationFaults`; a faulty URL matches nothing
 */
export function identifier(endpoints: readonly NamedEndpoint[]): (text: string) => Identity {
  const origins = new Map<string, Node>()
  for (const { name, urls } of endpoints) {
    for (const text of urls) {
      const pattern = parsePattern(text)
      if (typeof pattern === 'string') continue
      let node = getOrAdd(origins, pattern.origin)
      for (const segment of pattern.segments) node = child(node, segment)
      if (pattern.isPrefix) node.prefix ??= name
      else node.whole ??= name
    }
  }
  return (text) => {
    const url = parseHttpUrl(text)
    if (!url) return { endpoint: INVALID_ENDPOINT, url: cutCharacters(redact(text), MAX_SHOWN) }
    const shown = render(url)
    return { endpoint: match(origins.get(url.origin), url) ?? shown, url: shown }
  }
}

/**
 * What the checks of an endpoint are about where no probe was made: its `probe.url`, otherwise the first of its URLs or refs.
 * @param endpoints without `configurationFaults`
 * @returns gives the canonical URL of a configured endpoint; undefined for one that is its own URL
 */
export function endpointUrls(
  endpoints: readonly (NamedEndpoint & { readonly probe: { readonly url?: string } })[],
): (endpoint: string) => string | undefined {
  const urls = new Map(
    endpoints.map(({ name, probe, urls, refs = [] }) => {
      const url = probe.url ?? urls[0]
      return [name, url === undefined ? refs[0] && shownRef(refs[0]) : canonicalUrl(url)]
    }),
  )
  return (endpoint) => urls.get(endpoint)
}

/** A node of the tree of segments below an origin. */
interface Node {
  readonly literals: Map<string, Node>
  param?: Node
  /** Name of the endpoint whose pattern ends here. */
  whole?: string
  prefix?: string
}

const newNode = (): Node => ({ literals: new Map() })

function child(node: Node, segment: string | null): Node {
  if (segment !== null) return getOrAdd(node.literals, segment)
  node.param ??= newNode()
  return node.param
}

function getOrAdd(nodes: Map<string, Node>, key: string): Node {
  const node = nodes.get(key) ?? newNode()
  nodes.set(key, node)
  return node
}

/** Visits each node at most once, since no two ways lead to it. */
function match(root: Node | undefined, { segments }: NormalUrl): string | undefined {
  const exact = literally(root, segments)
  if (exact !== undefined) return exact
  let prefix: string | undefined
  let prefixDepth = -1
  const visit = (node: Node | undefined, depth: number): string | undefined => {
    if (!node) return undefined
    if (node.prefix !== undefined && depth > prefixDepth) [prefix, prefixDepth] = [node.prefix, depth]
    const segment = segments[depth]
    if (segment === undefined) return node.whole
    return visit(node.literals.get(segment), depth + 1) ?? (segment === '' ? undefined : visit(node.param, depth + 1))
  }
  return visit(root, 0) ?? prefix
}

function literally(root: Node | undefined, segments: readonly string[]): string | undefined {
  let node = root
  for (const segment of segments) node = node?.literals.get(segment)
  return node?.whole
}

/** @returns the pattern, or what is wrong with it and what to write instead */
export function parsePattern(text: string): EndpointPattern | string {
  const isPrefix = text.endsWith('/*')
  const base = isPrefix ? text.slice(0, -2) : text
  const [, authority] = /^https?:\/\/([^/\\?#]*)/i.exec(text) ?? []
  if (authority?.includes('@'))
    return 'holds a user name or password, which is no part of an endpoint; write the URL without it'
  if (/[?#]/.test(text)) return 'has a query or fragment, which is ignored when matching; write the URL without it'
  if (text.includes(';')) return 'has path parameters (;…), which are ignored when matching; write the URL without them'
  if (base.includes('*')) return '* may only stand at the end, after a slash; write /* there, or {name} for one segment'
  if (authority && /[{}]|%7[bd]/i.test(authority)) return 'has a param in its host; write one URL for each host'
  const url = parseHttpUrl(base)
  if (!url) return 'is no http(s) URL with a host; write https://HOST/PATH'
  const segments: (string | null)[] = []
  for (const segment of url.segments) {
    const isParam = segment === ID || /^%7B[A-Za-z0-9_.-]+%7D$/.test(segment)
    if (!isParam && /%7[BD]|\{/.test(segment)) return 'has a brace within a segment; write {name} as a whole segment'
    segments.push(isParam ? null : segment)
  }
  if (isPrefix && segments.at(-1) === '') segments.pop()
  return { origin: url.origin, segments, isPrefix }
}

/**
 * What no schema can see in the configured endpoints: equal and reserved names, URLs that are no patterns, URLs and refs
 * that are given twice,
 * and a series limit that cannot keep each endpoint's reserve.
 * @param endpoints null and what is missing stand for what is known already to be wrong
 * @returns a line for each fault, which names the key, what is wrong and what to write
 */
export function configurationFaults(
  endpoints: readonly ({
    readonly name?: string
    readonly urls?: readonly (string | null)[]
    readonly refs?: readonly (string | null)[]
  } | null)[],
  { limit, sources }: { readonly limit: number; readonly sources: readonly string[] },
): string[] {
  const faults: string[] = []
  const names = new Map<string, number>()
  const patterns = new Map<string, string>()
  const owners = new Map<string, string>()
  for (const [index, endpoint] of endpoints.entries()) {
    if (!endpoint) continue
    const { name, urls = [], refs = [] } = endpoint
    const key = `endpoints[${index}]`
    const first = name === undefined ? undefined : names.get(name)
    if (name === INVALID_ENDPOINT || name === OTHER)
      faults.push(`${key}.name: ${name} is reserved for reports that match no endpoint; write another name`)
    else if (name === VERIFY_ENDPOINT)
      faults.push(`${key}.name: ${name} is reserved for verification; write another name`)
    else if (first !== undefined)
      faults.push(
        `${key}.name: endpoints[${first}] is called ${name} too; write another name, or put the urls together`,
      )
    else if (name !== undefined) names.set(name, index)
    for (const [refIndex, ref] of refs.entries()) {
      if (ref === null) continue
      const place = `${key}.refs[${refIndex}]`
      const owner = owners.get(ref)
      if (owner) faults.push(`${place}: is the same as ${owner}; remove one of them`)
      else owners.set(ref, place)
      if (!sources.includes(sourceOfRef(ref)))
        faults.push(
          `${place}: ${cutCharacters(redact(ref), 80)} begins with no configured source; write SOURCE:REF with one of: ${sources.join(', ')}`,
        )
    }
    for (const [urlIndex, text] of urls.entries()) {
      if (text === null) continue
      const place = `${key}.urls[${urlIndex}]`
      const pattern = parsePattern(text)
      if (typeof pattern === 'string') {
        faults.push(`${place}: ${cutCharacters(redact(text), 80)} ${pattern}`)
        continue
      }
      const id = `${pattern.origin}/${pattern.segments.map((segment) => segment ?? '{}').join('/')}${pattern.isPrefix ? '/*' : ''}`
      const other = patterns.get(id)
      if (other) faults.push(`${place}: means the same as ${other}; remove one of them`)
      else patterns.set(id, place)
    }
  }
  const needed = neededSeries({ endpoints: endpoints.length, sources: sources.length })
  if (limit < needed)
    faults.push(
      `metrics.seriesLimit: ${limit} is too small for ${endpoints.length} configured endpoints (${SETS_PER_ENDPOINT} sets each) and ${sources.length} ${sources.length === 1 ? 'source' : 'sources'} (${SETS_PER_SOURCE} sets each); write at least ${needed} or configure fewer endpoints`,
    )
  return faults
}
