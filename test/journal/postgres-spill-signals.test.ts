import { expect } from 'chai'
import { signalEntry } from './entries.ts'
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
})
