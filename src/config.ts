import { closeSync, openSync, readSync } from 'node:fs'
import { Value } from 'typebox/value'
import { isRecord, keyName, withoutNulls } from './config/document.ts'
import { leaveOut, resolveUnits, schemaFaults } from './config/schema-faults.ts'
import { semanticFaults } from './config/semantic-faults.ts'
import { type Config, ConfigSchema } from './config-schema.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Where the listeners would be, as far as a faulty configuration says; one whose port is not known for certain is absent. */
export type KnownListeners = {
  readonly [name in 'ingest' | 'admin']?: { readonly host: string; readonly port: number }
}

/** Every fault of a configuration, each a line that names the key, what is wrong and what to write instead. */
export class ConfigError extends Error {
  readonly faults: readonly string[]
  readonly listeners: KnownListeners

  constructor(faults: readonly string[], listeners: KnownListeners = {}) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
    )
    this.name = 'ConfigError'
    this.faults = faults
    this.listeners = listeners
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

/**
 * Reads the file that `CONFIG_FILE` names (none: defaults alone) and lays the environment over it. Nothing is opened or
 * listened to.
 * @throws ConfigError with all faults at once
 */
export async function loadConfig(env: Env): Promise<Config> {
  const path = env['CONFIG_FILE']
  if (!path) return parseConfig({}, env)
  const raw = await readFile(path).catch((error: unknown) => {
    throw error instanceof ConfigError ? new ConfigError(error.faults, listenersOf({}, env)) : error
  })
  return parseConfig(raw, env)
}

/**
 * @param raw the parsed file; null and undefined stand for an empty one
 * @throws ConfigError with all faults at once
 */
export function parseConfig(raw: unknown, env: Env = {}): Config {
  const document = overlay(withoutNulls(raw ?? {}), env)
  const { faults, places } = schemaFaults(document, (place) => originOf(place, env))
  if (!isRecord(document)) throw new ConfigError(faults, listenersOf({}, env))
  // What is left is looked at further, so that one start tells all.
  for (const place of places) leaveOut(document, place)
  const config = resolveUnits(ConfigSchema, Value.Default(ConfigSchema, document), [], faults) as Config
  const left = new Set(places.map(keyName))
  const isSound = (...keys: string[]) => keys.every((key) => !left.has(key) && !left.has(key.split('.')[0]!))
  faults.push(...semanticFaults(config, env, isSound))
  if (faults.length > 0) {
    const sound = (name: string) =>
      !faults.some((fault) => fault.startsWith(`${name}.`) || fault.startsWith(`${name}:`))
    throw new ConfigError(faults, {
      ...listenersOf(document, env),
      ...(sound('ingest') && { ingest: config.ingest }),
      ...(sound('admin') && { admin: config.admin }),
    })
  }
  return config
}

/** Only ports that somebody wrote: the default could be the port of the application beside a sidecar. */
function listenersOf(document: Record<string, unknown>, env: Env): KnownListeners {
  const known: Partial<Record<'ingest' | 'admin', { host: string; port: number }>> = {}
  const sections = overlay({ ...document }, env) as Record<string, unknown>
  for (const name of ['ingest', 'admin'] as const) {
    const { host = '127.0.0.1', port } = isRecord(sections[name]) ? sections[name] : {}
    if (typeof host === 'string' && Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535)
      known[name] = { host, port: Number(port) }
  }
  return known
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

/** The variable that the value came from, where it was no file. */
function originOf(place: string, env: Env): string {
  const variable = OVERRIDES.find(([name, section, key]) => place === `${section}.${key}` && env[name])?.[0]
  return variable ? ` (from ${variable})` : ''
}
