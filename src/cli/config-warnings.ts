import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { isPostgresUrl } from '../domain/postgres-url.ts'
import type { Token } from '../http/shared/credentials.ts'
import { sharedTokens, sharedTokenText, tokensIn, tokensOf } from '../http/shared/token-files.ts'
import { sqlitePath } from '../journal/open.ts'
import { ignoredExporters } from '../observe/tracing.ts'
import { secretReader } from '../probe/secrets.ts'
import { type BearerConfig, hasBearerConfig } from '../sources/bearer.ts'
import { pathWarning } from './path-warning.ts'
import { probeWarnings } from './probe-warnings.ts'

/**
 * What is valid and will hardly work: files that are not there (a Secret may be mounted later), a journal that cannot be
 * made, probes that cannot be sent. Each a line that names the key, what is wrong and the fix.
 */
export async function configWarnings(config: Config, env: Env): Promise<string[]> {
  const { admin, journal, sources } = config
  const tokens = await Promise.all(
    Object.entries(sources).map(([name, source]) => (hasBearerConfig(source) ? tokenWarnings(name, source, env) : [])),
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

async function tokenWarnings(name: string, { auth, tokens, tokensDir }: BearerConfig, env: Env): Promise<string[]> {
  if (auth === 'none') return []
  const warnings: string[] = []
  const known: Token[] = []
  const look = async (place: string, file: string, tenant: string) => {
    const found = await tokensOf(file, tenant)
    if (typeof found === 'string') warnings.push(`${place}: ${file}: ${reason(found)}; write one token per line`)
    else known.push(...found)
  }
  for (const [index, { file, env: variable, tenant }] of tokens.entries()) {
    const fixed = variable === undefined ? [] : tokensIn(env[variable] ?? '', tenant)
    if (typeof fixed === 'string')
      warnings.push(`sources.${name}.tokens[${index}].env: ${variable}: ${fixed}; write one token per line`)
    else known.push(...fixed)
    if (file !== undefined) await look(`sources.${name}.tokens[${index}].file`, file, tenant)
  }
  if (tokensDir !== undefined) {
    const place = `sources.${name}.tokensDir`
    const names = await readdir(tokensDir).catch((error: NodeJS.ErrnoException) => error)
    if (names instanceof Error)
      warnings.push(`${place}: ${tokensDir}: ${reason(`${names.code}`)}; mount it, or correct the path`)
    else {
      const files = names.filter((file) => !file.startsWith('.')).sort()
      if (files.length === 0)
        warnings.push(`${place}: ${tokensDir} is empty; add one file per tenant, one token per line`)
      for (const file of files) await look(place, join(tokensDir, file), file)
    }
  }
  const shared = sharedTokens(known)
  if (shared.size > 0) warnings.push(`sources.${name}: ${sharedTokenText(shared)}; shared tokens are rejected`)
  return warnings
}

/** Files that are read when they are needed. */
async function fileWarnings({ canary, endpoints, hooks, journal, recovery }: Config): Promise<string[]> {
  const files: (readonly [place: string, file: string | undefined])[] = [
    ['canary.token.file', canary?.token?.file],
    ['canary.secret.file', canary?.secret.file],
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

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
}
const reason = (code: string): string => REASONS[code] ?? code
