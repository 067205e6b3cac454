import { type TSchema, type TUnsafe, Type } from 'typebox'
import { strict } from '../schema-fields.ts'
import { authProperties, type Written } from '../sources/auth/schema.ts'
import { defaultPath, RESERVED_NAMES, SOURCE_NAME, sourceKinds } from '../sources/index.ts'
import { schemasOf } from '../sources/schemas.ts'
import type { SourceKind } from '../sources/source.ts'
import type { NamedSource, SourceConfig } from './named-sources.ts'

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
export const namedSection = (source: SourceKind, written: Written): TSchema =>
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
const freeSection = (source: SourceKind, name: string | undefined, written: Written): TSchema =>
  section(
    source,
    {
      kind: Type.Literal(source.kind, { description: 'Kind of source.' }),
      path: name === undefined ? Type.Optional(pathSchema()) : pathSchema(defaultPath(name)),
    },
    written,
  )

const section = (source: SourceKind, own: Record<string, TSchema>, written: Written): TSchema => {
  const { kind, description, auth } = source
  return Type.Object(
    {
      ...own,
      ...(auth !== undefined && authProperties(auth, `/secrets/${kind}`, written)),
      ...schemasOf(source).config,
    },
    { ...strict, default: {}, description },
  )
}

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

/** Accepts what `schemaOfSources` accepts for the names and kinds in a document, with every alternative. */
export const AnySourcesSchema = sections(
  Object.fromEntries(kinds.map((kind) => [kind.kind, Type.Optional(namedSection(kind, 'any'))])),
  { additionalProperties: Type.Union(kinds.map((kind) => freeSection(kind, undefined, 'any'))) },
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
