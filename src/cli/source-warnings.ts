import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../config/config.ts'
import type { Token } from '../http/shared/credentials.ts'
import { type LineRules, sharedTokens, sharedTokenText, tokensIn, tokensOf } from '../http/shared/token-files.ts'
import { type AuthConfig, isConfigured, replayProtection, secretPlaces, sharedKeys } from '../sources/auth/config.ts'
import { secretFault } from '../sources/auth/secret-fault.ts'

/** What is wrong with the credentials of a source: files that are missing, unusable lines, shared tokens, unused keys. */
export async function sourceWarnings(name: string, config: AuthConfig, env: Env): Promise<string[]> {
  const { auth, tokens, tokensDir, secretsDir } = config
  const place = `sources.${name}`
  const warnings = replayWarnings(place, config)
  if (auth === 'none') return warnings
  if (auth !== 'bearer' && (tokens.length > 0 || tokensDir !== undefined))
    warnings.push(`${place}.tokens: are read only with auth: bearer; remove them, or change auth`)
  if ((typeof auth === 'string' || auth.kind === 'oidc') && isConfigured(config))
    warnings.push(`${place}.secrets: are not read with this auth; remove them, or change auth`)
  if (typeof auth === 'object' && auth.kind === 'oidc') {
    for (const key of ['caFile', 'tokenFile'] as const) {
      const file = auth[key]
      const fault = file === undefined ? undefined : await access(file).catch((error: NodeJS.ErrnoException) => error)
      if (fault)
        warnings.push(`${place}.auth.${key}: ${file}: ${reason(`${fault.code}`)}; mount it, or correct the path`)
    }
    return warnings
  }
  if (auth === 'bearer')
    return [
      ...warnings,
      ...(await credentialWarnings(place, {
        lists: { tokens },
        folder: tokensDir === undefined ? undefined : { key: 'tokensDir', path: tokensDir },
        rules: { noun: 'token' },
        env,
      })),
    ]
  if (!isConfigured(config))
    warnings.push(
      `${place}.secrets: is missing, so every report is answered 401 (on loopback: none is checked); write secrets or secretsDir`,
    )
  const keys = sharedKeys(config).map(({ id, ...key }) => ({ ...key, tenant: id }))
  return [
    ...warnings,
    ...(await credentialWarnings(place, {
      lists: { secrets: secretPlaces(config), 'auth.keys': keys },
      folder: secretsDir === undefined ? undefined : { key: 'secretsDir', path: secretsDir },
      rules: { noun: 'secret', fault: (line) => secretFault(auth, line) },
      env,
    })),
  ]
}

/** What a mapping reads as proof of a recovery, and is none, since an old report could be sent again. */
function replayWarnings(
  place: string,
  { auth, map }: AuthConfig & { readonly map?: Partial<Record<string, string | readonly string[]>> },
): string[] {
  const successes = ['recovered', 'delivered'].filter((type) => (map?.[type]?.length ?? 0) > 0)
  if (!map || successes.length === 0) return []
  const replay = replayProtection(auth)
  const fix =
    replay === 'none'
      ? 'sign id and time: auth.kind hmac with {timestamp}, or standard-webhooks'
      : map['id'] === undefined
        ? 'write map.id'
        : replay === 'id' && map['time'] === undefined
          ? 'write map.time, or sign the time'
          : undefined
  return fix === undefined
    ? []
    : [`${place}.map: ${successes.join(' and ')} may prove nothing, since an old report could be sent again; ${fix}`]
}

interface Credentials {
  readonly lists: Readonly<
    Record<string, readonly { readonly tenant?: string; readonly file?: string; readonly env?: string }[]>
  >
  readonly folder: { readonly key: string; readonly path: string } | undefined
  readonly rules: LineRules
  readonly env: Env
}

async function credentialWarnings(source: string, { lists, folder, rules, env }: Credentials): Promise<string[]> {
  const { noun } = rules
  const warnings: string[] = []
  const known: Token[] = []
  const look = async (place: string, file: string, tenant: string) => {
    const found = await tokensOf(file, tenant, rules)
    if (typeof found === 'string') warnings.push(`${place}: ${file}: ${reason(found)}; write one ${noun} per line`)
    else known.push(...found)
  }
  for (const [key, places] of Object.entries(lists))
    for (const [index, { file, env: variable, tenant = '' }] of places.entries()) {
      const place = `${source}.${key}[${index}]`
      const fixed = variable === undefined ? [] : tokensIn(env[variable] ?? '', tenant, rules)
      if (typeof fixed === 'string') warnings.push(`${place}.env: ${variable}: ${fixed}; write one ${noun} per line`)
      else known.push(...fixed)
      if (file !== undefined) await look(`${place}.file`, file, tenant)
    }
  if (folder !== undefined) {
    const place = `${source}.${folder.key}`
    const names = await readdir(folder.path).catch((error: NodeJS.ErrnoException) => error)
    if (names instanceof Error)
      warnings.push(`${place}: ${folder.path}: ${reason(`${names.code}`)}; mount it, or correct the path`)
    else {
      const files = names.filter((file) => !file.startsWith('.')).sort()
      if (files.length === 0)
        warnings.push(`${place}: ${folder.path} is empty; add one file per tenant, one ${noun} per line`)
      for (const file of files) await look(place, join(folder.path, file), file)
    }
  }
  const shared = sharedTokens(known)
  if (shared.size > 0) warnings.push(`${source}: ${sharedTokenText(shared)}; shared tokens are rejected`)
  return warnings
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
}
/** A system's code in words. */
export const reason = (code: string): string => REASONS[code] ?? code
