import { ConfigFileSchema } from '../../src/config/schema.ts'
import type { Properties, Schema } from './schema-parts.ts'

/** What the chart itself reads of the configuration. A null in the user's values would remove the default. */
const NEEDED: Record<string, readonly string[]> = {
  '': ['ingest', 'admin', 'sources', 'journal'],
  ingest: ['host', 'port'],
  admin: ['host', 'port'],
  journal: ['url'],
}

/** The schema of `config`: the service's own, in draft-07, with what the chart itself reads as required. */
export function configSchema(): Schema {
  const schema = clean(JSON.parse(JSON.stringify(ConfigFileSchema)))
  for (const [section, required] of Object.entries(NEEDED)) {
    const at = section ? (schema['properties'] as Properties)[section]! : schema
    at['required'] = [...new Set([...((at['required'] as string[] | undefined) ?? []), ...required])]
  }
  // The chart fills the secret in, from `canary.existingSecret`.
  const canary = (schema['properties'] as Properties)['canary']
  if (canary) canary['required'] = ['url']
  return schema
}

/** Drops what is no keyword of draft-07; a default of an object says nothing that its properties do not. */
function clean(schema: Schema): Schema {
  const { $schema, title, ...rest } = schema
  const out: Schema = {}
  for (const [keyword, value] of Object.entries(rest)) {
    if (keyword.startsWith('x-') || keyword.startsWith('~') || (keyword === 'default' && typeof value === 'object'))
      continue
    if (keyword === 'properties') {
      out[keyword] = Object.fromEntries(Object.entries(value as Properties).map(([key, item]) => [key, clean(item)]))
    } else if (Array.isArray(value)) {
      out[keyword] = value.map((item) => (typeof item === 'object' && item !== null ? clean(item as Schema) : item))
    } else {
      out[keyword] = typeof value === 'object' && value !== null ? clean(value as Schema) : value
    }
  }
  return out
}
