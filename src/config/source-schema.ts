import { closest } from 'fastest-levenshtein'
import { type TSchema, type TUnsafe, Type } from 'typebox'
import { strict } from '../schema-fields.ts'
import { authProperties } from '../sources/auth/schema.ts'
import { DEFAULT_SOURCES, defaultPath, RESERVED_NAMES, SOURCE_NAME, sourceKinds } from '../sources/index.ts'
import type { SourceKind } from '../sources/source.ts'
import { isRecord, keyName, shown } from './document.ts'

/** A configured source; the rest of its keys are its kind's. */
export interface SourceConfig {
  readonly kind: string
  readonly path: string
}

const MOST_SOURCES = 50
const DESCRIPTION =
  'Platforms that send reports, by a name of yours. Without this section there is one of each kind that needs none; with it, only the sources it names.'

const pathSchema = (fallback?: string) =>
  Type.String({
    pattern: '^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$',
    maxLength: 200,
    examples: ['/webhooks/error'],
    description: 'Path on the ingest listener; /webhooks/NAME by default.',
    ...(fallback !== undefined && { default: fallback }),
  })

/**
 * A source under the name of its kind, where `kind` may be left out.
 * @param written as a document has it
 */
const namedSection = (source: SourceKind, written: object | 'brief'): TSchema =>
  section(
    source,
    {
      kind: Type.Literal(source.kind, {
        default: source.kind,
        description: 'Kind of source. By default its name.',
      }),
      path: pathSchema(defaultPath(source.kind)),
    },
    written,
  )

/** A source under any other name. */
const freeSection = (source: SourceKind, name: string | undefined, written: object | 'published'): TSchema =>
  section(
    source,
    {
      kind: Type.Literal(source.kind, { description: 'Kind of source.' }),
      path: name === undefined ? Type.Optional(pathSchema()) : pathSchema(defaultPath(name)),
    },
    written,
  )

const section = (
  { kind, config, description, auth }: SourceKind,
  own: Record<string, TSchema>,
  written: object | 'published' | 'brief',
): TSchema =>
  Type.Object(
    { ...own, ...(auth !== undefined && authProperties(auth, `/secrets/${kind}`, written)), ...config },
    { ...strict, default: {}, description },
  )

/** Not `Type.Unsafe`, which makes a copy that is no object to the library. */
const sections = (properties: Record<string, TSchema>, rest: object) =>
  Type.Object(properties, {
    ...rest,
    default: {},
    description: DESCRIPTION,
    maxProperties: MOST_SOURCES,
  }) as unknown as TUnsafe<Record<string, SourceConfig>>

const kinds = [...sourceKinds.values()]

/** A source of any kind under its own name: the keys of all kinds in one mapping; `kind` decides which there are. */
function anySection(): TSchema {
  const sections = kinds.map(
    (kind) => freeSection(kind, undefined, 'published') as TSchema & { properties: Record<string, TSchema> },
  )
  const keys = Object.assign({}, ...sections.toReversed().map(({ properties }) => properties)) as Record<
    string,
    TSchema
  >
  return Type.Object(
    {
      ...Object.fromEntries(Object.entries(keys).map(([key, schema]) => [key, Type.Optional(schema)])),
      kind: Type.Union(
        kinds.map(({ kind }) => Type.Literal(kind)),
        { description: 'Kind of source.' },
      ),
    },
    { ...strict, description: 'A source under a name of its own.' },
  )
}

/** All that `sources` may contain, as it is published. */
export const SourcesSchema = sections(
  Object.fromEntries(kinds.map((kind) => [kind.kind, namedSection(kind, 'brief')])),
  {
    minProperties: 1,
    propertyNames: { pattern: SOURCE_NAME, not: { enum: [...RESERVED_NAMES] } },
    additionalProperties: anySection(),
  },
)

/** The schema of the sources that a document names: without alternatives, so that each fault can name its key. */
export const schemaOfSources = (named: ReadonlyMap<string, NamedSource>): TSchema =>
  sections(
    Object.fromEntries(
      [...named].map(([name, { kind, written }]) => [
        name,
        name === kind.kind ? namedSection(kind, written) : freeSection(kind, name, written),
      ]),
    ),
    strict,
  )

/** A source that a document names. */
export interface NamedSource {
  readonly kind: SourceKind
  /** Its section, before anything was checked. */
  readonly written: object
}

export interface NamedSources {
  /** The document's sources of a known kind. */
  readonly sources: unknown
  readonly named: ReadonlyMap<string, NamedSource>
  readonly faults: readonly string[]
}

/** Finds out the kind of each source in a document. @param given the section as it was written */
export function nameSources(given: unknown): NamedSources {
  const written = given ?? Object.fromEntries(DEFAULT_SOURCES.map((name) => [name, {}]))
  if (!isRecord(written)) return { sources: written, named: new Map(), faults: [] }
  const faults: string[] = []
  const named = new Map<string, NamedSource>()
  const sources: [string, unknown][] = []
  for (const [name, value] of Object.entries(written)) {
    const fault = nameFault(name)
    const kind = fault === undefined ? kindOf(name, value) : fault
    if (typeof kind === 'string') faults.push(kind)
    else {
      named.set(name, { kind, written: isRecord(value) ? value : {} })
      sources.push([name, value ?? {}])
    }
  }
  if (Object.keys(written).length === 0)
    faults.push(
      `sources: names no source; write at least one, for example ${DEFAULT_SOURCES[0]}: {}, or remove the key`,
    )
  return { sources: Object.fromEntries(sources), named, faults }
}

function nameFault(name: string): string | undefined {
  const place = keyName(['sources', name])
  if (RESERVED_NAMES.includes(name)) return `${place}: the name ${name} is reserved; write another name`
  return new RegExp(SOURCE_NAME).test(name)
    ? undefined
    : `${place}: is not a name for a source; write lower-case letters, digits, hyphen and underscore, at most 50`
}

/** @returns the kind, or what is wrong */
function kindOf(name: string, value: unknown): SourceKind | string {
  const place = keyName(['sources', name])
  const known = [...sourceKinds.keys()]
  const own = sourceKinds.get(name)
  const given = isRecord(value) ? value['kind'] : undefined
  if (given === undefined || given === null)
    return (
      own ??
      `${place}: unknown source; did you mean ${closest(name, known)}? Under a name of your own write its kind (known: ${known.join(', ')})`
    )
  const kind = typeof given === 'string' ? sourceKinds.get(given) : undefined
  if (!kind) {
    const what = typeof given === 'string' ? `${shown(given)} is` : 'its value is'
    return `${place}.kind: ${what} not a known kind; write one of: ${known.join(', ')}`
  }
  return own && own !== kind
    ? `${place}.kind: a source named ${name} is of the kind ${name}; write another name for one of the kind ${kind.kind}`
    : kind
}
