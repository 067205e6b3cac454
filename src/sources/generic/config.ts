import { MAPPED_TYPES, type MappingRules } from '../mapping/mapping.ts'
import type { ConfigOf } from '../source.ts'
import type { genericConfig } from './schema.ts'

export type GenericConfig = ConfigOf<typeof genericConfig>

/** The rules of a configured mapping. */
export const rulesOf = ({ map: given }: GenericConfig): MappingRules => given as MappingRules

/** What no schema can see in a mapping. */
export function mapFaults({ map: given }: GenericConfig, isSound: (key: string) => boolean): string[] {
  if (!isSound('map')) return []
  const faults: string[] = []
  if (given.endpoint === undefined && given.ref === undefined && isSound('map.endpoint') && isSound('map.ref'))
    faults.push(
      'map.endpoint: is missing; write where the URL of the endpoint is, for example endpoint: /data/url, or ref',
    )
  if (given.endpoint !== undefined && given.ref !== undefined)
    faults.push('map.ref: is written beside map.endpoint; remove one of them')
  const owners = new Map<string, string>()
  for (const type of MAPPED_TYPES)
    for (const text of given[type] ?? []) {
      const owner = owners.get(text)
      if (owner !== undefined) faults.push(`map.${type}: has a text that map.${owner} has too; write it in one of them`)
      owners.set(text, type)
    }
  if (given.type !== undefined && owners.size === 0)
    faults.push(
      'map.lost: is missing; write the texts at map.type that mean a lost delivery, for example lost: [delivery.failed]',
    )
  if (given.type === undefined && owners.size > 0 && isSound('map.type'))
    faults.push(
      'map.type: is missing; write where the text is that map.lost and the others list, for example type: /type',
    )
  return faults
}
