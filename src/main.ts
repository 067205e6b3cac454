#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

// Compiled once, kept beside the dependencies: a third of the start-up time and memory. Where it cannot be written
// (a read-only image) nothing is lost. What is to be cached must be imported after this line.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'))

const [command, ...args] = process.argv.slice(2)
if (command === 'supervise' && !args.includes('--help') && !args.includes('-h')) {
  // The parent of the sidecar form stays as small as it can: of the service it loads nothing.
  const { supervise } = await import('./supervisor/supervisor.ts')
  const env = { ...process.env }
  process.env['UV_THREADPOOL_SIZE'] = '1'
  supervise(args, env)
} else {
  // Name look-ups of probes may hang in a thread of libuv's pool each; writing the log needs one too.
  process.env['UV_THREADPOOL_SIZE'] ??= '16'
  // By default V8 lets garbage grow to several times what is in use before it collects it: 100 readers during a storm of
  // reports then take 400 MiB and more instead of 250. Storms of short reports take no more CPU time for it.
  setFlagsFromString('--heap-growing-percent=20')
  // What the heap has freed goes back to the system at once.
  setFlagsFromString('--no-memory-pool')
  // As the first process of a container it would be deaf to a signal that nobody listens to. Nothing is held yet.
  const serves = /^(serve|--config.*)?$/.test(command ?? '')
  process.on('SIGTERM', () => process.exit(serves ? 0 : 128 + 15))
  process.on('SIGINT', () => process.exit(serves ? 0 : 128 + 2))
  // The service reloads at this signal; until it can, it must not end at it.
  if (serves) process.on('SIGHUP', () => {})
  const { run } = await import('./cli/run.ts')
  process.exitCode = await run(process.argv.slice(2), process.env)
}
