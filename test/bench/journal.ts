import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { entry, INCIDENTS, PRINT_FAULTS } from '../journal/entries.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

/** Entries a second that become durable, by how many callers wait at once: what the group commit is for. */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' } } })
const seconds = Number(values.seconds)

for (const callers of [1, 64, 512]) {
  const journal = openSqliteJournal({
    path: join(tempFolder(), 'journal.db'),
    retention: { age: 86_400_000, size: 2 ** 34 },
    clock: Date.now,
    incidents: INCIDENTS,
    events: PRINT_FAULTS,
  })
  await journal.open()
  const raw = Buffer.alloc(300, 'x')
  const times: number[] = []
  const end = performance.now() + seconds * 1_000
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const begun = performance.now()
      await journal.record(entry({ raw, isTracked: true }))
      times.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(2)
  console.log(
    `${callers} callers: ${Math.round(times.length / seconds)} entries a second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  )
  await journal.close(10_000)
}
removeTempFolders()
