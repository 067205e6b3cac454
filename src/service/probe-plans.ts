import { parsePattern } from '../domain/report/endpoint.ts'
import type { ProbeMethod, ProbeTarget, Vantage } from '../domain/verdict/probe.ts'

/** Reference to a secret: a file or an environment variable. */
export interface SecretRef {
  readonly file?: string
  readonly env?: string
}

/** An endpoint's configuration for probing; defaults are filled in, durations are milliseconds. */
export interface ProbedEndpoint {
  readonly name: string
  readonly urls: readonly string[]
  readonly probe: {
    readonly url?: string
    readonly internalUrl?: string
    readonly interval?: number
    readonly method?: ProbeMethod
    readonly expect?: readonly (number | string)[]
    readonly headers: readonly (SecretRef & { readonly name: string })[]
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly timeout: number
    readonly onReport: boolean
  }
}

/** How one endpoint is probed: one view per vantage point. */
export interface ProbePlan {
  readonly endpoint: string
  /** Milliseconds between scheduled probes; absent without a schedule. */
  readonly interval?: number
  readonly onReport: boolean
  readonly views: readonly ProbeView[]
}

export interface ProbeView {
  readonly vantage: Vantage
  readonly url: string
  /** The target with its secrets, read each time so that rotation takes effect at once. Rejects if one cannot be read. */
  prepare(): Promise<ProbeTarget>
}

/**
 * What is probed for each endpoint.
 * The target is `probe.url`, otherwise the endpoint's only URL if it is exact; it never comes from a report. An
 * `internalUrl` is a second view.
 * @param read returns a secret's text, trimmed
 * @returns plans with at least one view; endpoints without a target have none
 */
export function probePlans(
  endpoints: readonly ProbedEndpoint[],
  read: (ref: SecretRef) => Promise<string>,
): ProbePlan[] {
  return endpoints.flatMap(({ name, urls, probe }) => {
    const views = [view('public', probe.url ?? onlyExact(urls)), view('internal', probe.internalUrl)].flat()
    const { interval, onReport } = probe
    return views.length === 0
      ? []
      : [{ endpoint: name, onReport, views, ...(interval === undefined ? {} : { interval }) }]

    function view(vantage: Vantage, url: string | undefined): ProbeView[] {
      return url === undefined ? [] : [{ vantage, url, prepare: () => targetOf(name, vantage, url, probe, read) }]
    }
  })
}

/** `host:port` of each internalUrl and of other configured URLs, for the outbound guard: naming one allows it. */
export function internalAuthorities(
  endpoints: readonly ProbedEndpoint[],
  ...others: readonly (string | undefined)[]
): string[] {
  return [...endpoints.map(({ probe }) => probe.internalUrl), ...others].flatMap((text) => {
    const url = URL.parse(text ?? '')
    return url ? [`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`] : []
  })
}

function onlyExact(urls: readonly string[]): string | undefined {
  const [only, ...more] = urls
  if (only === undefined || more.length > 0) return undefined
  const pattern = parsePattern(only)
  return typeof pattern === 'string' || pattern.isPrefix || pattern.segments.includes(null) ? undefined : only
}

async function targetOf(
  endpoint: string,
  vantage: Vantage,
  url: string,
  probe: ProbedEndpoint['probe'],
  read: (ref: SecretRef) => Promise<string>,
): Promise<ProbeTarget> {
  const { method, expect, timeout, caFile, certFile, keyFile } = probe
  const pem = async (key: 'ca' | 'cert' | 'key', file: string | undefined) =>
    file === undefined ? {} : { [key]: await read({ file }) }
  const headers = await Promise.all(probe.headers.map(async ({ name, ...ref }) => [name, await read(ref)] as const))
  return {
    endpoint,
    vantage,
    url,
    timeout,
    headers: Object.fromEntries(headers),
    ...(method ? { method } : {}),
    ...(expect ? { expect } : {}),
    ...(await pem('ca', caFile)),
    ...(await pem('cert', certFile)),
    ...(await pem('key', keyFile)),
  }
}
