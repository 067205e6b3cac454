import { constants, open } from 'node:fs/promises'

/** For files that are polled: a pipe in the file's place would block forever. */
export const NON_BLOCKING = constants.O_RDONLY | constants.O_NONBLOCK

const CHUNK = 65_536

/**
 * Reads a file up to a limit: a mistaken path to something huge or endless must not fill the memory.
 * @param limit bytes
 * @returns undefined if the file is larger
 * @throws what `open` and `read` throw (`code` says why: ENOENT, EACCES, EISDIR …)
 */
export async function readBounded(
  file: string,
  limit: number,
  flags: string | number = 'r',
): Promise<Buffer | undefined> {
  const handle = await open(file, flags)
  const chunks: Buffer[] = []
  try {
    for (let left = limit + 1; left > 0; ) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(Math.min(left, CHUNK)))
      if (bytesRead === 0) return Buffer.concat(chunks)
      chunks.push(buffer.subarray(0, bytesRead))
      left -= bytesRead
    }
    return undefined
  } finally {
    // The file may contain secrets, and freed memory keeps them until it is used again.
    for (const chunk of chunks) chunk.fill(0)
    await handle.close()
  }
}
