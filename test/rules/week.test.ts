import { expect } from 'chai'
import { removeTempFolders } from '../support/temp.ts'
import { unitTest } from './promtool.ts'
import { type Labels, labelText } from './series.ts'
import { simulateWeek, TICK, WEEK } from './week.ts'
import { observe } from './world.ts'

const ALERTS = (matchers: string): string => `ALERTS{alertstate="firing", ${matchers}}`
/** A query may take no more than 10,000 samples into memory in promtool: half days. */
const PART = (12 * 60) / TICK
const parts = Array.from({ length: WEEK / PART }, (_, index) => index * PART)
/** At how many evaluations of a part it began to fire. */
const onsets = (vector: string, before: string): string =>
  `count_over_time((${vector} unless ${before})[${PART * TICK - 1}m:${TICK}m])`

describe('a simulated week', function () {
  this.timeout(240_000)
  after(removeTempFolders)

  it('pages once for each opening of an incident, and for nothing else', async function () {
    const { world, known, incidents, reopened, disturbances } = simulateWeek()
    const begins = (endpoint: string, tick: number) => known.get(endpoint)![tick]! && !known.get(endpoint)![tick - 1]
    const openings = (part: number): (readonly [Labels, number])[] =>
      [...known.keys()].map((endpoint) => {
        const ticks = Array.from({ length: PART }, (_, index) => part + index)
        return [{ endpoint }, ticks.filter((tick) => begins(endpoint, tick)).length] as const
      })
    const failing = ALERTS('alertname="WebhookEndpointFailing"')
    // What an incident inhibits is told to nobody.
    const others = (offset: string) =>
      `(${ALERTS('severity="critical", alertname!="WebhookEndpointFailing"')}${offset} unless on (endpoint) ${failing}${offset})`
    const samples = (counts: Iterable<readonly [Labels, number]>) =>
      [...counts].filter(([, value]) => value > 0).map(([labels, value]) => ({ labels: labelText(labels), value }))
    const absent = world.pods.at(-1)!.starts[0]!
    const { code, text } = await unitTest(this, {
      files: ['endpoints.yaml', 'receiver.yaml'],
      series: observe(world),
      step: world.step,
      expect: parts.flatMap((part) => [
        {
          at: `${(part + PART - 1) * TICK}m`,
          promql: `sum by (endpoint) (${onsets(failing, `${failing} offset ${TICK}m`)})`,
          samples: samples(openings(part)),
        },
        {
          at: `${(part + PART - 1) * TICK}m`,
          promql: `sum by (alertname) (${onsets(others(''), others(` offset ${TICK}m`))})`,
          // Twenty minutes without a receiver are to be told.
          samples: samples([[{ alertname: 'WebhookReceiverAbsent' }, absent >= part && absent < part + PART ? 1 : 0]]),
        },
      ]),
    })
    expect(code, text).to.equal(0)
    expect(incidents).to.equal(25)
    const pages = parts.flatMap(openings).reduce((sum, [, count]) => sum + count, 0)
    expect(pages).to.equal(incidents + reopened)
    const troubles = Object.entries(disturbances).map(([kind, count]) => `${count} × ${kind}`)
    console.log(
      `      ${incidents} incidents (${reopened} times opened again), ${world.failures.length} failures, ${troubles.join(', ')}: ` +
        `${pages} pages, 1 an opening; false 0, missed 0; 1 page for the absence`,
    )
  })
})
