import { readBounded } from '../bounded-file.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { MIN_SECRET_LENGTH, tooShort } from '../domain/text/secret-length.ts'

/** Enough for every header and for a bundle of authorities; a mistaken path to something huge is not swallowed. */
const LIMIT = 1_048_576

/**
 * Reads what a probe needs, each time again, so that a rotated Secret counts from the next probe on.
 * @throws Error that names the file or variable, never its content
 */
export function secretReader(env: Readonly<Record<string, string | undefined>>) {
  return async ({ file, env: variable }: { readonly file?: string; readonly env?: string }): Promise<string> => {
    if (file !== undefined) return readSecretFile(file)
    const text = env[variable ?? '']
    if (text === undefined) throw new Error(`the environment variable ${variable} is not set`)
    return text.trim()
  }
}

export interface LongSecretOptions {
  /** The key in the configuration, for the log. */
  readonly owner: string
  readonly read: () => Promise<string>
  readonly log: Pick<Log, 'warn'>
  /** Characters; by default those of secrets that operators choose themselves. */
  readonly least?: number
}

/**
 * A secret that is read again each time and must have a minimum length. One that becomes unreadable or too short is
 * rejected, with one log line, and the last good one stays in use.
 * @returns rejects where there has been no good one yet
 */
export function longSecret({ owner, read, log, least = MIN_SECRET_LENGTH }: LongSecretOptions): () => Promise<string> {
  let lastGood: string | undefined
  let logged: string | undefined
  return async () => {
    try {
      const text = await read()
      if (text.length < least) throw new Error(tooShort('the secret', text.length, least))
      logged = undefined
      lastGood = text
    } catch (error) {
      const { message } = error as Error
      if (message !== logged) {
        const kept = lastGood === undefined ? '' : '; the previous secret stays in use'
        log.warn({ owner }, `${owner}: rejected: ${message}${kept}`)
      }
      logged = message
      if (lastGood === undefined) throw error
    }
    return lastGood
  }
}

async function readSecretFile(file: string): Promise<string> {
  const content = await readBounded(file, LIMIT)
  if (content === undefined) throw new Error(`${file} is larger than 1 MiB`)
  return content.toString('utf8').trim()
}
