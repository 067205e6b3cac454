import type { TSchema } from 'typebox'

type Readable = {
  readonly [key: string]: unknown
  readonly anyOf?: readonly Readable[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Readable>>
  readonly required?: readonly string[]
  readonly items?: Readable
}

/** What to write in a place, with an example, from the schema alone. */
export function expectation(schema: TSchema | undefined): string {
  const s = (schema ?? {}) as Readable
  const example = exampleOf(s)
  const sentence = example === undefined || choices(s) ? what(s) : `${what(s)}, for example ${JSON.stringify(example)}`
  return typeof s['description'] === 'string' ? `${sentence}. ${s['description']}` : sentence
}

function what(s: Readable): string {
  const fixed = choices(s)
  if (s['x-unit']) return `write a ${s['x-unit']}`
  if (fixed) return `write ${fixed.join(' or ')}`
  switch (s['type']) {
    case 'integer':
      return `write an integer from ${s['minimum']} to ${s['maximum']}`
    case 'object':
      return s['maxProperties'] && s['maxProperties'] === s['minProperties']
        ? `write exactly ${s['maxProperties']} of ${Object.keys(s.properties ?? {}).join(', ')}`
        : 'write a mapping'
    case 'array':
      return `write a list${numberOfItems(s)}`
    case 'boolean':
      return 'write true or false'
    default:
      return `write a text${s['maxLength'] && !s['pattern'] ? ` of ${s['minLength'] ?? 0} to ${s['maxLength']} characters` : ''}`
  }
}

function numberOfItems({ minItems, maxItems }: Readable): string {
  if (minItems && maxItems) return ` of ${minItems} to ${maxItems}`
  if (minItems) return ` of at least ${minItems}`
  return maxItems ? ` of at most ${maxItems}` : ''
}

/** The values of a closed set. */
function choices(s: Readable): readonly unknown[] | undefined {
  const values = s['const'] === undefined ? (s.enum ?? s.anyOf?.map((option) => option['const'])) : [s['const']]
  return values?.length && values.every((value) => value !== undefined) ? values : undefined
}

/** A valid value: the schema's own example, its default, or one made of its parts. */
export function exampleOf(s: Readable): unknown {
  if (Array.isArray(s['examples'])) return s['examples'][0]
  const fallback = s['default']
  if (fallback !== undefined && fallback !== '' && (typeof fallback !== 'object' || fallback === null)) return fallback
  const fixed = choices(s)
  if (fixed) return fixed[0]
  if (s.anyOf) return s.anyOf.map(exampleOf).find((value) => value !== undefined)
  if (s['type'] === 'integer') return s['minimum']
  if (s.items) return [exampleOf(s.items)]
  if (!s.properties) return undefined
  const keys = Object.keys(s.properties)
  const needed = keys.filter((key) => s.required?.includes(key) && s.properties![key]!['default'] === undefined)
  const count = Number(s['minProperties'] ?? Math.max(needed.length, 1))
  return Object.fromEntries(
    [...new Set([...needed, ...keys])].slice(0, count).map((key) => [key, exampleOf(s.properties![key]!)]),
  )
}
