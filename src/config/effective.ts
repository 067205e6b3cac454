import type { TSchema } from 'typebox'
import { redact } from '../domain/redact.ts'
import { isRecord } from './document.ts'
import { type Config, configSchemaFor, humanUnit } from './schema.ts'
import { nameSources } from './source-schema.ts'

type Node = TSchema & {
  readonly 'x-unit'?: keyof typeof humanUnit
  readonly properties?: Record<string, TSchema>
  readonly items?: TSchema
}

/**
 * The configuration in force as YAML: defaults included, durations and sizes as people write them. It names where secrets
 * are and holds none: credentials and ids in URLs are masked.
 */
export async function effectiveConfig(config: Config): Promise<string> {
  const { stringify } = await import('yaml')
  const { named } = nameSources(config.sources)
  return stringify(written(config, configSchemaFor(named)), { lineWidth: 0, aliasDuplicateObjects: false })
}

function written(value: unknown, schema: TSchema | undefined): unknown {
  const { 'x-unit': unit, properties, items } = (schema ?? {}) as Node
  if (typeof value === 'number' && unit) return humanUnit[unit](value)
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => written(item, items))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, written(member, properties?.[key])]))
}
