import { expect } from 'chai'
import { removeTempFolders } from '../support/temp.ts'
import { FILES, unitTest } from './promtool.ts'
import { type Labels, labelText } from './series.ts'
import { SLOW, simulateWeek, TICK, USUAL, WEEK, type Week } from './week.ts'
import { observe } from './world.ts'

const ALERTS = (matchers: string): string => `ALERTS{alertstate="firing", ${matchers}}`
/** A query may take no more than 10,000 samples into memory in promtool: half days. */
const PART = (12 * 60) / TICK
const parts = Array.from({ length: WEEK / PART }, (_, index) => index * PART)
/** At how many evaluations of a part it began to fire. */
const onsets = (vector: string, before: string): string =>
  `count_over_time((${vector} unless ${before})[${PART * TICK - 1}m:${TICK}m])`

type History = readonly boolean[]
const begins = (history: History, tick: number): boolean => history[tick]! && !history[tick - 1]
const count = (histories: Iterable<History>): number =>
  [...histories].reduce((sum, history) => sum + history.filter((_, tick) => begins(history, tick)).length, 0)

describe('a simulated week', function () {
  this.timeout(240_000)
  after(removeTempFolders)

  /**
   * Holds, half day by half day, that the alert of each endpoint begins exactly when `fires` does, no more and no less, and
   * that nothing else pages but the absence of the receiver.
   * @returns pages of failing endpoints
   */
  async function expectPages(
    context: Mocha.Context,
    { world }: Week,
    fires: ReadonlyMap<string, History>,
  ): Promise<number> {
    const failing = ALERTS('alertname="WebhookEndpointFailing"')
    // What an incident inhibits is told to nobody.
    const others = (offset: string) =>
      `(${ALERTS('severity="critical", alertname!="WebhookEndpointFailing"')}${offset} unless on (endpoint) ${failing}${offset})`
    const samples = (counts: Iterable<readonly [Labels, number]>) =>
      [...counts].filter(([, value]) => value > 0).map(([labels, value]) => ({ labels: labelText(labels), value }))
    const absent = world.pods.at(-1)!.starts[0]!
    const { code, text } = await unitTest(context, {
      files: FILES,
      series: observe(world),
      step: world.step,
      // What makes tickets pages nobody, nor do the windows that only it looks at.
      keep: ({ record = '', labels }) => labels?.['severity'] !== 'warning' && !/_probes:.*(2h|1d|3d)$/.test(record),
      expect: parts.flatMap((part) => [
        {
          at: `${(part + PART - 1) * TICK}m`,
          promql: `sum by (endpoint) (${onsets(failing, `${failing} offset ${TICK}m`)})`,
          samples: samples(
            [...fires].map(([endpoint, history]) => {
              const ticks = Array.from({ length: PART }, (_, index) => part + index)
              return [{ endpoint }, ticks.filter((tick) => begins(history, tick)).length] as const
            }),
          ),
        },
        {
          at: `${(part + PART - 1) * TICK}m`,
          promql: `sum by (alertname) (${onsets(others(''), others(` offset ${TICK}m`))})`,
          // Twenty minutes without a receiver are to be told.
          samples: samples([[{ alertname: 'WebhookReceiverDown' }, absent >= part && absent < part + PART ? 1 : 0]]),
        },
      ]),
    })
    expect(code, text).to.equal(0)
    return count(fires.values())
  }

  it('pages once for each incident, and for nothing else but the absence', async function () {
    const week = simulateWeek(USUAL)
    const { incidents, reopened, known, world, disturbances } = week
    expect({ incidents, reopened }).to.deep.equal({ incidents: 25, reopened: 0 })
    // The alert is to begin with each incident and at no other time: one that is missing or too many fails.
    const pages = await expectPages(this, week, known)
    expect(pages).to.equal(incidents)
    const troubles = Object.entries(disturbances).map(([kind, times]) => `${times} × ${kind}`)
    console.log(
      `      ${incidents} incidents (20 outages, 5 endpoints that flap), ${world.failures.length} failures, ${troubles.join(', ')}: ` +
        `${pages} pages of failing endpoints (${(pages / incidents).toFixed(2)} an incident), false 0, missed 0, and 1 for the absence`,
    )
  })

  it('pages once for an opening where an incident is opened again after it was told resolved', async function () {
    const week = simulateWeek(SLOW)
    const { incidents, reopened, known } = week
    expect(reopened).to.be.above(0)
    /** What closed twice in three hours goes on for half an hour more, so that it is not told resolved once again. */
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
    const openings = count(known.values())
    const pages = await expectPages(this, week, fires)
    // Fewer than openings: a third within three hours joins what is still told.
    expect(pages).to.be.within(incidents + 1, openings - 1)
    console.log(
      `      reopened after it was told resolved: one page an opening: ${incidents} incidents of an endpoint that flaps slowly, ` +
        `opened ${openings} times, ${openings - pages} of them while it still fired, ${pages} after it was told resolved or at first: ${pages} pages`,
    )
  })
})
