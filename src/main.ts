#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Name look-ups of probes may hang in a thread of libuv's pool each; writing the log needs one too.
process.env['UV_THREADPOOL_SIZE'] ??= '16'
// Compiled once, kept beside the dependencies: a third of the start-up time and memory. Where it cannot be written
// (a read-only image) nothing is lost. What is to be cached must be imported after this line.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'))
const { run } = await import('./cli/run.ts')

process.exitCode = await run(process.argv.slice(2), process.env)
