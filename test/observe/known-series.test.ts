import { expect } from 'chai'
import { Histogram, observeIn, Registry } from '../../src/observe/client.ts'

const BUCKETS = [0.001, 0.25, 1, 1.5, 60]

function histogram() {
  const registry = new Registry()
  const made = new Histogram({ name: 'seconds', help: 'x', labelNames: ['a'], buckets: BUCKETS, registers: [registry] })
  made.zero({ a: 'b' })
  return { registry, made, series: made.store.entry({ a: 'b' })! }
}

describe('observeIn()', () => {
  it('leaves what the client itself would have left, also at the bounds and above them', async () => {
    const [theirs, ours] = [histogram(), histogram()]
    const observe = observeIn(BUCKETS)
    for (const seconds of [0, -1, 0.001, 0.0011, 0.25, 0.3, 1, 1.5, 1.6, 60, 60.1, 1e9, 0.25]) {
      theirs.made.observe({ a: 'b' }, seconds)
      observe(ours.series, seconds)
    }
    expect(await ours.registry.metrics()).to.equal(await theirs.registry.metrics())
  })

  it('refuses what is not a number', () => {
    const { series } = histogram()
    const observe = observeIn(BUCKETS)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => observe(series, value)).to.throw(TypeError)
  })
})
