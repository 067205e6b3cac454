import { closest } from 'fastest-levenshtein'
import type { TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { isRecord, keyName, segments, shown, valueAt } from './document.ts'
import { expectation } from './expectation.ts'
import type { NamedSource } from './named-sources.ts'
import { configSchemaFor, withoutDefaulted } from './schema.ts'

// The default of 8 would hide the ninth fault.
Settings.Set({ maxErrors: 1_000 })

/**
 * What the schema sees in the parsed file with the environment over it, before defaults. One line per faulty key: the
 * validator's several errors for one value would bury the answer.
 * @param named its sources
 * @param originOf says where the value at a place came from (` (from INGEST_PORT)`); empty for the file
 * @returns the lines, and the places that cannot be used
 */
export function schemaFaults(
  document: unknown,
  named: ReadonlyMap<string, NamedSource>,
  originOf: (place: string) => string,
): { faults: string[]; places: (readonly string[])[] } {
  if (!isRecord(document)) {
    return {
      faults: ['the file must be a mapping of sections (ingest, admin, sources, …), see the README'],
      places: [],
    }
  }
  const configSchema = configSchemaFor(named)
  const faults = new Map<string, string>()
  const places: (readonly string[])[] = []
  for (const error of Value.Errors(withoutDefaulted(configSchema), document)) {
    const params = error.params as { additionalProperties?: string[]; requiredProperties?: string[] }
    const pointer = error.instancePath
    const schema = schemaAt(configSchema, segments(pointer))
    if (error.keyword === 'additionalProperties') {
      const known = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
      const fix =
        known.length > 0
          ? `did you mean $1? (known: ${known.join(', ')})`
          : `remove it. ${(schema as { description?: string } | undefined)?.description}`
      for (const key of params.additionalProperties ?? []) {
        const place = keyName([...segments(pointer), key])
        places.push([...segments(pointer), key])
        faults.set(place, `${place}: unknown key; ${fix.replace('$1', () => closest(key, known))}`)
      }
    } else if (error.keyword === 'required') {
      for (const key of params.requiredProperties ?? []) {
        const place = keyName([...segments(pointer), key])
        faults.set(place, `${place}: is missing; ${expectation(schemaAt(configSchema, [...segments(pointer), key]))}`)
      }
    } else if (error.keyword !== 'boolean') {
      const place = keyName(segments(pointer))
      places.push(segments(pointer))
      if (/^m(in|ax)Properties$/.test(error.keyword)) {
        const given = Object.keys(valueAt(document, segments(pointer)) as object)
        faults.set(place, `${place}: has ${given.join(', ') || 'nothing'}; ${expectation(schema)}`)
        continue
      }
      const value = isSecretKey(place) ? 'its value' : shown(valueAt(document, segments(pointer)))
      if (!faults.has(place))
        faults.set(place, `${place}: ${value}${originOf(place)} is not allowed; ${expectation(schema)}`)
    }
  }
  return { faults: [...faults.values()], places }
}

/** Where people write the secret itself by mistake: it must not get into the log of a failed start. */
const isSecretKey = (place: string): boolean =>
  /token(?!sDir)|secret|headers/i.test(place) && !/\.(tenant|name)$/.test(place)

function schemaAt(schema: TSchema | undefined, path: readonly string[]): TSchema | undefined {
  type Parent = { properties?: Record<string, TSchema>; items?: TSchema; patternProperties?: Record<string, TSchema> }
  let at = schema as (TSchema & Parent) | undefined
  for (const part of path) {
    const named = at?.properties && Object.hasOwn(at.properties, part) ? at.properties[part] : undefined
    at = named ?? at?.items ?? Object.values(at?.patternProperties ?? {})[0]
  }
  return at
}
