import type { TSchema } from 'typebox'
import { AUTH_KINDS } from '../sources/auth/config.ts'
import { mapping } from '../sources/auth/schema.ts'
import { sourceKinds } from '../sources/index.ts'
import type { SourceKind } from '../sources/source.ts'
import { ConfigSchema } from './schema.ts'
import type { KindShape, Shape, Shapes } from './shape.ts'
import { namedSection } from './source-schema.ts'

/** What `shapes.json` has, from the schemas. */
export function shapes(): Shapes {
  const { sources: _, ...properties } = ConfigSchema.properties
  return {
    document: shapeOf({ ...ConfigSchema, properties }),
    kinds: Object.fromEntries([...sourceKinds.values()].map((kind) => [kind.kind, kindShape(kind)])),
    auth: Object.fromEntries(AUTH_KINDS.map((name) => [name, shapeOf(mapping(name, 'none'))])) as Shapes['auth'],
  }
}

/** @param kind one of any name: what depends on the name of the source and on its `auth` is added when a document is read */
export function kindShape(kind: SourceKind): KindShape {
  const { properties = {} } = shapeOf(namedSection(kind, {}))
  return {
    properties: { ...properties, kind: {}, path: {}, ...(kind.auth !== undefined && { auth: {} }) },
    ...(typeof kind.auth === 'object' && { auth: shapeOf(mapping(kind.auth.kind, kind.auth)) }),
  }
}

const KEPT = ['default', 'x-unit', 'x-minimum', 'x-maximum'] as const

/** @throws Error if a default or unit lies within an alternative, where `withDefaults` does not look */
function shapeOf(schema: TSchema): Shape {
  const {
    properties,
    items,
    anyOf = [],
    ...rest
  } = schema as TSchema & {
    readonly properties?: Readonly<Record<string, TSchema>>
    readonly items?: TSchema
    readonly anyOf?: readonly TSchema[]
  } & Shape
  for (const option of anyOf)
    if (Object.keys(shapeOf(option)).length > 0)
      throw new Error(`an alternative has a shape: ${JSON.stringify(option)}`)
  return {
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, member]) => [key, shapeOf(member)])),
    }),
    ...(items && { items: shapeOf(items) }),
    ...Object.fromEntries(KEPT.flatMap((key) => (rest[key] === undefined ? [] : [[key, rest[key]]]))),
  }
}
