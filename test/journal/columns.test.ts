import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { FAILURE_COLUMNS, POSTGRES_TYPES } from '../../src/journal/core/columns.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { EventLog, INCIDENTS } from './entries.ts'
import { databases } from './postgres-databases.ts'

describe('the columns of a failure', () => {
  const { open, sql } = databases()
  afterEach(removeTempFolders)

  it('are those of the table in SQLite', async () => {
    const path = join(tempFolder(), 'journal.db')
    const journal = openSqliteJournal({
      path,
      events: new EventLog(),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 1e9, size: 1e9 },
    })
    await journal.open()
    await journal.close(5_000)
    const db = new DatabaseSync(path, { readOnly: true })
    const names = db
      .prepare('PRAGMA table_info(failures)')
      .all()
      .map(({ name }) => name)
    db.close()
    expect(names).to.have.members([...FAILURE_COLUMNS, 'idempotency_key', 'digest', 'raw'])
  })

  it('are those of the table in PostgreSQL, with their types', async () => {
    await open()
    const columns = await sql(
      `SELECT column_name, data_type FROM information_schema.columns
       WHERE table_schema = 'webhook_errors' AND table_name = 'failures'`,
    )
    expect(columns.map((row) => `${row['column_name']} ${row['data_type']}`)).to.have.members([
      ...FAILURE_COLUMNS.map((name, index) => `${name} ${POSTGRES_TYPES[index]}`),
      'raw bytea',
    ])
  })
})
