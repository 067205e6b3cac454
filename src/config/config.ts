import { createRequire } from 'node:module'
import { visible } from '../domain/text/external-text.ts'
import { areSources } from '../sources/check.generated.ts'
import { areSections } from './check.generated.ts'
import { isRecord, keyName, leaveOut, withoutNulls } from './document.ts'
import { shapeFor } from './document-shape.ts'
import { readConfigFile } from './file.ts'
import { type JournalUrl, readJournalUrl } from './journal-url.ts'
import { type NamedSource, nameSources } from './named-sources.ts'
import { resolveUnits } from './resolve-units.ts'
import type { Config } from './schema.ts'
import { semanticFaults } from './semantic-faults.ts'
import { withDefaults } from './shape.ts'

const require = createRequire(import.meta.url)
/** TypeBox with all schemas, 20 MiB: only what is wrong with a document needs them. */
const loadFaults = () => require('./schema-faults.ts') as typeof import('./schema-faults.ts')

export type Env = Readonly<Record<string, string | undefined>>

/** Where the listeners would be, as far as a faulty configuration says; one whose port is not known for certain is absent. */
export type KnownListeners = {
  readonly [name in 'ingest' | 'admin']?: {
    readonly host: string
    readonly port: number
    /** Only if the whole section is valid; they are those of `admin`. */
    readonly allowedHosts?: readonly string[]
    readonly externalUrl?: string
  }
} & {
  /** Only if the whole section is valid: deliveries must not fail because of a mistake elsewhere. */
  readonly proxy?: NonNullable<Config['proxy']>
}

/** Characters of one fault; it may quote the file and list known keys. */
const LONGEST_FAULT = 4_000
/** The sources of a faulty configuration and their paths, as far as it says. */
export type KnownSources = Readonly<Record<string, { readonly path: string }>>

/** Every fault of a configuration, each a line that names the key, what is wrong and what to write instead. */
export class ConfigError extends Error {
  readonly faults: readonly string[]
  readonly listeners: KnownListeners
  readonly sources: KnownSources

  constructor(faults: readonly string[], listeners: KnownListeners = {}, sources: KnownSources = {}) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${visible(faults, LONGEST_FAULT).join('\n  ')}`,
    )
    this.name = 'ConfigError'
    this.faults = faults
    this.listeners = listeners
    this.sources = sources
  }
}

/** Environment variables that win over the file, and where they go. */
const OVERRIDES: readonly (readonly [variable: string, section: 'ingest' | 'admin' | 'journal', key: string])[] = [
  ['INGEST_HOST', 'ingest', 'host'],
  ['INGEST_PORT', 'ingest', 'port'],
  ['ADMIN_HOST', 'admin', 'host'],
  ['ADMIN_PORT', 'admin', 'port'],
  ['JOURNAL_URL', 'journal', 'url'],
  ['JOURNAL_URL_FILE', 'journal', 'urlFile'],
  ['JOURNAL_PASSWORD_FILE', 'journal', 'passwordFile'],
]

/** A configuration that was looked at, whether it can be used or not. */
export interface Inspected {
  /** With faults: what is left once the faulty values are taken out. Undefined if nothing is. */
  readonly config: Config | undefined
  /** All of them, those of the YAML, of the schema and of the whole. */
  readonly faults: readonly string[]
  /** For a sidecar, which keeps running with faults. */
  readonly listeners: KnownListeners
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

/** As `loadConfig`, for those who add faults of their own. Never throws for what a file may contain. */
export async function inspectConfig(env: Env): Promise<Inspected> {
  const path = env['CONFIG_FILE']
  const { document, faults } = path ? await readConfigFile(path) : { document: {}, faults: [] }
  if (document === undefined) return { config: undefined, faults, listeners: listenersOf({}, env) }
  const inspected = inspectDocument(document, env, await readJournalUrl(document, env))
  return { ...inspected, faults: [...faults, ...inspected.faults] }
}

function usable({ config, faults, listeners }: Inspected): Config {
  if (config === undefined || faults.length > 0) throw new ConfigError(faults, listeners, config?.sources)
  return config
}

/** @param journal undefined if no file is read */
function inspectDocument(raw: unknown, env: Env, journal?: JournalUrl): Inspected {
  const { document: written, named, faults: unnamed } = withNamedSources(raw ?? {})
  const shape = shapeFor(named)
  const document = overlay(withoutNulls(written, shape), env, journal?.url)
  const { faults, places } = isValid(document)
    ? { faults: [], places: [] }
    : loadFaults().schemaFaults(document, named, (place) => originOf(place, env))
  faults.push(...unnamed, ...(journal?.faults ?? []))
  if (!isRecord(document)) return { config: undefined, faults, listeners: listenersOf({}, env) }
  // The rest is checked too, so that one start reports everything.
  for (const place of places) leaveOut(document, place)
  const config = resolveUnits(shape, withDefaults(shape, document), [], faults) as Config
  const left = new Set(places.map(keyName))
  const isSound = (...keys: string[]) => keys.every((key) => !left.has(key) && !left.has(key.split('.')[0]!))
  const all = [...faults, ...semanticFaults(config, env, isSound)]
  const sound = (name: string) => !all.some((fault) => fault.startsWith(`${name}.`) || fault.startsWith(`${name}:`))
  const listeners = {
    ...listenersOf(document, env),
    ...(sound('ingest') && { ingest: config.ingest }),
    ...(sound('admin') && { admin: config.admin }),
    ...(config.proxy && sound('proxy') && !all.some((fault) => fault.startsWith('proxy')) && { proxy: config.proxy }),
  }
  return { config, faults: all, listeners }
}

/** Whether the schemas find nothing wrong, by the code that `npm run generate` makes of them. */
export function isValid(document: unknown): boolean {
  if (!isRecord(document)) return false
  const { sources, ...sections } = document
  return areSections(sections) && areSources(sources)
}

/** The document, reduced to sources of a known kind. */
function withNamedSources(raw: unknown) {
  if (!isRecord(raw)) return { document: raw, named: new Map<string, NamedSource>(), faults: [] }
  const { sources, named, faults } = nameSources(raw['sources'])
  return { document: { ...raw, sources }, named, faults }
}

/** Only ports that are set explicitly: the default could be the port of the application next to a sidecar. */
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

/** @param journalUrl from a file, which wins over a variable: the image sets one */
function overlay(document: unknown, env: Env, journalUrl?: string): unknown {
  if (!isRecord(document)) return document
  for (const [variable, section, key] of OVERRIDES) {
    const text = env[variable]
    if (text === undefined || text === '') continue
    const target = document[section] ?? {}
    if (!isRecord(target)) continue
    target[key] = key === 'port' && /^\d{1,9}$/.test(text) ? Number(text) : text
    document[section] = target
  }
  if (journalUrl !== undefined && isRecord(document['journal'] ?? {}))
    document['journal'] = { ...(document['journal'] as object | undefined), url: journalUrl }
  return document
}

/** The variable that the value came from, where it was no file. */
function originOf(place: string, env: Env): string {
  const variable = OVERRIDES.find(([name, section, key]) => place === `${section}.${key}` && env[name])?.[0]
  return variable ? ` (from ${variable})` : ''
}
