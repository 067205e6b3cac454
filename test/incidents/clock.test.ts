import { expect } from 'chai'
import { fakeClock } from '../support/faketime.ts'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

/** With the real process: its wall clock is set while its monotonic clock goes on. */
describe('an incident, with a clock that is wrong', function () {
  this.timeout(60_000)
  afterEach(stopServices)

  for (const [where, seconds] of [
    ['ahead', 3_600],
    ['behind', -3_600],
  ] as const) {
    it(`stays open while it still fails and the clock jumps an hour ${where}, and closes when it is quiet`, async function () {
      const clock = await fakeClock(this)
      const service = await startService({ env: clock.env, config: { incidents: { quietTime: '5s' } } })
      const fail = () => report(service.ingest, { ...REPORT, endpoint: 'https://shop.example/hook' })
      const incidents = async () => (await answer(fetch(`${service.admin}/api/v1/incidents`))).body.incidents
      await fail()
      clock.set(seconds)
      for (let round = 0; round < 8; round++) {
        // Several ticks: one looks at the incident every half second.
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        expect(sum(await scrape(service.admin), 'webhook_incident_open')).to.equal(1)
        await fail()
      }
      const [incident, ...others] = await incidents()
      expect(others).to.deep.equal([])
      expect(incident).to.include({ closedAt: null, reopened: 0, failures: 9 })
      await until('closing', async () => (await incidents())[0].closedAt)
    })
  }
})
