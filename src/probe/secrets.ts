import { open } from 'node:fs/promises'

/** Enough for every header and for a bundle of authorities; a mistaken path to something huge is not swallowed. */
const LIMIT = 1_048_576

/**
 * Reads what a probe needs, each time anew, so that a rotated Secret counts from the next probe on.
 * @throws Error whose message names the file or variable, never its content
 */
export function secretReader(env: Readonly<Record<string, string | undefined>>) {
  return async ({ file, env: variable }: { readonly file?: string; readonly env?: string }): Promise<string> => {
    if (file !== undefined) return readBounded(file)
    const text = env[variable ?? '']
    if (text === undefined) throw new Error(`the environment variable ${variable} is not set`)
    return text.trim()
  }
}

async function readBounded(file: string): Promise<string> {
  const chunks: Buffer[] = []
  const handle = await open(file)
  for await (const chunk of handle.createReadStream({ end: LIMIT })) chunks.push(chunk as Buffer)
  const content = Buffer.concat(chunks)
  if (content.length > LIMIT) throw new Error(`${file} is larger than 1 MiB`)
  return content.toString('utf8').trim()
}
