import { join } from 'node:path'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { journalContract } from './contract.ts'

journalContract(
  'openSqliteJournal',
  () => {
    const path = join(tempFolder(), 'data', 'journal.db')
    return { journal: (options) => openSqliteJournal({ path, ...options }), remove: removeTempFolders }
  },
  { totals: true },
)
