import { expect } from 'chai'
import fc from 'fast-check'
import { CAUSES } from '../../src/domain/cause/cause.ts'
import { neededSeries, type SeriesLabels, type SeriesLimit, seriesLimit } from '../../src/domain/report/series.ts'
import { stored } from './series-support.ts'

const SOURCES = ['retm', 'second']

const CONFIGURED = ['orders', 'menu']

const NEEDED = neededSeries({ endpoints: 2, sources: 2 })

const labels = (part: Partial<SeriesLabels>): SeriesLabels => ({
  source: 'retm',
  tenant: '',
  endpoint: 'https://h/',
  code: '500',
  cause: 'server_error',
  ...part,
})

const keyOf = (set: SeriesLabels) => JSON.stringify([set.source, set.tenant, set.endpoint, set.code, set.cause])

const stranger: fc.Arbitrary<SeriesLabels> = fc.record({
  source: fc.constantFrom(...SOURCES, 'gone'),
  tenant: fc.constantFrom('', '', 'm1', 'm2', 'other'),
  endpoint: fc.oneof(
    fc.constantFrom(...CONFIGURED, 'invalid', 'other'),
    fc.nat(30).map((n) => `https://h${n}/`),
  ),
  code: fc.oneof(fc.nat(60).map(String), fc.constant('other')),
  cause: fc.constantFrom(...CAUSES, 'not_of_the_set'),
})

const traffic = fc.array(stranger, { maxLength: 400, size: 'max' })

function count(limit: SeriesLimit, reports: readonly SeriesLabels[]) {
  const totals = new Map<string, { labels: SeriesLabels; count: number; lastFailureAt: number }>()
  for (const [at, report] of reports.entries()) {
    const set = stored(limit, report)
    const total = totals.get(keyOf(set))
    totals.set(keyOf(set), { labels: { ...set }, count: (total?.count ?? 0) + 1, lastFailureAt: at })
  }
  return [...totals.values()]
}

const sum = (totals: readonly { count: number }[]) => totals.reduce((all, { count }) => all + count, 0)

describe('seriesLimit', () => {
  it('never admits more sets than the limit, keeps the sum, and says the same twice', () => {
    fc.assert(
      fc.property(traffic, fc.nat(40), (reports, room) => {
        const limit = seriesLimit({ limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES })
        const totals = count(limit, reports)
        expect(totals.length).to.be.at.most(NEEDED + room)
        expect(limit.usage().admitted).to.equal(totals.length)
        expect(sum(totals)).to.equal(reports.length)
        for (const report of reports) {
          const set = stored(limit, report)
          expect(stored(limit, report)).to.equal(set)
          expect(stored(limit, { ...set })).to.equal(set)
        }
        expect(limit.usage().admitted).to.equal(totals.length)
      }),
      { numRuns: 150 },
    )
  })

  it('reserves 20 codes for each configured endpoint, whatever others did before', () => {
    fc.assert(
      fc.property(traffic, fc.nat(10), (reports, room) => {
        const limit = seriesLimit({ limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES })
        count(
          limit,
          reports.filter(({ endpoint }) => !CONFIGURED.includes(endpoint)),
        )
        for (const endpoint of CONFIGURED)
          for (let code = 400; code < 420; code++) {
            const own = labels({ endpoint, code: `${code}` })
            expect(stored(limit, own)).to.deep.equal(own)
          }
      }),
      { numRuns: 200 },
    )
  })

  it('gives endpoints that are not configured at most half of what configured ones do not need', () => {
    const options = { limit: NEEDED + 100, configured: CONFIGURED, sources: SOURCES }
    const limit = seriesLimit(options)
    const reports = Array.from({ length: 500 }, (_, index) =>
      labels({ endpoint: index % 2 ? `https://h${index}/` : 'invalid', code: String(index) }),
    )
    const sets = reports.map((report) => stored(limit, report))
    const invented = new Set(sets.filter(({ endpoint }) => endpoint !== 'other').map(keyOf))
    expect(invented.size).to.equal(50)
    const own = Array.from({ length: 200 }, (_, code) =>
      stored(limit, labels({ endpoint: 'orders', code: String(code) })),
    )
    expect(own.filter(({ endpoint }) => endpoint === 'orders')).to.have.length(20 + 50)
  })

  it('admits the same sets after a restart with the journal’s totals, in any order', () => {
    fc.assert(
      fc.property(traffic, traffic, fc.nat(40), fc.infiniteStream(fc.nat()), (before, after, room, order) => {
        const options = { limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES }
        const first = seriesLimit(options)
        const totals = count(first, before)
        const second = seriesLimit(options)
        const shuffled = totals.map((total) => [order.next().value, total] as const).sort((a, b) => a[0] - b[0])
        const exposed = second.restore(shuffled.map(([, total]) => total))
        expect(exposed).to.have.deep.members(totals)
        expect(second.usage().admitted).to.equal(totals.length)
        const keys = new Set(totals.map((total) => keyOf(total.labels)))
        for (const report of [...before, ...after])
          if (report.source !== 'gone' && report.cause !== 'not_of_the_set') {
            const known = keys.has(keyOf(report))
            if (known) expect(stored(second, report)).to.deep.equal(report)
          }
      }),
      { numRuns: 150 },
    )
  })

  it('folds what a lowered limit does not hold, with the same sum, and goes on so', () => {
    fc.assert(
      fc.property(traffic, traffic, fc.nat(10), (before, after, room) => {
        const wide = seriesLimit({ limit: 2_000, configured: [], sources: SOURCES })
        const totals = count(wide, before)
        const narrow = seriesLimit({ limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES })
        const exposed = narrow.restore(totals)
        expect(sum(exposed)).to.equal(before.length)
        expect(new Set(exposed.map((total) => keyOf(total.labels))).size).to.equal(exposed.length)
        expect(Math.max(0, ...exposed.map((total) => total.lastFailureAt))).to.equal(Math.max(0, before.length - 1))
        const all = new Set(exposed.map((total) => keyOf(total.labels)))
        for (const report of after) all.add(keyOf(stored(narrow, report)))
        expect(all.size).to.be.at.most(NEEDED + room)
        expect(narrow.usage().admitted).to.equal(all.size)
        expect(narrow.usage().overflow).to.have.keys('code', 'endpoint', 'tenant')
      }),
      { numRuns: 150 },
    )
  })

  it('stays within the limit when the journal is read again between reports', () => {
    fc.assert(
      fc.property(traffic, traffic, fc.nat(20), fc.nat(400), (before, after, room, durable) => {
        const limit = seriesLimit({ limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES })
        const sets = new Set<string>()
        for (const report of before) sets.add(keyOf(stored(limit, report)))
        const again = seriesLimit({ limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES })
        limit.restore(count(again, before.slice(0, durable)))
        for (const report of after) sets.add(keyOf(stored(limit, report)))
        expect(sets.size).to.be.at.most(NEEDED + room)
      }),
      { numRuns: 150 },
    )
  })

  it('replaces the code first, then the endpoint and tenant, and counts each replaced label', () => {
    const limit = seriesLimit({ limit: 16 + 2, configured: [], sources: ['retm'] })
    expect(stored(limit, labels({ code: '500' })).code).to.equal('500')
    expect(stored(limit, labels({ code: 'other' })).code).to.equal('other')
    expect(limit.usage().overflow).to.deep.equal({ code: 0, endpoint: 0, tenant: 0 })
    expect(stored(limit, labels({ code: '501' }))).to.deep.equal(labels({ code: 'other' }))
    expect(limit.usage().overflow).to.deep.equal({ code: 1, endpoint: 0, tenant: 0 })
    expect(stored(limit, labels({ endpoint: 'https://i/', tenant: 'm1' }))).to.deep.equal(
      labels({ endpoint: 'other', tenant: 'other', code: 'other' }),
    )
    expect(limit.usage()).to.deep.equal({ admitted: 3, limit: 18, overflow: { code: 2, endpoint: 1, tenant: 1 } })
  })

  it('counts 20,000 hostile endpoints within the default limit', () => {
    const limit = seriesLimit({ limit: 2_000, configured: CONFIGURED, sources: ['retm'] })
    const totals = count(
      limit,
      Array.from({ length: 20_000 }, (_, n) =>
        labels({ endpoint: `https://h${n}/`, code: `${n % 700}`, cause: CAUSES[n % CAUSES.length]! }),
      ),
    )
    // The reserve of the source, and half of what the two endpoints leave.
    expect(totals.length).to.equal(16 + (2_000 - 16 - 2 * 20) / 2)
    expect(sum(totals)).to.equal(20_000)
  })

  it('gives the slots of sets back under which nothing was stored, and counts none of it as overflow', () => {
    fc.assert(
      fc.property(traffic, traffic, fc.nat(10), (lost, reports, room) => {
        const options = { limit: NEEDED + room, configured: CONFIGURED, sources: SOURCES }
        const limit = seriesLimit(options)
        // All of them on their way at once, then refused or found to be duplicates.
        const sets = lost.map((report) => limit.keep(report))
        for (const [index, report] of lost.entries()) limit.complete(report, sets[index]!, false)
        expect(limit.usage()).to.deep.equal(seriesLimit(options).usage())
        const fresh = seriesLimit(options)
        expect(count(limit, reports)).to.deep.equal(count(fresh, reports))
        expect(limit.usage()).to.deep.equal(fresh.usage())
      }),
      { numRuns: 150 },
    )
  })

  it('keeps the slot of a set as long as one entry under it is stored or on its way', () => {
    const limit = seriesLimit({ limit: NEEDED + 1, configured: CONFIGURED, sources: SOURCES })
    const [first, second] = [labels({}), labels({})]
    const set = limit.keep(first)
    expect(limit.keep(second)).to.equal(set)
    limit.complete(first, set, false)
    const other = labels({ endpoint: 'https://i/' })
    const rest = limit.keep(other)
    expect(rest.endpoint).to.equal('other')
    limit.complete(other, rest, true)
    expect(limit.usage().overflow).to.deep.equal({ code: 1, endpoint: 1, tenant: 0 })
    limit.complete(second, set, true)
    expect(limit.keep(labels({}))).to.equal(set)
    limit.complete(labels({}), set, false)
    expect(limit.keep(labels({}))).to.equal(set)
  })

  it('refuses a limit that cannot keep the reserves', () => {
    expect(() => seriesLimit({ limit: 35, configured: ['a'], sources: ['retm'] })).to.throw(RangeError)
    expect(() => seriesLimit({ limit: 36, configured: ['a'], sources: ['retm'] })).not.to.throw()
  })
})
