import { ALLOWANCE_FORMS, allowanceFault, parseAllowance } from '../domain/ports/outbound.ts'
import { isPostgresUrl, postgresUrlFault } from '../domain/ports/postgres-url.ts'
import { configurationFaults } from '../domain/report/endpoint.ts'
import { MIN_SECRET_LENGTH, tooShort } from '../domain/text/secret-length.ts'
import { shown } from './document.ts'
import { hookFaults } from './hook-faults.ts'
import { collide } from './listeners.ts'
import { proxyFaults } from './proxy-faults.ts'
import type { Config } from './schema.ts'
import { sourceFaults, sourceSecrets } from './source-faults.ts'

/**
 * What no schema can see: uniqueness, patterns, the environment.
 * @param config what was left out of a list, because it is known already to be wrong, is null
 * @param isSound whether these keys have the values that were written: a default that replaces a faulty value is not reported again
 * @returns a line for each fault, which names the key, what is wrong and what to write
 */
export function semanticFaults(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  isSound: IsSound,
): string[] {
  const faults = configurationFaults(config.endpoints, {
    limit: isSound('metrics.seriesLimit') ? config.metrics.seriesLimit : Number.POSITIVE_INFINITY,
    sources: Object.keys(config.sources),
  })
  const url = postgresUrlFault(config.journal.url)
  if (url !== undefined) faults.push(`journal.url: ${url}`)
  if (isSound('journal.url') && !isPostgresUrl(config.journal.url)) {
    // Else a forgotten URL would silently record into a file.
    for (const key of ['spill', 'passwordFile'] as const)
      if (config.journal[key])
        faults.push(`journal.${key}: is for a PostgreSQL journal; remove it, or write a postgres:// URL to journal.url`)
  }
  const secrets: (readonly [string, { file?: string; env?: string } | undefined])[] = [
    ['admin.apiToken', config.admin.apiToken],
    ['admin.metricsToken', config.admin.metricsToken],
    ['canary.token', config.canary?.token],
    ['canary.secret', config.canary?.secret],
    ['simulation.secret', config.simulation?.secret],
    ['recovery.token', config.recovery.token],
    ...config.hooks.flatMap((hook, index) =>
      (['secret', 'token'] as const).map((key) => [`hooks[${index}].${key}`, hook?.[key]] as const),
    ),
    ...sourceSecrets(config.sources),
    ...(config.proxy?.routes ?? []).flatMap((route, index) =>
      (route?.platform?.secrets ?? []).map(
        (place, at) => [`proxy.routes[${index}].platform.secrets[${at}]`, place] as const,
      ),
    ),
    ...config.endpoints.flatMap((endpoint, index) =>
      (endpoint?.probe.headers ?? []).map(
        (header, at) => [`endpoints[${index}].probe.headers[${at}]`, header] as const,
      ),
    ),
  ]
  for (const [place, secret] of secrets) {
    if (!secret) continue
    if (!secret.file && !secret.env && isSound(`${place}.file`, `${place}.env`))
      faults.push(`${place}: names no secret; write file or env, for example file: /secrets/token`)
    if (secret.env) {
      const fault = variableFault(secret.env, env, LONG_SECRETS.includes(place))
      if (fault) faults.push(`${place}.env: ${fault}`)
    }
  }
  if (isSound('ingest.host', 'ingest.port', 'admin.host', 'admin.port')) faults.push(...listenerFaults(config))
  return [
    ...faults,
    ...pathFaults(config),
    ...sourceFaults(config.sources, isSound),
    ...endpointFaults(config, isSound),
    ...hookFaults(config, isSound),
    ...proxyFaults(config, isSound),
  ]
}

/** Sources that share a path: letter case and a trailing slash do not distinguish paths. */
function pathFaults({ sources }: Config): string[] {
  const owners = new Map<string, string>()
  return Object.entries(sources).flatMap(([name, { path }]) => {
    const owner = owners.get(path.toLowerCase())
    if (owner !== undefined)
      return [`sources.${name}.path: ${path} is the path of sources.${owner} too; write another path`]
    owners.set(path.toLowerCase(), name)
    return []
  })
}

/** Secrets that operators choose themselves, so that a short one is a mistake. Merchants' tokens are the platform's. */
export const LONG_SECRETS: readonly string[] = [
  'admin.apiToken',
  'admin.metricsToken',
  'canary.secret',
  'recovery.token',
  'simulation.secret',
]

function variableFault(name: string, env: Readonly<Record<string, string | undefined>>, isLong: boolean) {
  const text = env[name]?.trim()
  if (!text) return `the environment variable ${name} is empty or not set; set it, or name another`
  const short = isLong && text.split(/\s+/).find((token) => token.length < MIN_SECRET_LENGTH)
  return short ? tooShort(`the secret in the environment variable ${name}`, short.length) : undefined
}

type IsSound = (...keys: string[]) => boolean

function listenerFaults({ ingest, admin }: Config): string[] {
  return collide(ingest, admin)
    ? [`admin.port: ${admin.port} is the ingest listener's too; write another port, so that only one of them is public`]
    : []
}

function endpointFaults({ endpoints, outbound }: Config, isSound: IsSound): string[] {
  const faults: string[] = []
  for (const [index, endpoint] of endpoints.entries()) {
    if (!endpoint) continue
    const { probe, urls, refs } = endpoint
    const key = `endpoints[${index}]`
    if (urls.length === 0 && refs.length === 0 && isSound(`${key}.urls`, `${key}.refs`))
      faults.push(`${key}.urls: is missing; write urls, or refs for a source that names no URL`)
    const place = `${key}.probe`
    for (const key of ['url', 'internalUrl'] as const) faults.push(...urlFaults(`${place}.${key}`, probe[key]))
    const isPair = (probe.certFile === undefined) === (probe.keyFile === undefined)
    if (!isPair && isSound(`${place}.certFile`, `${place}.keyFile`)) {
      faults.push(`${place}: has only one of certFile and keyFile; write both, or neither`)
    }
    for (const name of duplicates(probe.headers.flatMap((header) => header?.name?.toLowerCase() ?? []))) {
      faults.push(`${place}.headers: ${name} appears twice; write it once`)
    }
  }
  faults.push(...urlFaults('outbound.reference', outbound.reference))
  for (const [index, text] of outbound.allow.entries()) {
    if (text === null || parseAllowance(text)) continue
    faults.push(`outbound.allow[${index}]: ${shown(text)} ${allowanceFault(text)}; ${ALLOWANCE_FORMS}`)
  }
  return faults
}

/** What is wrong with a URL that is to be probed. */
function urlFaults(place: string, text: string | undefined): string[] {
  if (!text) return []
  const url = URL.parse(text)
  if (!url) return [`${place}: is not a URL; write http://host/path or https://host/path`]
  if (url.username || url.password) {
    return [
      place === 'outbound.reference'
        ? `${place}: contains a user name or password; write a URL that needs neither`
        : `${place}: contains a user name or password; write an authorization header in probe.headers`,
    ]
  }
  return /[{}]|\/\*$/.test(text) ? [`${place}: is a pattern; write one exact URL`] : []
}

const duplicates = (names: readonly string[]): string[] => names.filter((name, index) => names.indexOf(name) !== index)
