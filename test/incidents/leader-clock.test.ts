import { expect } from 'chai'
import { databases } from '../journal/postgres-databases.ts'
import { fakeClock } from '../support/faketime.ts'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

describe('replicas, the leader of which has a clock that is an hour ahead', function () {
  this.timeout(90_000)
  const base = databases()
  afterEach(stopServices)

  it('do not close an incident that still fails, and close it when it is quiet', async function () {
    const clock = await fakeClock(this)
    clock.set(3_600)
    const env = { JOURNAL_URL: base.url }
    const config = { incidents: { quietTime: '5s' } }
    const leader = await startService({ config, env: { ...env, ...clock.env } })
    const other = await startService({ config, env })
    const fail = async () => {
      expect((await report(other.ingest, { ...REPORT, endpoint: 'https://shop.example/hook' })).status).to.equal(202)
    }
    const incident = async () => (await answer(fetch(`${other.admin}/api/v1/incidents`))).body.incidents[0]
    await fail()
    await until('the leader to see it', async () => sum(await scrape(leader.admin), 'webhook_incident_open') === 1)
    for (let round = 0; round < 8; round++) {
      await fail()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      for (const { admin } of [leader, other]) {
        expect(sum(await scrape(admin), 'webhook_incident_open')).to.equal(1)
      }
    }
    expect(await incident()).to.include({ closedAt: null, reopened: 0, failures: 9 })
    await until('closing', async () => (await incident()).closedAt)
  })
})
