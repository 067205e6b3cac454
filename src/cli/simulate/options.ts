import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { Env } from '../../config/config.ts'
import type { Config, SecretRef } from '../../config/schema.ts'
import { secretReader } from '../../probe/secrets.ts'
import { parseDuration } from '../../units.ts'
import { UsageError } from '../usage.ts'

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** `--NAME-file` or `--NAME-env`; undefined where neither is given. */
export function refOption(values: Values, name: string): SecretRef | undefined {
  const [file, env] = [values[`${name}-file`], values[`${name}-env`]]
  if (file !== undefined) return { file: String(file) }
  return env === undefined ? undefined : { env: String(env) }
}

export const refOptions = (name: string) =>
  ({ [`${name}-file`]: { type: 'string' }, [`${name}-env`]: { type: 'string' } }) as const

/** @throws UsageError if there is no readable secret */
export async function readRef(ref: SecretRef, env: Env): Promise<string> {
  const text = await secretReader(env)(ref).catch(() => '')
  if (text === '') throw new UsageError(`${ref.file ?? ref.env} contains no readable secret`)
  return text
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

/** @throws UsageError */
export function durationOption(values: Values, name: string): number {
  const milliseconds = parseDuration(String(values[name]))
  if (milliseconds === undefined) throw new UsageError(`--${name} takes a duration such as 10s`)
  return milliseconds
}

/** @throws UsageError */
export function portOption(values: Values, name: string): number {
  const text = String(values[name])
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--${name} takes a port from 0 to 65535`)
  return port
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
