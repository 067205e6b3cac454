import { UsageError } from './usage.ts'

const LIMIT = 1024 * 1024

/**
 * All of the standard input.
 * @throws UsageError if it is a terminal or larger than 1 MiB
 */
export async function readStdin(): Promise<Buffer> {
  if (process.stdin.isTTY) throw new UsageError('nothing is on the standard input')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    length += chunk.length
    if (length > LIMIT) throw new UsageError('the standard input is larger than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
