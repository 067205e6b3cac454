import { expect } from 'chai'
import { removeTempFolders } from '../support/temp.ts'
import { FILES, unitTest } from './promtool.ts'
import { JOB, type Labels, labelText, NAMESPACE, STEP, seconds } from './series.ts'
import { observe, type Pod, type Scrape, type World } from './world.ts'

const at = (text: string): number => seconds(text) / STEP
const END = '75m'
const always = (): Scrape => 'up'
const within = (tick: number, from: string, to: string): boolean => tick >= at(from) && tick < at(to)
/** Not up within an interval, but this. */
const except =
  (from: string, to: string, what: Scrape) =>
  (tick: number): Scrape =>
    within(tick, from, to) ? what : 'up'

const pod = (index: number, scrape: Pod['scrape'] = always, starts = [-240]): Pod => ({
  pod: `w-${index}`,
  instance: `10.0.0.${index + 1}:9464`,
  starts: starts.map((start) => start),
  scrape,
})
/** One pod with one process until `gone`, another one from `back` on. */
const replaced = (gone: string, back: string): Pod[] => [
  pod(0, (tick) => (tick < at(gone) ? 'up' : 'gone')),
  { ...pod(1, (tick) => (tick >= at(back) ? 'up' : 'gone'), [at(back)]), pod: 'w-0' },
]

interface Direction {
  readonly what: string
  readonly world: Pick<World, 'pods'> & Partial<World>
  /** Alerts about the receiver that are right. */
  readonly right?: readonly string[]
}

const DIRECTIONS: readonly Direction[] = [
  { what: 'a restart in place', world: { pods: [pod(0, except('30m', '30m30s', 'down'), [-240, at('30m30s')])] } },
  { what: 'the replacement of the pod with restored counters', world: { pods: replaced('30m', '31m') } },
  {
    what: 'a rolling restart of two replicas behind one Service',
    world: {
      counting: 'own',
      pods: [
        pod(0, except('30m', '31m', 'gone'), [-240, at('31m')]),
        pod(1, except('32m', '33m', 'gone'), [-240, at('33m')]),
      ],
    },
  },
  { what: 'a gap in scraping', world: { pods: [pod(0, except('30m', '36m', 'gap'))] } },
  { what: 'a restart of Prometheus', world: { pods: [pod(0, except('30m', '31m30s', 'gap'))] } },
  {
    what: 'twenty minutes without the exporter',
    world: { pods: replaced('30m', '50m') },
    right: ['WebhookReceiverDown'],
  },
  {
    what: 'twenty minutes of a target that does not answer',
    world: { pods: [pod(0, except('30m', '50m', 'down'), [-240, at('50m')])] },
    right: ['WebhookReceiverDown'],
  },
  { what: 'two replicas', world: { counting: 'own', pods: [pod(0), pod(1)] } },
  { what: 'counters that are set back', world: { pods: [pod(0)], lostAt: at('30m') } },
  { what: 'a scrape that failed once', world: { pods: [pod(0, except('30m', '30m15s', 'down'))] } },
  {
    what: 'an endpoint’s series that go away',
    world: { pods: [pod(0), pod(1, (tick) => (tick < at('30m') ? 'up' : 'gone'))] },
  },
  {
    what: 'a clock of the exporter that is set back an hour',
    world: { pods: [pod(0)], clock: (tick) => (tick >= at('30m') ? -3_600 : 0) },
  },
  {
    what: 'a clock of the exporter that is set forth an hour, and back',
    world: { pods: [pod(0)], clock: (tick) => (within(tick, '30m', '50m') ? 3_600 : 0) },
  },
]

describe('no alert', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  const opened = at('10m')
  const closed = at('65m')
  // Of long ago, counted by processes before: enough for every alert that looks at failures.
  const old = Array.from({ length: 60 }, (_, index) => -100 - index)
  const failures = [
    ...old.map((tick) => ({ tick, endpoint: 'orders' })),
    ...old.map((tick) => ({ tick, endpoint: 'invalid' })),
    { tick: opened, endpoint: 'orders' },
  ]
  const own = { namespace: NAMESPACE, job: JOB, endpoint: 'orders', team: 'sales', severity: 'critical' }
  const end = `${seconds(END) - STEP}s`

  for (const { what, world, right = [] } of DIRECTIONS) {
    it(`comes of ${what}${right.length > 0 ? ', but of the receiver itself' : ''}, and none that is right ends or is doubled`, async function () {
      const { code, text } = await unitTest(this, {
        files: FILES,
        series: observe({
          ticks: at(END),
          step: STEP,
          counting: 'restored',
          endpoints: [
            { name: 'orders', team: 'sales', severity: 'critical' },
            { name: 'menu', team: 'kitchen', severity: 'warning' },
          ],
          open: (endpoint, tick) => endpoint === 'orders' && tick >= opened && tick < closed,
          failures,
          ...world,
        }),
        expect: [
          {
            at: end,
            promql: 'count by (alertname, endpoint) (count_over_time(ALERTS{alertstate="firing"}[1d]))',
            samples: [
              ...right.map((alertname): Labels => ({ alertname })),
              { alertname: 'WebhookEndpointFailing', endpoint: 'orders' },
            ].map((labels) => ({ labels: labelText(labels), value: 1 })),
          },
          {
            // At every evaluation, under one set of labels.
            at: end,
            promql: 'count_over_time(ALERTS{alertname="WebhookEndpointFailing", alertstate="firing"}[1d])',
            samples: [
              {
                labels: labelText({ alertname: 'WebhookEndpointFailing', alertstate: 'firing', ...own }),
                // Held for one more evaluation, which says how it ended.
                value: closed - opened + 1,
              },
            ],
          },
        ],
      })
      expect(code, text).to.equal(0)
    })
  }
})
