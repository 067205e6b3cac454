#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

// The compile cache saves two thirds of the start-up time and memory. If it cannot be written (a read-only image), nothing
// is lost. Only modules that are imported after this line are cached.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'))

const [command, ...args] = process.argv.slice(2)
if (command === 'supervise' && !args.includes('--help') && !args.includes('-h')) {
  // The supervisor must stay small: it loads nothing of the service.
  const { supervise } = await import('./supervisor/supervisor.ts')
  const env = { ...process.env }
  process.env['UV_THREADPOOL_SIZE'] = '1'
  supervise(args, env)
} else {
  // Each hanging DNS lookup of a probe occupies a thread of libuv's pool, and writing the log needs one too.
  process.env['UV_THREADPOOL_SIZE'] ??= '16'
  // By default V8 lets garbage grow to several times what is in use: 100 readers during a storm of reports then took
  // 400 MiB and more instead of 210. At 20 % a fifth of the reports' rate was lost to collections; at 50 % none is.
  setFlagsFromString('--heap-growing-percent=50')
  // What the heap has freed goes back to the system at once. `npm start` has both on the command line: the compile cache is kept by
  // flags, and with one set here the threads have another cache than this one, which only a first start is the slower for.
  setFlagsFromString('--no-memory-pool')
  // The kernel ignores signals to PID 1 that have no handler. Nothing needs cleaning up yet.
  const serves = /^(serve|--config.*)?$/.test(command ?? '')
  process.on('SIGTERM', () => process.exit(serves ? 0 : 128 + 15))
  process.on('SIGINT', () => process.exit(serves ? 0 : 128 + 2))
  // SIGHUP reloads the service; until it can reload, the signal must not end it.
  if (serves) process.on('SIGHUP', () => {})
  const { run } = await import('./cli/run.ts')
  process.exitCode = await run(process.argv.slice(2), process.env)
}
