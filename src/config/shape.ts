import type { AuthKind } from '../sources/auth/config.ts'
import { isRecord } from './document.ts'

/** What is needed of a schema to read a document that is valid: its keys, defaults and units. */
export interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly default?: unknown
  readonly 'x-unit'?: 'duration' | 'size'
  readonly 'x-minimum'?: number
  readonly 'x-maximum'?: number
}

/** A kind of source; `auth` as its own `auth` presets it, if that is a mapping. */
export interface KindShape {
  readonly properties: Readonly<Record<string, Shape>>
  readonly auth?: Shape
}

/** `shapes.json`, which `npm run generate` makes of the schemas, so that a service need not load them. */
export interface Shapes {
  /** Of the document without `sources`. */
  readonly document: Shape
  readonly kinds: Readonly<Record<string, KindShape>>
  readonly auth: Readonly<Record<AuthKind, Shape>>
}

/** A copy with every default filled in. */
export function withDefaults(shape: Shape, value: unknown): unknown {
  const given = value === undefined ? structuredClone(shape.default) : value
  const { properties, items } = shape
  if (Array.isArray(given)) return items ? given.map((item) => withDefaults(items, item)) : given
  if (!isRecord(given) || !properties) return given
  const filled = { ...given }
  for (const [key, property] of Object.entries(properties)) {
    const member = withDefaults(property, Object.hasOwn(given, key) ? given[key] : undefined)
    if (member !== undefined) filled[key] = member
  }
  return filled
}
