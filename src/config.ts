import { Value } from 'typebox/value'
import { isRecord, keyName, withoutNulls } from './config/document.ts'
import { readConfigFile } from './config/file.ts'
import { leaveOut, resolveUnits, schemaFaults } from './config/schema-faults.ts'
import { semanticFaults } from './config/semantic-faults.ts'
import { type Config, ConfigSchema } from './config-schema.ts'

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

/** A configuration that was looked at, whether it can be used or not. */
export interface Inspected {
  /** With faults: what is left once the faulty values are taken out. Undefined where nothing is. */
  readonly config: Config | undefined
  /** All of them, those of the YAML, of the schema and of the whole. */
  readonly faults: readonly string[]
}

/**
 * Reads the file that `CONFIG_FILE` names (none: defaults alone) and lays the environment over it. Nothing is opened or
 * listened to.
 * @throws ConfigError with all faults at once
 */
export async function loadConfig(env: Env): Promise<Config> {
  return usable(await inspectConfig(env))
}

/**
 * @param raw the parsed file; null and undefined stand for an empty one
 * @throws ConfigError with all faults at once
 */
export function parseConfig(raw: unknown, env: Env = {}): Config {
  return usable(inspectDocument(raw, env))
}

/** As `loadConfig`, for those who add faults of their own. Never throws for what a file may hold. */
export async function inspectConfig(env: Env): Promise<Inspected> {
  const path = env['CONFIG_FILE']
  if (!path) return inspectDocument({}, env)
  const { document, faults } = await readConfigFile(path)
  if (document === undefined) return { config: undefined, faults }
  const inspected = inspectDocument(document, env)
  return { config: inspected.config, faults: [...faults, ...inspected.faults] }
}

function usable({ config, faults }: Inspected): Config {
  if (config === undefined || faults.length > 0) throw new ConfigError(faults)
  return config
}

function inspectDocument(raw: unknown, env: Env): Inspected {
  const document = overlay(withoutNulls(raw ?? {}, ConfigSchema), env)
  const { faults, places } = schemaFaults(document, (place) => originOf(place, env))
  if (!isRecord(document)) return { config: undefined, faults }
  // The rest is checked too, so that one start reports everything.
  for (const place of places) leaveOut(document, place)
  const config = resolveUnits(ConfigSchema, Value.Default(ConfigSchema, document), [], faults) as Config
  const left = new Set(places.map(keyName))
  const isSound = (...keys: string[]) => keys.every((key) => !left.has(key) && !left.has(key.split('.')[0]!))
  return { config, faults: [...faults, ...semanticFaults(config, env, isSound)] }
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
