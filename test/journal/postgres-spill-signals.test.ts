import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import pg from 'pg'
import { until } from '../support/temp.ts'
import { entry, signalEntry } from './entries.ts'
import { databasesWithSpill } from './postgres-spills.ts'

describe('openPostgresJournal with a spill', () => {
  const spills = databasesWithSpill()
  const { open, away, back } = spills
  type Opened = Awaited<ReturnType<typeof open>>
  const record = (journal: Opened, ...entries: Parameters<Opened['recordAll']>[0]) =>
    Promise.all(journal.recordAll(entries))
  const enabled = { what: 'enabled', code: null, cause: null } as const

  it('enables an endpoint by a signal that waited there over a restart, and shows none that the database does not know', async () => {
    const journal = await open()
    await record(journal, signalEntry('disabled'))
    await away(journal)
    await record(journal, signalEntry('recovered', enabled), signalEntry('recovered', { endpoint: 'unknown' }))
    await journal.close(2_000)
    const next = await open()
    await back(next)
    const [incident] = (await next.incidents({}, { limit: 5 })).incidents
    expect(incident?.signals).to.deep.include({ total: 2, disabled: [] })
    expect(spills.events.states.map(({ endpoint }) => endpoint)).to.deep.equal(['orders'])
  })
  it('lets a signal wait behind those that wait there, although the database is back', async () => {
    const journal = await open({ commitDeadline: 20_000 })
    await record(journal, signalEntry('failing'))
    await away(journal)
    await record(journal, signalEntry('disabled', { key: 'held up' }))
    const holder = new pg.Client({ connectionString: spills.base.url })
    holder.on('error', () => {})
    await holder.connect()
    await holder.query('BEGIN')
    await holder.query(`INSERT INTO webhook_errors.signals (id, received_at, source, tenant, key, signal)
      VALUES ('${randomUUID()}', 0, 'svix', 'cafe', 'held up', '')`)
    spills.proxy.mode = 'pass'
    await until('the database', () => journal.status().up)
    await record(journal, signalEntry('recovered', enabled), entry({ isTracked: true }))
    // Early warnings need not wait.
    await record(journal, signalEntry('failing', { endpoint: 'payments' }))
    expect((await journal.incidents({ endpoint: 'payments' }, { limit: 5 })).incidents).to.have.length(1)
    await holder.query('ROLLBACK')
    await holder.end()
    await back(journal)
    const [incident] = (await journal.incidents({ endpoint: 'orders' }, { limit: 5 })).incidents
    expect(incident).to.include({ failures: 1 })
    expect(incident?.signals).to.deep.include({ total: 3, disablings: 1, disabled: [] })
  })
})
