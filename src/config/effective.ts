import { redact } from '../domain/text/redact.ts'
import { humanUnit } from '../units.ts'
import { isRecord } from './document.ts'
import { shapeFor } from './document-shape.ts'
import { nameSources } from './named-sources.ts'
import type { Config } from './schema.ts'
import type { Shape } from './shape.ts'

/**
 * The configuration in force as YAML: defaults included, durations and sizes as people write them. It names where secrets
 * are and holds none: credentials and ids in URLs are masked.
 */
export async function effectiveConfig(config: Config): Promise<string> {
  const { stringify } = await import('yaml')
  const { named } = nameSources(config.sources)
  return stringify(written(config, shapeFor(named)), { lineWidth: 0, aliasDuplicateObjects: false })
}

function written(value: unknown, shape: Shape = {}): unknown {
  const { 'x-unit': unit, properties, items } = shape
  if (typeof value === 'number' && unit) return humanUnit[unit](value)
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => written(item, items))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, written(member, properties?.[key])]))
}
