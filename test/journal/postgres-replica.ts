import { writeSync } from 'node:fs'
import { entry } from './entries.ts'
import { quickJournal } from './postgres-load.ts'

/** A replica in its own process, to be killed: records without a pause, does retention, and tells of both by lines. */
const url = process.argv[2]!
// Synchronous, so that what was acknowledged is out before the kill.
const tell = (line: string) => writeSync(1, `${line}\n`)
const journal = quickJournal(url, {
  retention: { age: 86_400_000, size: 2 ** 40 },
  retentionInterval: 100,
  retentionBatch: 50,
  events: {
    onOpened: () => {},
    onSnapshot: () => {},
    onFault: (kind, detail) => tell(`failed ${kind} ${detail}`),
    onCommitted: () => {},
    onExpired: (failures) => tell(`expired ${failures}`),
  },
})
await journal.open()
tell('open')
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (;;) {
      try {
        tell(`stored ${(await journal.record(entry())).id}`)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }),
)
