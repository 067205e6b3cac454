import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

describe('openPostgresJournal, on a database whose settings are not the usual ones', () => {
  const base = databases()
  const set = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, value] of Object.entries(settings)) {
      await base.sql(`ALTER DATABASE ${base.name} SET ${name} = '${value}'`)
    }
  }

  for (const level of ['serializable', 'repeatable read']) {
    it(`lets replicas write to the same endpoints at once (${level})`, async function () {
      this.timeout(30_000)
      await set({ default_transaction_isolation: level })
      const events = [new EventLog(), new EventLog(), new EventLog()]
      const replicas = await Promise.all(events.map((each) => base.open({ events: each })))
      const senders = replicas.flatMap((replica) => Array.from({ length: 4 }, () => replica))
      await Promise.all(
        senders.map(async (replica) => {
          for (let count = 0; count < 25; count++) await replica.record(entry({ isTracked: true }))
        }),
      )
      expect(events.flatMap(({ faults }) => faults)).to.deep.equal([])
      const rows = await base.sql(`SELECT incident::json ->> 'failures' AS failures FROM webhook_errors.incidents`)
      expect(rows).to.deep.equal([{ failures: '300' }])
    })
  }

  it('refuses a database that cannot hold every text, and says so', async () => {
    await base.server.query(`CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
    const events = new EventLog()
    await base.open({ events }, base.server.url('latin'))
    expect(events.faults[0]?.detail).to.include('keeps text as LATIN1').and.include(`ENCODING 'UTF8'`)
  })

  it('keeps its own deadlines, and connections that wait for reports', async function () {
    this.timeout(30_000)
    await set({ statement_timeout: '300', lock_timeout: '100', idle_session_timeout: '300' })
    const events = new EventLog()
    const journal = await base.open({ events, tick: 60_000, leaseTerm: 120_000 })
    await journal.record(entry({ isTracked: true }))
    await sleep(700)
    // Someone holds the endpoint's row for longer than the server would wait, and less than this service does.
    const held = base.sql(
      `SET statement_timeout = 0; BEGIN; SELECT 1 FROM webhook_errors.endpoints FOR UPDATE; SELECT pg_sleep(0.5); COMMIT`,
    )
    await sleep(100)
    await journal.record(entry({ isTracked: true }))
    await held
    expect(events.faults).to.deep.equal([])
  })
})
