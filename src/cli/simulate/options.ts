import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { Env } from '../../config/config.ts'
import type { Config, SecretRef } from '../../config/schema.ts'
import { secretReader } from '../../probe/secrets.ts'
import { parseDuration } from '../../units.ts'
import { text } from '../command.ts'
import { UsageError } from '../usage.ts'

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** `--NAME-file` or `--NAME-env`; undefined where neither is given. */
export function refOption(values: Values, name: string): SecretRef | undefined {
  const [file, env] = [values[`${name}-file`], values[`${name}-env`]]
  if (file !== undefined) return { file: String(file) }
  return env === undefined ? undefined : { env: String(env) }
}

/** `--NAME-file` and `--NAME-env`. @param help of both, if they have a line of their own */
export const refOptions = (name: string, help?: string) => ({
  [`${name}-file`]: {
    type: 'string' as const,
    ...(help !== undefined && { help: [`--${name}-file FILE, --${name}-env NAME`, help] as const }),
  },
  [`${name}-env`]: { type: 'string' as const },
})

export const CREDENTIAL_OPTIONS = refOptions(
  'credential',
  'credential of the report, instead of the source’s first one',
)
export const SOURCE_OPTION = text('--source NAME', 'send as this source (default: the first configured one)')
export const CA_OPTION = text('--ca-file FILE', 'authority to trust besides the system’s')

/** @throws UsageError if there is no readable secret */
export async function readRef(ref: SecretRef, env: Env): Promise<string> {
  const secret = await secretReader(env)(ref).catch(() => '')
  if (secret === '') throw new UsageError(`${ref.file ?? ref.env} contains no readable secret`)
  return secret
}

/** The secret that marks reports: the one named, otherwise the configured one. */
export async function markSecret(
  values: Values,
  config: Pick<Config, 'simulation'>,
  env: Env,
): Promise<string | undefined> {
  const ref = refOption(values, 'secret') ?? config.simulation?.secret
  return ref && readRef(ref, env)
}

/** @param what names it in the message. @throws UsageError */
export function httpUrl(what: string, given: string | undefined): URL {
  const url = URL.parse(given ?? '')
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError(`${what} takes an http or https URL`)
  return url
}

/** @throws UsageError */
export function durationOption(values: Values, name: string): number {
  const milliseconds = parseDuration(String(values[name]))
  if (milliseconds === undefined) throw new UsageError(`--${name} takes a duration such as 10s`)
  return milliseconds
}

/** PEM of the authorities to trust: those of Node's own list and of `--ca-file`. @throws UsageError */
export async function caOption(values: Values): Promise<readonly string[] | undefined> {
  const file = values['ca-file']
  if (file === undefined) return undefined
  const own = await readFile(String(file), 'utf8').catch(() => {
    throw new UsageError(`--ca-file: ${String(file)} cannot be read`)
  })
  return [...getCACertificates(), own]
}
