import { type AuthConfig, hasAuth, hasTenants, readableHeaders } from '../auth/config.ts'
import { MAPPED_TYPES, type MappingRules, VALUE_NAMES } from '../mapping/mapping.ts'
import type { ConfigOf } from '../source.ts'
import type { genericConfig } from './schema.ts'

export type GenericConfig = ConfigOf<typeof genericConfig>

/** The rules of a configured mapping. */
export const rulesOf = ({ map: given }: GenericConfig): MappingRules => given as MappingRules

/** What no schema can see in a mapping. */
export function mapFaults(config: GenericConfig & Partial<AuthConfig>, isSound: (key: string) => boolean): string[] {
  if (!isSound('map')) return []
  const { map: given } = config
  const faults = unsignedFaults(config, isSound)
  if (given.tenant !== undefined && hasAuth(config) && hasTenants(config) && !config.trusted)
    faults.push(
      'map.tenant: is written beside credentials that belong to tenants, and speak for no other; remove it, or write trusted: true where the sender may report for every tenant',
    )
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

/** Values that are read from headers which anyone who captured a signed report could change. */
function unsignedFaults(
  { map: given, auth = 'none' }: GenericConfig & Partial<AuthConfig>,
  isSound: (key: string) => boolean,
): string[] {
  const readable = isSound('auth') ? readableHeaders(auth) : undefined
  if (!readable) return []
  return ['type' as const, ...VALUE_NAMES].flatMap((key) => {
    const [, name = ''] = /^header:(.+)$/.exec(given[key] ?? '') ?? []
    // Attributes of a CloudEvent are in its body, unless it is in binary mode, which is not read then.
    if (name === '' || /^ce-/i.test(name) || readable.includes(name.toLowerCase())) return []
    return [
      `map.${key}: is read from the header ${name}, which is not signed; read it from the body, or sign it, or (only auth.kind: hmac) list it in auth.unsignedHeaders`,
    ]
  })
}
