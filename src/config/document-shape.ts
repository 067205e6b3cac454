import { createRequire } from 'node:module'
import { authForm } from '../sources/auth/config.ts'
import { defaultPath } from '../sources/index.ts'
import type { NamedSource } from './named-sources.ts'
import type { Shape, Shapes } from './shape.ts'
import data from './shapes.json' with { type: 'json' }

const SHAPES = data as Shapes

const require = createRequire(import.meta.url)
/** TypeBox with all schemas, for a kind of source that was added without `npm run generate`. */
const loadShapes = () => require('./schema-shapes.ts') as typeof import('./schema-shapes.ts')

/** The shape of a document that names these sources. */
export function shapeFor(named: ReadonlyMap<string, NamedSource>): Shape {
  const sources = [...named].map(([name, source]) => {
    const { properties, auth } = SHAPES.kinds[source.kind.kind] ?? loadShapes().kindShape(source.kind)
    const shape: Shape = {
      properties: {
        ...properties,
        ...(source.kind.kind === name && { kind: { default: name } }),
        path: { default: defaultPath(name) },
        ...(source.kind.auth !== undefined && { auth: authShape(source, auth) }),
      },
      default: {},
    }
    return [name, shape] as const
  })
  const { document } = SHAPES
  return {
    ...document,
    properties: { ...document.properties, sources: { properties: Object.fromEntries(sources), default: {} } },
  }
}

function authShape({ kind: { auth: fallback }, written }: NamedSource, preset: Shape | undefined): Shape {
  const form = authForm((written as { auth?: unknown }).auth, fallback!)
  if (form === 'word') return typeof fallback === 'string' ? { default: fallback } : {}
  if (form === 'unknown') return { properties: { kind: {} } }
  return typeof fallback === 'object' && fallback.kind === form ? preset! : SHAPES.auth[form]
}
