import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tempFolder } from './temp.ts'

/** Root, or a user namespace in which this user is root. */
const OPTIONS = [
  ['--net', '--mount'],
  ['--user', '--map-root-user', '--net', '--mount'],
]
let usable: readonly string[] | undefined

/**
 * Runs a script of these tests in a network and mount namespace of its own, where the only network is what the script
 * builds. Skips the test, with a warning, where none can be made.
 * @returns what the script printed, parsed as JSON
 */
export async function runInNamespace<T>(context: Mocha.Context, script: string, ...args: string[]): Promise<T> {
  usable ??= OPTIONS.find((options) => spawnSync('unshare', [...options, 'ip', 'link', 'set', 'lo', 'up']).status === 0)
  if (!usable) {
    console.error(`WARNING: no network namespace can be made here; “${context.runnable().parent!.title}” is SKIPPED`)
    return context.skip()
  }
  const command = [...usable, process.execPath, script, ...args]
  const { stdout } = await promisify(execFile)('unshare', command, { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout)
}

/** In such a namespace: names are resolved by a server on 127.0.0.1, which is asked once per question and has that many seconds to answer. */
export function resolveLocally(seconds = 1): void {
  const resolver = join(tempFolder(), 'resolv.conf')
  writeFileSync(resolver, `nameserver 127.0.0.1\noptions timeout:${seconds} attempts:1\n`)
  const { status, stderr } = spawnSync('mount', ['--bind', resolver, '/etc/resolv.conf'])
  if (status !== 0) throw new Error(`mount: ${stderr}`)
}
