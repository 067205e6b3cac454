import { openSync, writeSync } from 'node:fs'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { entry, INCIDENTS, PRINT_FAULTS } from './entries.ts'

/** A process to be killed: records as fast as it can, and appends each id to a file once it is acknowledged. */
const path = process.argv[2]!
const acknowledged = openSync(process.argv[3]!, 'a')
const journal = openSqliteJournal({
  path,
  retention: { age: 86_400_000, size: 2 ** 30 },
  clock: Date.now,
  incidents: INCIDENTS,
  events: PRINT_FAULTS,
})
await journal.open()
const worker = async (): Promise<never> => {
  for (;;) {
    const { id } = await journal.record(entry())
    // Synchronous, so that what was acknowledged is out before the kill.
    writeSync(acknowledged, `${id}\n`)
  }
}
await Promise.all(Array.from({ length: 32 }, worker))
