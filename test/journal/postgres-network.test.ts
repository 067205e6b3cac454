import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { PostgresJournal, PostgresJournalOptions } from '../../src/journal/postgres/journal.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'
import { Load } from './postgres-load.ts'

describe('openPostgresJournal, when the network fails', () => {
  const base = databases()
  let proxy: TcpProxy
  let events: EventLog

  const open = (options: Partial<PostgresJournalOptions> = {}): Promise<PostgresJournal> => {
    events = new EventLog()
    return base.open({ events, ...options }, base.through(proxy.port))
  }
  const rows = (condition = 'true') => base.sql(`SELECT * FROM webhook_errors.failures WHERE ${condition}`)

  beforeEach(async () => {
    proxy = await tcpProxy(base.server.port)
  })
  afterEach(() => proxy.close())

  // By its name: the server has its text since the group before.
  for (const [when, verdict, stored, isTracked, statement] of [
    ['before the server had the commit', 'cut', 0, false, 'insert_failures'],
    ['after the server had the commit', 'cut-after', 1, false, 'insert_failures'],
    ['before the server had the commit of an incident too', 'cut', 0, true, 'write_all'],
    ['after the server had the commit of an incident too', 'cut-after', 1, true, 'write_all'],
  ] as const) {
    it(`acknowledges nothing when the connection breaks ${when}, and counts what is stored`, async () => {
      const journal = await open()
      for (let count = 0; count < 2; count++) await journal.record(entry({ isTracked }))
      proxy.watch = (chunk) => {
        if (!chunk.includes(statement)) return undefined
        proxy.watch = undefined
        return verdict
      }
      expect(await codeOf(journal.record(entry({ message: 'unknown', isTracked })))).to.equal('journal_unavailable')
      await until('the journal to come back', () => journal.status().up)
      expect(await rows(`message = 'unknown'`)).to.have.length(stored)
      expect(events.counts()).to.deep.equal({ orders: 2 + stored })
      const incidents = await base.sql(`SELECT incident::json ->> 'failures' AS failures FROM webhook_errors.incidents`)
      expect(incidents).to.deep.equal(isTracked ? [{ failures: `${2 + stored}` }] : [])
    })
  }

  it('records a report with an id once, however often COMMIT breaks', async function () {
    this.timeout(60_000)
    const journal = await open()
    let commits = 0
    proxy.watch = (chunk) => {
      if (!chunk.includes('COMMIT')) return undefined
      commits++
      return commits > 12 ? undefined : commits % 2 === 0 ? 'cut' : 'cut-after'
    }
    const send = async (key: string): Promise<string> => {
      for (;;) {
        try {
          return (await journal.record(entry({ key, message: key }))).id
        } catch {
          await sleep(20)
        }
      }
    }
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => send(`key ${index}`)))
    expect(commits).to.be.greaterThan(12)
    const stored = await rows()
    expect(stored.map(({ id }) => id).toSorted()).to.deep.equal(ids.toSorted())
  })

  it('fails what waits at the deadline when packets are dropped, and goes on by new connections', async () => {
    const journal = await open({ commitDeadline: 300 })
    await journal.record(entry())
    proxy.mode = 'freeze'
    expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    expect(journal.status().fault?.kind).to.equal('unreachable')
    proxy.mode = 'pass'
    await until('the journal to come back', () => journal.status().up)
    expect(await codeOf(journal.record(entry()))).to.equal('none')
  })

  it('notices a network that drops packets while no report comes', async function () {
    this.timeout(60_000)
    const journal = await open()
    proxy.mode = 'freeze'
    await until('the journal to notice', () => !journal.status().up)
    expect(journal.status().fault?.detail).to.include('does not answer')
    proxy.mode = 'pass'
    await until('the journal to come back', () => journal.status().up)
  })

  it('answers within its deadline while the network is slow, and stores all', async () => {
    const journal = await open()
    proxy.delay = 60
    const answers = await Promise.all(Array.from({ length: 50 }, () => codeOf(journal.record(entry()))))
    expect(new Set(answers)).to.deep.equal(new Set(['none']))
    expect(await rows()).to.have.length(50)
  })

  it('holds a bounded number of reports while the server does not answer', async () => {
    const journal = await open({ pendingLimit: 30, groupLimit: 10, commitDeadline: 500 })
    proxy.mode = 'freeze'
    const codes = await Promise.all(Array.from({ length: 200 }, () => codeOf(journal.record(entry()))))
    expect(codes.filter((code) => code === 'journal_full')).to.have.length(170)
    expect(codes.filter((code) => code === 'journal_unavailable')).to.have.length(30)
  })

  it('waits longer and longer between attempts to connect', async () => {
    const journal = await open({ retry: { min: 20, max: 10_000 } })
    proxy.mode = 'refuse'
    proxy.cut()
    await until('the journal to notice', () => !journal.status().up)
    const before = proxy.taken()
    await sleep(1_500)
    expect(proxy.taken() - before).to.be.within(3, 9)
  })

  it('loses nothing and doubles no id while connections break under load', async function () {
    this.timeout(60_000)
    const journal = await open()
    const load = new Load().start([journal])
    for (let round = 0; round < 10; round++) {
      const before = load.acknowledged.size
      await until('acknowledgements', () => load.acknowledged.size > before + 30)
      proxy.cut()
    }
    await load.recovery()
    await load.stop()
    const outcome = await load.outcome(base.server, base.url)
    console.log(
      `      connections cut: 10 runs, ${outcome.acknowledged} acknowledged, ${outcome.found} found, ${outcome.lost} lost, ${outcome.doubled} doubled`,
    )
    expect(outcome).to.include({ lost: 0, doubled: 0, miscounted: 0 })
  })
})
