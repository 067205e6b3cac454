import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { PostgresJournal, PostgresJournalOptions } from '../../src/journal/postgres/journal.ts'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

/** Milliseconds after which a connection counts as idle, and more. */
const IDLE = 1_200

describe('openPostgresJournal, when connections are lost while idle', () => {
  const base = databases()
  let proxy: TcpProxy
  let events: EventLog

  const open = (options: Partial<PostgresJournalOptions> = {}): Promise<PostgresJournal> => {
    events = new EventLog()
    return base.open({ events, ...options }, base.through(proxy.port))
  }
  /** Not while one of them is asked what other replicas did: that is a fault, and everything is opened anew. */
  const terminate = async () => {
    const from = `FROM pg_stat_activity WHERE datname = '${base.name}'`
    await until('all of them to be idle', async () => {
      const busy = await base.server.query(
        `SELECT ${from} AND (state <> 'idle' OR state_change > now() - interval '50 ms')`,
      )
      return busy.length === 0
    })
    await base.server.query(`SELECT pg_terminate_backend(pid, 5000) ${from}`)
  }
  const stored = async () => (await base.sql('SELECT id FROM webhook_errors.failures')).map(({ id }) => id as string)

  beforeEach(async () => {
    proxy = await tcpProxy(base.server.port)
  })
  afterEach(async () => {
    await stopServices()
    await proxy.close()
  })

  const ways: readonly (readonly [string, () => unknown])[] = [
    ['the server ended them', () => terminate()],
    ['they were cut with a reset', () => proxy.cut()],
    ['the network dropped them silently', () => proxy.forget('drop')],
    ['the network answers them with a reset', () => proxy.forget('reset')],
  ]
  for (const [way, lose] of ways) {
    it(`stores and reads what comes next after ${way}, and does not go down`, async function () {
      this.timeout(60_000)
      const journal = await open({ tick: 1_500 })
      const first = await journal.record(entry({ isTracked: true }))
      await journal.list({}, { limit: 1 })
      for (const kind of [{}, { isTracked: true }, { key: 'k', isTracked: true }]) {
        await sleep(IDLE)
        await lose()
        const { id, incident } = await journal.record(entry(kind))
        expect(await stored()).to.include(id)
        if ('isTracked' in kind) expect(incident?.state.incident?.id).to.equal(first.id)
        expect((await journal.list({}, { limit: 1 })).failures[0]?.id).to.equal(id)
      }
      await sleep(2_000)
      expect(events.faults).to.deep.equal([])
      expect(journal.status().up).to.equal(true)
    })
  }

  it('repeats a group whose connection broke before COMMIT was sent, and stores it once', async () => {
    const journal = await open()
    await journal.record(entry({ key: 'first' }))
    proxy.watch = (chunk) => {
      if (!chunk.includes('idempotency_keys')) return undefined
      proxy.watch = undefined
      return 'cut-after'
    }
    const answers = await Promise.all(['a', 'b', 'c'].map((key) => journal.record(entry({ key, isTracked: true }))))
    expect((await stored()).toSorted())
      .to.include.members(answers.map(({ id }) => id))
      .and.to.have.length(4)
    expect(events.faults).to.deep.equal([])
    const [incident] = (await journal.incidents({}, { limit: 9 })).incidents
    expect(incident?.failures).to.equal(3)
  })

  it('goes down at once where there is no new connection', async () => {
    const journal = await open({ tick: 60_000 })
    await journal.record(entry())
    proxy.mode = 'refuse'
    proxy.cut()
    expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
    expect(journal.status().fault?.kind).to.equal('unreachable')
    proxy.mode = 'pass'
    await until('the journal to come back', () => journal.status().up)
    expect(await stored()).to.have.length(1)
  })

  it('repeats a read whose connection breaks meanwhile', async () => {
    const journal = await open()
    const { id } = await journal.record(entry())
    await journal.list({}, { limit: 1 })
    proxy.watch = (chunk) => {
      if (!chunk.includes('FROM webhook_errors.failures')) return undefined
      proxy.watch = undefined
      return 'cut'
    }
    expect((await journal.list({}, { limit: 1 })).failures[0]?.id).to.equal(id)
    expect(proxy.watch).to.equal(undefined)
  })

  it('costs no sender of the service a 503', async function () {
    this.timeout(60_000)
    const service = await startService({ config: { journal: { url: base.through(proxy.port) } } })
    const statuses = [(await report(service.ingest, REPORT)).status]
    for (const [, lose] of ways) {
      await sleep(IDLE)
      await lose()
      statuses.push((await report(service.ingest, REPORT)).status)
      statuses.push((await fetch(`${service.admin}/api/v1/failures`)).status)
    }
    expect(statuses).to.deep.equal([202, 202, 200, 202, 200, 202, 200, 202, 200])
    expect(await stored()).to.have.length(5)
    const text = await scrape(service.admin)
    expect(sum(text, 'webhook_delivery_failures_total')).to.equal(5)
    expect(sum(text, 'webhook_exporter_journal_errors_total')).to.equal(0)
  })
})
