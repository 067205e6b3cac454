import { expect } from 'chai'
import { removeTempFolders } from '../support/temp.ts'
import { expectedOnsets, judge, onsetsOf } from './pages.ts'
import { BAD_DAY, SLOW, simulateWeek, TICK } from './week.ts'

type History = readonly boolean[]
const openings = (histories: Iterable<History>): number =>
  [...histories].reduce((sum, history) => sum + history.filter((is, tick) => is && !history[tick - 1]).length, 0)

/** The whole weeks are `npm run simulate:weeks`. */
describe('a simulated day', function () {
  this.timeout(120_000)
  after(removeTempFolders)

  it('pages once per incident, whatever is dead elsewhere and whatever is invented, and once for the absence', async function () {
    const day = simulateWeek(BAD_DAY)
    const { pages, ...faults } = judge(await onsetsOf(this, day), expectedOnsets(day))
    expect(day.incidents).to.equal(5)
    expect(faults).to.deep.equal({ false: 0, missed: 0 })
    expect(Object.fromEntries(pages)).to.deep.equal({
      WebhookEndpointFailing: day.incidents - 1,
      WebhookEndpointDisabled: 1,
      WebhookReceiverDown: 1,
    })
  })

  it('pages once for an opening where an incident is opened again after it was announced as resolved', async function () {
    const day = simulateWeek(SLOW)
    const { incidents, reopened, known } = day
    expect(reopened).to.be.above(0)
    /** What closed twice in three hours goes on for half an hour more, so that it is not announced as resolved once again. */
    const fires = new Map(
      [...known].map(([endpoint, opens]) => {
        const closings = opens.map((is, tick) => !is && opens[tick - 1] === true)
        const within = (list: History, tick: number, minutes: number) =>
          list.slice(Math.max(0, tick - minutes / TICK), tick + 1).filter(Boolean).length
        return [
          endpoint,
          opens.map((is, tick) => is || (within(opens, tick, 30) > 0 && within(closings, tick, 180) > 1)),
        ]
      }),
    )
    const { pages, ...faults } = judge(await onsetsOf(this, day), expectedOnsets(day, fires))
    expect(faults).to.deep.equal({ false: 0, missed: 0 })
    // Fewer than openings: a third within three hours joins what is still announced.
    expect(pages.get('WebhookEndpointFailing')).to.be.within(incidents + 1, openings(known.values()) - 1)
  })
})
