import { appendFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Preloaded by test/module-graph.test.ts: notes each file that this thread loads, with its size, in $MODULE_LIST. */
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) {
      const path = fileURLToPath(url)
      appendFileSync(process.env['MODULE_LIST']!, `${JSON.stringify({ path, bytes: statSync(path).size })}\n`)
    }
    return nextLoad(url, context)
  },
})
