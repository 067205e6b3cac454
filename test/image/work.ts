import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
/** Everything that the test of the image makes is below it. */
export const WORK = join(ROOT, '.cache/image')

export function folder(name: string): string {
  mkdirSync(join(WORK, name), { recursive: true })
  return join(WORK, name)
}

export function file(name: string, text: string): string {
  writeFileSync(join(WORK, name), text, { mode: 0o644 })
  return join(WORK, name)
}

/** Removes all of it. The storage keeps mounts of its own. */
export function clean(): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter((it) => it.startsWith(`${WORK}/`)).reverse()) execFileSync('umount', ['-l', mount])
  rmSync(WORK, { recursive: true, force: true, maxRetries: 3 })
}
