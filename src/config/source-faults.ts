import { hasAuth, type SecretPlace } from '../sources/auth/config.ts'
import { authFaults, secretKeys } from '../sources/auth/faults.ts'
import { sourceKinds } from '../sources/index.ts'
import type { Config } from './schema.ts'

type Sources = Config['sources']

/** Every place of a token or secret of a source, by its key in the configuration. */
export const sourceSecrets = (sources: Sources): (readonly [key: string, SecretPlace | undefined])[] =>
  Object.entries(sources).flatMap(([name, source]) =>
    hasAuth(source) ? secretKeys(source).map(([key, place]) => [`sources.${name}.${key}`, place] as const) : [],
  )

/**
 * What no schema can see in the sections of sources.
 * @param isSound as of `semanticFaults`
 */
export function sourceFaults(sources: Sources, isSound: (...keys: string[]) => boolean): string[] {
  return Object.entries(sources).flatMap(([name, source]) => {
    const place = `sources.${name}`
    const own = sourceKinds.get(source.kind)?.configFaults?.(source, (key) => isSound(place, `${place}.${key}`)) ?? []
    const faults = hasAuth(source) ? authFaults(source, (key) => isSound(`${place}.auth`, `${place}.${key}`)) : []
    return [...faults, ...own].map((fault) => `${place}.${fault}`)
  })
}
