import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { isPostgresUrl } from '../domain/ports/postgres-url.ts'
import { tokensOf } from '../http/shared/token-files.ts'
import { sqlitePath } from '../journal/open.ts'
import { ignoredExporters } from '../observe/tracing.ts'
import { secretReader } from '../probe/secrets.ts'
import { hasAuth } from '../sources/auth/config.ts'
import { pathWarning } from './path-warning.ts'
import { probeWarnings } from './probe-warnings.ts'
import { reason, sourceWarnings } from './source-warnings.ts'

/**
 * What is valid and will hardly work: files that are not there (a Secret may be mounted later), a journal that cannot be
 * made, probes that cannot be sent. Each a line that names the key, what is wrong and the fix.
 */
export async function configWarnings(config: Config, env: Env): Promise<string[]> {
  const { admin, journal, sources } = config
  const tokens = await Promise.all(
    Object.entries(sources).map(([name, source]) => (hasAuth(source) ? sourceWarnings(name, source, env) : [])),
  )
  const guards = await Promise.all(
    (['apiToken', 'metricsToken'] as const).map(async (key) => {
      const file = admin[key]?.file
      const found = file === undefined ? [] : await tokensOf(file, '')
      return typeof found === 'string'
        ? [
            `admin.${key}.file: ${file}: ${reason(found)}; until it has a token, every request that needs it is answered 401`,
          ]
        : []
    }),
  )
  const paths = [
    ['journal.url', isPostgresUrl(journal.url) ? undefined : sqlitePath(journal.url)],
    ['journal.spill.path', journal.spill?.path],
  ] as const
  const ignored = ignoredExporters(env)
  return [
    ...tokens.flat(),
    ...guards.flat(),
    ...(await fileWarnings(config)),
    ...paths.flatMap(([place, path]) => {
      const warning = path === undefined ? undefined : pathWarning(path)
      return warning ? [`${place}: ${warning}`] : []
    }),
    ...probeWarnings(config),
    ...(ignored ? [ignored] : []),
  ]
}

/** Files that are read when they are needed. */
async function fileWarnings({ canary, endpoints, hooks, journal, recovery, simulation }: Config): Promise<string[]> {
  const files: (readonly [place: string, file: string | undefined])[] = [
    ['canary.token.file', canary?.token?.file],
    ['canary.secret.file', canary?.secret.file],
    ['simulation.secret.file', simulation?.secret.file],
    ['journal.passwordFile', journal.passwordFile],
    ['recovery.token.file', recovery.token?.file],
    ...hooks.flatMap(({ secret, token }, index) => [
      [`hooks[${index}].secret.file`, secret.file] as const,
      [`hooks[${index}].token.file`, token?.file] as const,
    ]),
    ...endpoints.flatMap(({ probe }, index) => [
      ...probe.headers.map(({ file }, at) => [`endpoints[${index}].probe.headers[${at}].file`, file] as const),
      ...(['caFile', 'certFile', 'keyFile'] as const).map(
        (key) => [`endpoints[${index}].probe.${key}`, probe[key]] as const,
      ),
    ]),
  ]
  const read = secretReader({})
  const warnings = await Promise.all(
    files.map(async ([place, file]) => {
      if (file === undefined) return []
      const text = await read({ file }).catch((error: NodeJS.ErrnoException) => error)
      if (text instanceof Error)
        return [`${place}: ${file}: ${reason(text.code ?? text.message)}; mount it, or correct the path`]
      return text === '' ? [`${place}: ${file} is empty; write the secret into it`] : []
    }),
  )
  return warnings.flat()
}
