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

  it('pages once for an incident, a second time where it flaps slowly, and for nothing else but the absence', async function () {
    const { world, known, incidents, reopened, disturbances } = simulateWeek()
    /** What the alert must do: follow the incident, and what closed twice in three hours for half an hour more. */
    const fires = new Map(
      [...known].map(([endpoint, opens]) => {
        const closings = opens.map((is, tick) => !is && opens[tick - 1] === true)
        const within = (list: readonly boolean[], tick: number, minutes: number) =>
          list.slice(Math.max(0, tick - minutes / TICK), tick + 1).filter(Boolean).length
        return [
          endpoint,
          opens.map((is, tick) => is || (within(opens, tick, 30) > 0 && within(closings, tick, 180) > 1)),
        ]
      }),
    )
    const begins = (endpoint: string, tick: number) => fires.get(endpoint)![tick]! && !fires.get(endpoint)![tick - 1]
    const openings = (part: number): (readonly [Labels, number])[] =>
      [...fires.keys()].map((endpoint) => {
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
      // What makes tickets pages nobody, nor do the windows that only it looks at.
      keep: ({ record = '', labels }) => labels?.['severity'] !== 'warning' && !/_probes:.*(2h|1d|3d)$/.test(record),
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
    // One a piece at least; an endpoint that flaps slowly may have more.
    expect(incidents).to.be.at.least(25)
    const pages = parts.flatMap(openings).reduce((sum, [, count]) => sum + count, 0)
    const flapping = new Set([...known.keys()].filter((endpoint) => endpoint.startsWith('flapping')))
    expect(pages).to.be.within(incidents, incidents + flapping.size)
    const troubles = Object.entries(disturbances).map(([kind, count]) => `${count} × ${kind}`)
    console.log(
      `      ${incidents} incidents (${reopened} times opened again), ${world.failures.length} failures, ${troubles.join(', ')}: ` +
        `${pages} pages of failing endpoints (${(pages / incidents).toFixed(2)} an incident), false 0, missed 0, and 1 for the absence`,
    )
  })
})
