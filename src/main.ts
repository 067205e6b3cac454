#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// The compile cache saves two thirds of the start-up time and memory. If it cannot be written (a read-only image), nothing
// is lost. Only modules that are imported after this line are cached.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'))

const words = process.argv.slice(2)
// `--config FILE` may stand before the command, too.
let at = 0
while (words[at]?.startsWith('--config')) at += words[at] === '--config' ? 2 : 1
const command = words[at]
const args = words.toSpliced(at, 1)
if (command === 'supervise' && !args.includes('--help') && !args.includes('-h')) {
  // The supervisor must stay small: it loads nothing of the service.
  const { supervise } = await import('./supervisor/supervisor.ts')
  const env = { ...process.env }
  process.env['UV_THREADPOOL_SIZE'] = '1'
  supervise(args, env)
} else {
  // As early as possible: from then on clients wait instead of being refused.
  if (process.env['SUPERVISOR_LISTENERS']) (await import('./inherited-sockets.ts')).queueConnections()
  // Each hanging DNS lookup of a probe occupies a thread of libuv's pool, and writing the log needs one too.
  process.env['UV_THREADPOOL_SIZE'] ??= '16'
  // The kernel ignores signals to PID 1 that have no handler. Nothing needs cleaning up yet.
  const serves = command === undefined || command === 'serve'
  process.on('SIGTERM', () => process.exit(serves ? 0 : 128 + 15))
  process.on('SIGINT', () => process.exit(serves ? 0 : 128 + 2))
  // SIGHUP reloads the service; until it can reload, the signal must not end it.
  if (serves) process.on('SIGHUP', () => {})
  const { run } = await import('./cli/run.ts')
  process.exitCode = await run(words, process.env)
}
