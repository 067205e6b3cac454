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

/** A TCP port that was free a moment ago, for programs that cannot say which one they took. Prefer port 0. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .on('error', reject)
      .listen(0, host, () => {
        const { port } = server.address() as { port: number }
        server.close(() => resolve(port))
      })
  })
}

/** Asks every 25 ms until there is an answer other than undefined and false. @throws with the last error after `timeout` ms */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeout = 20_000,
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
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
