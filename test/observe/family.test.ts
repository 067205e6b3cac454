import { expect } from 'chai'
import { Counter, Gauge, Histogram, type MetricObject, openMetricsContentType, Registry, Summary } from 'prom-client'
import { exposition } from '../../src/observe/exposition.ts'

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0'
const HOSTILE = ['plain', 'a "quoted"\n\\ 😀', '', '\\', '{le="1"}', 'ж,name:x|']
/** The typings allow no label of an exemplar that is none of the metric. */
const EXEMPLAR = { trace_id: '0af7651916cd43dd8448eb211c80319c' } as object

type Readable = MetricObject & { get(): Promise<object>; getForPromString?(): Promise<object> }

/** The library's own rendering. It takes `_total` from counters' names for good, so that it gets views of them. */
async function libraryText(registry: Registry, isOpenMetrics: boolean): Promise<string> {
  if (!isOpenMetrics) return registry.metrics()
  const views = new Registry(openMetricsContentType)
  for (const metric of registry.getMetricsAsArray() as Readable[]) {
    const name = String(metric.type) === 'counter' ? metric.name.replace(/_total$/, '') : metric.name
    const get = async () => ({ ...(await (metric.getForPromString?.() ?? metric.get())), name })
    views.registerMetric({ ...metric, name, get, getForPromString: get } as never)
  }
  return views.metrics()
}

/** Numbers below `bound`; the same on each run. */
function randomNumbers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state % bound
  }
}

function allKinds(registry: Registry) {
  const registers = [registry]
  const failures = new Counter({
    name: 'failures_total',
    help: 'A "help"\nwith \\.',
    labelNames: ['a', 'b'],
    enableExemplars: true,
    registers: [],
  })
  registry.registerMetric(failures)
  const seconds = new Histogram({
    name: 'seconds',
    help: 'h',
    labelNames: ['a'],
    buckets: [0.1, 1],
    enableExemplars: true,
    registers: [],
  })
  registry.registerMetric(seconds)
  return {
    failures,
    seconds,
    unlabelled: new Counter({ name: 'unlabelled_total', help: 'h', registers }),
    oddlyNamed: new Counter({ name: 'oddly_named', help: 'h', labelNames: ['a'], registers }),
    gauge: new Gauge({ name: 'gauge', help: 'h', labelNames: ['a', 'b'], registers }),
    empty: new Gauge({ name: 'empty', help: 'h', labelNames: ['a'], registers }),
    sizes: new Histogram({ name: 'sizes', help: 'h', registers }),
    summary: new Summary({ name: 'summary', help: 'h', labelNames: ['a'], percentiles: [0.5, 0.9], registers }),
  }
}

describe('exposition', () => {
  for (const isOpenMetrics of [false, true])
    it(`gives the library's bytes as ${isOpenMetrics ? 'OpenMetrics' : 'text'}, whatever changed since the last scrape`, async () => {
      const registry = new Registry()
      const { failures, seconds, unlabelled, oddlyNamed, gauge, sizes, summary } = allKinds(registry)
      const render = exposition(registry)
      const random = randomNumbers(7)
      const a = () => HOSTILE[random(HOSTILE.length)]!
      const steps = [
        () => failures.inc({ labels: { a: a(), b: 'x' }, value: random(5) }),
        () => failures.inc({ labels: { a: a(), b: 'x' }, exemplarLabels: EXEMPLAR }),
        () => failures.remove({ a: a(), b: 'x' }),
        () => failures.reset(),
        () => unlabelled.inc(0.1),
        () => oddlyNamed.inc({ a: a() }),
        () => gauge.set({ a: a(), b: a() }, [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e21, 1.5e-7][random(5)]!),
        () => gauge.set({ b: a(), a: a() }, Number.NEGATIVE_INFINITY),
        () => gauge.remove({ a: a(), b: a() }),
        () => gauge.reset(),
        () => seconds.observe({ labels: { a: a() }, value: random(3), exemplarLabels: EXEMPLAR }),
        () => seconds.remove({ a: a() }),
        () => sizes.observe(random(9)),
        () => summary.observe({ a: a() }, random(9)),
        () => summary.reset(),
      ]
      for (let scrape = 0; scrape < 200; scrape++) {
        for (let change = random(6); change > 0; change--) steps[random(steps.length)]!()
        const { body } = await render(isOpenMetrics ? OPENMETRICS : undefined)
        expect(body).to.equal(await libraryText(registry, isOpenMetrics))
      }
    })

  it('takes turns between the formats, and follows what is registered and removed', async () => {
    const registry = new Registry()
    const { failures } = allKinds(registry)
    const render = exposition(registry)
    const check = async () => {
      for (const accept of [undefined, OPENMETRICS])
        expect((await render(accept)).body).to.equal(await libraryText(registry, accept !== undefined))
    }
    failures.inc({ labels: { a: '1', b: '2' } })
    await check()
    registry.removeSingleMetric('gauge')
    new Gauge({ name: 'later', help: 'h', registers: [registry] }).set(1)
    await check()
  })

  it('lets the event loop turn, and shows a metric as it was at one moment', async () => {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'gauge', help: 'h', labelNames: ['n'], registers: [registry] })
    const labels = Array.from({ length: 20_000 }, (_, n) => ({ n: String(n) }))
    let turns = 0
    const change = () => {
      for (const each of labels) gauge.set(each, turns)
      turns++
    }
    change()
    const render = exposition(registry)
    let isDone = false
    const storm = () => {
      change()
      if (!isDone) setImmediate(storm)
    }
    setImmediate(storm)
    const scrapes = await Promise.all([1, 2, 3].map(async () => ({ body: (await render(undefined)).body, turns })))
    isDone = true
    for (const { body } of scrapes) {
      const values = new Set(body.match(/(?<=\} ).*/g))
      expect(values.size).to.equal(1)
      expect(body.match(/\}/g)).to.have.length(20_000)
    }
    // One after the other, each with turns of the event loop within.
    expect(scrapes[0]!.turns).to.be.greaterThan(2)
    expect(scrapes[1]!.turns).to.be.at.least(scrapes[0]!.turns)
    expect(scrapes[2]!.turns).to.be.at.least(scrapes[1]!.turns)
  })

  it('fails a scrape that a metric cannot be read for, and no other', async () => {
    const registry = new Registry()
    let isBroken = true
    new Gauge({
      name: 'gauge',
      help: 'h',
      registers: [registry],
      async collect() {
        if (isBroken) throw new Error('broken')
        this.set(1)
      },
    })
    const render = exposition(registry)
    const [first, second] = await Promise.allSettled([render(undefined), render(OPENMETRICS)])
    expect([first?.status, second?.status]).to.eql(['rejected', 'rejected'])
    isBroken = false
    expect((await render(undefined)).body).to.contain('gauge 1\n')
  })
})
