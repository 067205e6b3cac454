import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type App, startApp } from '../../src/app/app.ts'
import { parseConfig } from '../../src/config/config.ts'
import { createLog } from '../../src/observe/log.ts'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { until } from '../support/temp.ts'
import { EventLog, entry } from './entries.ts'
import { databases } from './postgres-databases.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('replicas with different clocks', () => {
  const base = databases()
  const apps: App[] = []

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.stop(5_000)))
  })

  /** A replica whose clock is so far ahead. @returns its listeners */
  const start = async (ahead: number, config: object = {}) => {
    const app = await startApp(
      parseConfig({ ingest: { port: 0 }, admin: { port: 0 }, journal: { url: base.url }, ...config }),
      { env: {}, log: await createLog({ level: 'silent', terminal: false }), clock: () => Date.now() + ahead },
    )
    apps.push(app)
    return { ingest: `http://127.0.0.1:${app.ingest.port}`, admin: `http://127.0.0.1:${app.admin.port}` }
  }
  const stored = async () => (await base.sql('SELECT id FROM webhook_errors.failures')).length

  for (const ahead of [31 * DAY, HOUR, -HOUR, -31 * DAY]) {
    it(`remove nothing that others acknowledged while the leader's clock is ${ahead / HOUR} hours ahead`, async () => {
      const right = await base.open()
      const labels = { endpoint: 'before', isTracked: true }
      const { id } = await right.record(entry(labels))
      await right.apply('before', { type: 'resolve', at: Date.now(), id, reason: 'done' })
      await right.receiveCanary('nonce', Date.now())
      await right.close(2_000)

      const events = new EventLog()
      const leader = await base.open({ events, clock: () => Date.now() + ahead, retentionInterval: 20 })
      expect(leader.lease.fence()).not.to.equal(null)
      expect(events.counts()).to.deep.equal({ before: 0 })
      expect(events.states.map(({ endpoint }) => endpoint)).to.deep.equal(['before'])
      const other = await base.open()
      await Promise.all(Array.from({ length: 48 }, () => other.record(entry())))
      await Promise.all(Array.from({ length: 48 }, () => leader.record(entry())))
      await sleep(300)
      expect(await stored()).to.equal(97)
      expect(await base.sql('SELECT 1 FROM webhook_errors.canaries')).to.have.length(1)
      expect(events.removed).to.equal(0)
      // What is too old by the server's clock goes all the same.
      await other.record(entry({ at: Date.now() - 31 * DAY }))
      await until('the old one to go', () => events.removed === 1)
      expect(Math.abs(leader.now() - Date.now())).to.be.lessThan(60_000)
    })
  }

  it('keep what one received whose clock is a month behind', async () => {
    const behind = await start(-31 * DAY)
    for (let count = 0; count < 48; count++) expect((await report(behind.ingest, REPORT)).status).to.equal(202)
    const events = new EventLog()
    await Promise.all(apps.splice(0).map((app) => app.stop(5_000)))
    const leader = await base.open({ events, retentionInterval: 20 })
    await until('the lease', () => leader.lease.fence() !== null)
    await sleep(300)
    expect(events.removed).to.equal(0)
    expect(await stored()).to.equal(48)
    const [{ oldest }] = await base.sql('SELECT min(received_at)::float8 AS oldest FROM webhook_errors.failures')
    expect(oldest).to.be.within(Date.now() - 600_000, Date.now() + 600_000)
  })

  for (const ahead of [HOUR, -HOUR]) {
    it(`do not close an incident that still fails, nor keep it open, while the leader's clock is ${ahead / HOUR} h ahead`, async function () {
      this.timeout(60_000)
      const config = { incidents: { quietTime: '2s' } }
      const leader = await start(ahead, config)
      const other = await start(0, config)
      const send = async () => expect((await report(other.ingest, REPORT)).status).to.equal(202)
      const open = async () =>
        Promise.all([leader, other].map(async ({ admin }) => sum(await scrape(admin), 'webhook_incident_open')))
      // The leader takes notice of the other replica's changes every five seconds.
      await until('both to show it', async () => {
        await send()
        return (await open()).every((value) => value === 1)
      })
      const seen: number[] = []
      for (const end = performance.now() + 7_000; performance.now() < end; ) {
        await send()
        seen.push(...(await open()))
        await sleep(150)
      }
      expect(new Set(seen)).to.deep.equal(new Set([1]))
      await until('both to see it closed', async () => (await open()).every((value) => value === 0))
      const incidents = await base.sql('SELECT incident FROM webhook_errors.incidents')
      expect(incidents.map(({ incident }) => JSON.parse(incident).reopened)).to.deep.equal([0])
    })
  }
})
