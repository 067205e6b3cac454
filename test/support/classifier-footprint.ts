// Prints what loading the classifier and reading one message cost this process, as JSON. Resident bytes are those that no
// other process shares, after a garbage collection.
import { readFileSync } from 'node:fs'
import '../../src/domain/cause/cause.ts'
import '../../src/version.ts'

function resident(): number {
  globalThis.gc?.()
  const text = readFileSync('/proc/self/status', 'utf8')
  return Number(/^RssAnon:\s+(\d+)/m.exec(text)?.[1]) / 1_024
}

resident()
const before = resident()
const start = performance.now()
const { classify } = await import('../../src/domain/classify/classify.ts')
const loaded = performance.now()
const afterImport = resident()
const first = performance.now()
classify({ code: 0, message: 'connect ECONNREFUSED 203.0.113.7:443' })
const read = performance.now()
console.log(
  JSON.stringify({
    importMs: loaded - start,
    firstMs: read - first,
    importMiB: afterImport - before,
    allMiB: resident() - before,
  }),
)
