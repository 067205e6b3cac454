import { appendFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Preloaded by test/module-graph.test.ts: notes each file that this thread loads, with its size, in $MODULE_LIST, and at the end
 * the bundled libraries of Node itself.
 */
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) {
      const path = fileURLToPath(url)
      appendFileSync(process.env['MODULE_LIST']!, `${JSON.stringify({ path, bytes: statSync(path).size })}\n`)
    }
    return nextLoad(url, context)
  },
})

process.on('exit', () => {
  // Not in the types: the modules of Node that were loaded.
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] }
  for (const name of moduleLoadList)
    if (/^NativeModule (?:internal\/deps\/|http2$)/.test(name))
      appendFileSync(process.env['MODULE_LIST']!, `${JSON.stringify({ path: name, bytes: 0 })}\n`)
})
