import { loadConfig } from '../config/config.ts'
import { isPostgresUrl, postgresUrlFault } from '../domain/ports/postgres-url.ts'
import { copyRecords } from '../journal/copy.ts'
import { FaultError } from '../journal/core/fault.ts'
import type { RecordStore } from '../journal/core/records.ts'
import { openRecords } from '../journal/open-records.ts'
import { command } from './command.ts'
import { complain } from './complain.ts'
import { onceOnly } from './journal-fault.ts'
import { UsageError } from './usage.ts'

/** Milliseconds between two lines of progress. */
const PROGRESS = 2_000

/** Moves a journal from SQLite to PostgreSQL or back; a second run continues where the first was cut short. */
export const journalCopy = command({
  usage: 'journal copy FROM TO',
  summary: 'copy a journal from sqlite:… to postgres://… or back',
  examples: ['journal copy sqlite:/data/journal.db postgres://reporter@db.example/webhooks'],
  exitCodes:
    '0 both journals hold the same records, 1 the copy failed or they differ, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  allowPositionals: true,
  async run({ positionals }, env) {
    const [from, to, ...more] = positionals
    if (from === undefined || to === undefined || more.length > 0) {
      throw new UsageError('journal copy needs two journals: FROM and TO')
    }
    for (const url of [from, to]) {
      const fault =
        url.startsWith('sqlite:') || isPostgresUrl(url) ? postgresUrlFault(url) : 'write sqlite:PATH or postgres://…'
      if (fault !== undefined) throw new UsageError(`${url === from ? 'FROM' : 'TO'}: ${fault}`)
    }
    if (isPostgresUrl(from) === isPostgresUrl(to)) {
      throw new UsageError(
        'copies between SQLite and PostgreSQL; between two of the same kind use their own tools (VACUUM INTO, pg_dump)',
      )
    }
    const { journal, metrics } = await loadConfig(env)
    const { passwordFile, allowUnsafeDurability: allowUnsafe } = journal
    const options = { passwordFile, allowUnsafe, tenantLabel: metrics.tenantLabel }
    const opened: RecordStore[] = []
    try {
      const source = await openRecords(from, { role: 'from', ...options })
      opened.push(source)
      const target = await openRecords(to, { role: 'to', ...options })
      opened.push(target)
      return await copy(source, target)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      complain(onceOnly(error.fault.detail))
      return 1
    } finally {
      for (const store of opened) await store.close()
    }
  },
})

async function copy(source: RecordStore, target: RecordStore): Promise<number> {
  let reportedAt = performance.now()
  const { done, added, repeated, digests } = await copyRecords(source, target, (progress) => {
    if (performance.now() - reportedAt < PROGRESS) return
    reportedAt = performance.now()
    process.stderr.write(`${progress.done} of ${progress.total} records, ${progress.added} of them new\n`)
  })
  const lines = [
    `${done} records, ${added} copied now${repeated > 0 ? `, ${repeated} skipped: already there under their sender's id` : ''}`,
    `sha256 from ${digests.from}`,
    `sha256 to   ${digests.to}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  if (digests.from === digests.to) return 0
  complain('the journals differ; the target contains other records under the same ids')
  return 1
}
