import { closeSync, openSync, readSync } from 'node:fs'
import { closest } from 'fastest-levenshtein'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { type Config, ConfigFileSchema, ConfigSchema, humanUnit } from './config-schema.ts'
import { configurationFaults } from './domain/endpoint.ts'
import { parseAllowance } from './domain/outbound.ts'
import { isPostgresUrl, postgresUrlFault } from './domain/postgres-url.ts'
import { parseDuration, parseSize } from './units.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Every fault of a configuration, each a line that names the key, what is wrong and what to write instead. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** Environment variables that win over the file, and where they go. */
const OVERRIDES: readonly (readonly [variable: string, section: 'ingest' | 'admin' | 'journal', key: string])[] = [
  ['INGEST_HOST', 'ingest', 'host'],
  ['INGEST_PORT', 'ingest', 'port'],
  ['ADMIN_HOST', 'admin', 'host'],
  ['ADMIN_PORT', 'admin', 'port'],
  ['JOURNAL_URL', 'journal', 'url'],
  ['JOURNAL_PASSWORD_FILE', 'journal', 'passwordFile'],
]

// The default of 8 would hide the ninth fault.
Settings.Set({ maxErrors: 1_000 })
const validator = Compile(ConfigFileSchema)

/**
 * Reads the file that `CONFIG_FILE` names (none: defaults alone) and lays the environment over it. Nothing is opened or
 * listened to.
 * @throws ConfigError with all faults at once
 */
export async function loadConfig(env: Env): Promise<Config> {
  const path = env['CONFIG_FILE']
  const raw = path ? await readFile(path) : {}
  return parseConfig(raw, env)
}

/**
 * @param raw the parsed file; null and undefined stand for an empty one
 * @throws ConfigError with all faults at once
 */
export function parseConfig(raw: unknown, env: Env = {}): Config {
  const document = overlay(withoutNulls(raw ?? {}), env)
  const faults = schemaFaults(document, env)
  if (faults.length > 0) throw new ConfigError(faults)
  const config = resolveUnits(ConfigSchema, Value.Default(ConfigSchema, document), [], faults) as Config
  if (faults.length === 0) faults.push(...semanticFaults(config, env))
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

/** Room for 500 endpoints with all their URLs; what has no end (a device, say) ends here. */
const MAX_FILE = 16 * 2 ** 20

async function readFile(path: string): Promise<unknown> {
  let content: Buffer
  try {
    content = readUpTo(path, MAX_FILE + 1)
  } catch (error) {
    throw new ConfigError([
      `CONFIG_FILE: cannot read ${path} (${(error as NodeJS.ErrnoException).code}); name a YAML file that exists`,
    ])
  }
  if (content.length > MAX_FILE) throw new ConfigError([`CONFIG_FILE: ${path} is larger than 16MiB; name a YAML file`])
  // Not at the top: whoever has no file does not pay for the parser.
  const { parse, YAMLParseError } = await import('yaml')
  try {
    // Its warnings would go to stderr past us; what they are about is an unknown key or a wrong value here.
    const document = parse(content.toString('utf8'), { logLevel: 'error' })
    // An alias within its own anchor makes a value without end, which this refuses.
    JSON.stringify(document)
    return document
  } catch (error) {
    const where =
      error instanceof YAMLParseError ? error.message.split('\n')[0] : 'its aliases make it endless, or far too large'
    throw new ConfigError([`CONFIG_FILE: ${path} is no valid YAML: ${where}`])
  }
}

function readUpTo(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    for (let left = bytes; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(left, 65_536))
      const length = readSync(file, chunk)
      if (length === 0) break
      chunks.push(chunk.subarray(0, length))
      left -= length
    }
    return Buffer.concat(chunks)
  } finally {
    closeSync(file)
  }
}

function overlay(document: unknown, env: Env): unknown {
  if (!isRecord(document)) return document
  for (const [variable, section, key] of OVERRIDES) {
    const text = env[variable]
    if (text === undefined || text === '') continue
    const target = document[section] ?? {}
    if (!isRecord(target)) continue
    target[key] = key === 'port' && /^\d{1,9}$/.test(text) ? Number(text) : text
    document[section] = target
  }
  return document
}

/** One line a faulty place: the validator's several errors for one value would bury the answer. */
function schemaFaults(document: unknown, env: Env): string[] {
  if (!isRecord(document)) return ['the file must be a mapping of sections (ingest, admin, sources, …), see the README']
  const faults = new Map<string, string>()
  for (const error of validator.Errors(document)) {
    const params = error.params as { additionalProperties?: string[]; requiredProperties?: string[] }
    const pointer = error.instancePath
    const schema = schemaAt(ConfigSchema, segments(pointer))
    if (error.keyword === 'additionalProperties') {
      const known = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
      const fix =
        known.length > 0
          ? `did you mean $1? (known: ${known.join(', ')})`
          : `remove it. ${(schema as { description?: string } | undefined)?.description}`
      for (const key of params.additionalProperties ?? []) {
        const place = keyName([...segments(pointer), key])
        faults.set(place, `${place}: unknown key; ${fix.replace('$1', () => closest(key, known))}`)
      }
    } else if (error.keyword === 'required') {
      for (const key of params.requiredProperties ?? []) {
        const place = keyName([...segments(pointer), key])
        faults.set(place, `${place}: is missing; ${expectation(schemaAt(ConfigSchema, [...segments(pointer), key]))}`)
      }
    } else if (error.keyword !== 'boolean') {
      const place = keyName(segments(pointer))
      const value = isSecretPlace(place) ? 'its value' : shown(valueAt(document, segments(pointer)))
      if (!faults.has(place))
        faults.set(place, `${place}: ${value}${origin(place, env)} is not allowed; ${expectation(schema)}`)
    }
  }
  return [...faults.values()]
}

/** Where people write the secret itself by mistake: it must not get into the log of a failed start. */
const isSecretPlace = (place: string): boolean =>
  /token(?!sDir)|secret|headers/i.test(place) && !/\.(tenant|name)$/.test(place)

/** The variable that the value came from, where it was no file. */
function origin(place: string, env: Env): string {
  const variable = OVERRIDES.find(([name, section, key]) => place === `${section}.${key}` && env[name])?.[0]
  return variable ? ` (from ${variable})` : ''
}

/** What to write, from the schema alone. */
function expectation(schema: TSchema | undefined): string {
  const s = (schema ?? {}) as Record<string, unknown> & { anyOf?: { const?: unknown }[]; enum?: unknown[] }
  const choices = s.enum ?? s.anyOf?.map((option) => option.const).filter((value) => value !== undefined)
  const what = s['x-unit']
    ? `write a ${s['x-unit']}`
    : choices?.length
      ? `write ${choices.join(' or ')}`
      : s['type'] === 'integer'
        ? `write an integer from ${s['minimum']} to ${s['maximum']}`
        : s['type'] === 'object'
          ? 'write a mapping'
          : s['type'] === 'array'
            ? `write a list${s['minItems'] ? ` of at least ${s['minItems']}` : ''}`
            : s['type'] === 'boolean'
              ? 'write true or false'
              : s['pattern']
                ? `write a text that matches ${s['pattern']}`
                : `write a text${s['maxLength'] ? ` of ${s['minLength'] ?? 0} to ${s['maxLength']} characters` : ''}`
  return typeof s['description'] === 'string' ? `${what}. ${s['description']}` : what
}

/** Replaces every duration by milliseconds and every size by bytes, as the schema's `x-unit` says, and checks the bounds. */
function resolveUnits(schema: TSchema, value: unknown, path: readonly string[], faults: string[]): unknown {
  const s = schema as Record<string, unknown> & { properties?: Record<string, TSchema>; items?: TSchema }
  const unit = s['x-unit'] as keyof typeof humanUnit | undefined
  if (unit) {
    const number = typeof value === 'number' ? value : (unit === 'duration' ? parseDuration : parseSize)(String(value))
    const [min, max] = [s['x-minimum'] as number, s['x-maximum'] as number]
    if (number === undefined || number < min || number > max) {
      faults.push(
        `${keyName(path)}: ${shown(value)} is out of range; write ${humanUnit[unit](min)} to ${humanUnit[unit](max)}`,
      )
    }
    return number
  }
  if (Array.isArray(value) && s.items)
    return value.map((item, index) => resolveUnits(s.items!, item, [...path, `${index}`], faults))
  if (isRecord(value) && s.properties) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        resolveUnits(s.properties![key] ?? {}, item, [...path, key], faults),
      ]),
    )
  }
  return value
}

/** What no schema can see: uniqueness, patterns, the environment. */
function semanticFaults(config: Config, env: Env): string[] {
  const faults = configurationFaults(config.endpoints, {
    limit: config.metrics.seriesLimit,
    sources: Object.keys(config.sources).length,
  })
  const url = postgresUrlFault(config.journal.url)
  if (url !== undefined) faults.push(`journal.url: ${url}`)
  if (config.journal.spill && !isPostgresUrl(config.journal.url))
    faults.push('journal.spill: is for a PostgreSQL journal; remove it, or write a postgres:// URL')
  const secrets: (readonly [string, { file?: string; env?: string } | undefined])[] = [
    ['admin.apiToken', config.admin.apiToken],
    ['admin.metricsToken', config.admin.metricsToken],
    ['canary.token', config.canary?.token],
    ['canary.secret', config.canary?.secret],
    ...config.sources.retm.tokens.map((token, index) => [`sources.retm.tokens[${index}]`, token] as const),
    ...config.endpoints.flatMap(({ probe }, index) =>
      probe.headers.map((header, at) => [`endpoints[${index}].probe.headers[${at}]`, header] as const),
    ),
  ]
  for (const [place, secret] of secrets) {
    if (!secret) continue
    if (!secret.file && !secret.env) faults.push(`${place}: names no secret; write file or env`)
    if (secret.env && !env[secret.env]) {
      faults.push(`${place}.env: the environment variable ${secret.env} is empty or not set; set it, or name another`)
    }
  }
  return [...faults, ...listenerFaults(config), ...probeFaults(config)]
}

function listenerFaults({ ingest, admin }: Config): string[] {
  const everywhere = ['0.0.0.0', '::']
  const meet = ingest.host === admin.host || [ingest.host, admin.host].some((host) => everywhere.includes(host))
  return meet && ingest.port === admin.port && ingest.port !== 0
    ? [`admin.port: ${admin.port} is the ingest listener's too; write another port, so that only one of them is public`]
    : []
}

function probeFaults({ endpoints, outbound }: Config): string[] {
  const faults: string[] = []
  for (const [index, { probe }] of endpoints.entries()) {
    const place = `endpoints[${index}].probe`
    for (const key of ['url', 'internalUrl'] as const) {
      const text = probe[key]
      if (text === undefined) continue
      const url = URL.parse(text)
      if (!url) faults.push(`${place}.${key}: is no URL; write http://host/path or https://host/path`)
      else if (url.username || url.password) {
        faults.push(`${place}.${key}: holds a user name or password; write an authorization header in probe.headers`)
      } else if (/[{}]|\/\*$/.test(text)) {
        faults.push(`${place}.${key}: is a pattern; write one exact URL`)
      }
    }
    if ((probe.certFile === undefined) !== (probe.keyFile === undefined)) {
      faults.push(`${place}: has only one of certFile and keyFile; write both, or neither`)
    }
    for (const name of duplicates(probe.headers.map((header) => header.name.toLowerCase()))) {
      faults.push(`${place}.headers: ${name} appears twice; write it once`)
    }
  }
  for (const [index, text] of outbound.allow.entries()) {
    if (parseAllowance(text)) continue
    faults.push(
      `outbound.allow[${index}]: ${shown(text)} is not understood; write an address, a network (10.0.0.0/8), a host name, or host:port`,
    )
  }
  return faults
}

const duplicates = (names: readonly string[]): string[] => names.filter((name, index) => names.indexOf(name) !== index)

/** An empty section (`admin:` with nothing below it) is null in YAML and means the defaults. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const segments = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** `endpoints[0].urls`, as people name a key. */
function keyName(path: readonly string[]): string {
  let name = ''
  for (const part of path) name += /^\d+$/.test(part) ? `[${part}]` : name ? `.${part}` : part
  return name || 'the file'
}

function schemaAt(schema: TSchema | undefined, path: readonly string[]): TSchema | undefined {
  type Parent = { properties?: Record<string, TSchema>; items?: TSchema; patternProperties?: Record<string, TSchema> }
  let at = schema as (TSchema & Parent) | undefined
  for (const part of path) {
    const named = at?.properties && Object.hasOwn(at.properties, part) ? at.properties[part] : undefined
    at = named ?? at?.items ?? Object.values(at?.patternProperties ?? {})[0]
  }
  return at
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let at = document
  for (const part of path) at = (at as Record<string, unknown> | undefined)?.[part]
  return at
}

/** A value as a fault shows it: short, and without what may be a password in a URL. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const masked = text.replace(/\/\/.*@/g, '//***@')
  return masked.length > 80 ? `${masked.slice(0, 77)}…` : masked
}
