import type { Config, SecretRef } from '../config/schema.ts'
import { MIN_SECRET_LENGTH, tooShort } from '../domain/text/secret-length.ts'
import { secretReader } from '../probe/secrets.ts'

const read = secretReader({})

/**
 * Secrets in files that are too short. Files that cannot be read, or are empty, are warned of instead: a Secret may be
 * mounted later.
 * @param config may have gaps where faults were found already
 */
export async function secretFileFaults({ admin, canary, recovery, simulation }: Config): Promise<string[]> {
  const places: readonly (readonly [string, SecretRef | undefined])[] = [
    ['admin.apiToken', admin.apiToken],
    ['admin.metricsToken', admin.metricsToken],
    ['canary.secret', canary?.secret],
    ['recovery.token', recovery.token],
    ['simulation.secret', simulation?.secret],
  ]
  const faults = await Promise.all(
    places.map(async ([place, secret]) => {
      if (!secret?.file) return []
      const text = await read({ file: secret.file }).catch(() => '')
      const short = text.split(/\s+/).find((token) => token !== '' && token.length < MIN_SECRET_LENGTH)
      return short === undefined ? [] : [`${place}.file: ${tooShort(`the secret in ${secret.file}`, short.length)}`]
    }),
  )
  return faults.flat()
}
