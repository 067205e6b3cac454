import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/** A new folder outside of the repository, which every user may enter; removed when the test (or its suite's hooks) is over. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-error-exporter-test-'))
  folders.add(folder)
  return folder
}

/** Removes all folders handed out so far. */
export function removeTempFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  folders.clear()
}

process.on('exit', removeTempFolders)

/**
 * A TCP port on which nothing listens, for programs that cannot say which one they took, and for refused connections.
 * Prefer port 0. It is below the ranges from which kernels hand out ports themselves, and random: tests run in parallel,
 * and a port that was merely free a moment ago is soon given to another process.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_768)
    if (await isFree(port, host)) return port
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .on('error', () => resolve(false))
      .listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** Asks every `interval` ms until there is an answer other than undefined and false. @throws with the last error after `timeout` ms */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeout = 20_000,
  interval = 25,
): Promise<Exclude<NonNullable<T>, false>> {
  const end = performance.now() + timeout
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<NonNullable<T>, false>
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`gave up waiting for ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, interval))
  }
}
