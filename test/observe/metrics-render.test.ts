import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { requireProgram } from '../support/programs.ts'
import { series } from '../support/scrape.ts'
import { COUNTER, create, failure, faults, LABELS, OPENMETRICS, ORDERS, status, TRACE, text } from './metrics-stage.ts'

describe('createMetrics', () => {
  describe('render', () => {
    it('writes OpenMetrics with the exemplar, and the text form as before it', async () => {
      const metrics = create()
      metrics.recorded(failure(), LABELS, null)
      metrics.recorded(failure(), LABELS, TRACE)
      const before = await text(metrics)
      const { contentType, body } = await metrics.render(OPENMETRICS)
      expect(contentType).to.match(/^application\/openmetrics-text; version=1\.0\.0/)
      expect(body.endsWith('\n# EOF\n')).to.equal(true)
      expect(body).to.contain('# TYPE webhook_delivery_failures counter\n')
      expect(series(body, 'webhook_delivery_failures_total')[0]).to.match(
        new RegExp(`^${COUNTER.replace(/[{}]/g, '\\$&')} 2 # \\{trace_id="${TRACE}"\\} 1 \\d+`),
      )
      const after = await metrics.render(undefined)
      expect(after.contentType).to.match(/^text\/plain; version=0\.0\.4/)
      expect(after.body).to.equal(before)
      expect(after.body).not.to.contain(TRACE)
    })

    it('shows the newest exemplar of many reports, and keeps it while none has a new one', async () => {
      const metrics = create()
      const newest = TRACE.replaceAll('0', 'f')
      for (const trace of [TRACE, null, newest, null]) metrics.recorded(failure(), LABELS, trace)
      const line = async () => series((await metrics.render(OPENMETRICS)).body, 'webhook_delivery_failures_total')[0]!
      const first = await line()
      expect(first).to.contain(` 4 # {trace_id="${newest}"} 1 `)
      expect(Number(first.split(' ').at(-1))).to.be.closeTo(Date.now() / 1_000, 60)
      metrics.recorded(failure(), LABELS, null)
      expect(await line()).to.equal(first.replace(' 4 #', ' 5 #'))
    })

    it('counts each report once when scrapes overlap and totals are restored meanwhile', async () => {
      const metrics = create()
      const sets = Array.from({ length: 2_000 }, (_, code) => ({ ...LABELS, code: String(code) }))
      for (const set of sets) metrics.recorded(failure(), set, null)
      const overlapping = [metrics.render(undefined), metrics.render(OPENMETRICS)]
      for (const set of sets) metrics.recorded(failure(), set, null)
      await new Promise(setImmediate)
      // The totals have all of them.
      metrics.restored(sets.map((labels) => ({ labels, count: 2, lastFailureAt: 1 })))
      metrics.recorded(failure(), sets[0]!, null)
      await Promise.all(overlapping)
      const lines = series(await text(metrics), 'webhook_delivery_failures_total')
      expect(lines).to.have.length(2_000)
      expect(lines.filter((line) => line.endsWith(' 2'))).to.have.length(1_999)
      expect(lines.filter((line) => line.endsWith(' 3'))).to.have.length(1)
    })

    it('counts without an exemplar where the trace id is none', async () => {
      const metrics = create()
      metrics.recorded(failure(), LABELS, 'x'.repeat(200))
      const { body } = await metrics.render(OPENMETRICS)
      expect(series(body, 'webhook_delivery_failures_total')).to.eql([`${COUNTER} 1`])
      expect(faults).to.eql([])
    })

    it('is the same numbers in both forms', async () => {
      const metrics = create()
      metrics.restored([{ labels: LABELS, count: 3, lastFailureAt: 1_000 }])
      const [plain, open] = [await text(metrics), (await metrics.render(OPENMETRICS)).body]
      const numbers = (body: string) => body.split('\n').filter((line) => line && !line.startsWith('#'))
      expect(numbers(open)).to.eql(numbers(plain))
    })

    it('writes each of 10,000 series once', async () => {
      const metrics = create()
      for (let i = 0; i < 10_000; i++)
        metrics.recorded(failure(), { ...LABELS, endpoint: `https://a.example/${i}` }, TRACE)
      for (const accept of [undefined, OPENMETRICS]) {
        const lines = series((await metrics.render(accept)).body, 'webhook_delivery_failures_total')
        expect(new Set(lines.map((line) => line.split(' # ')[0])).size).to.equal(10_000)
      }
    })

    it('pleases promtool, hostile values included', async function () {
      const { path, env } = await requireProgram(this, 'promtool')
      const metrics = create({
        processMetrics: true,
        endpoints: [ORDERS, { name: 'evil', event: '"} 1\nfake 2', team: 'back\\slash', severity: 'critical' }],
      })
      metrics.observe({
        journal: () => status({ size: { failures: 1, bytes: 1, freeBytes: 1, oldestAt: 1 } }),
        series: () => ({ admitted: 1, limit: 1, overflow: { code: 0, endpoint: 0, tenant: 0 } }),
      })
      for (let i = 0; i < 100; i++)
        metrics.recorded(failure(), { ...LABELS, endpoint: `https://😀.example/"${i}\\\n\r\u2028` }, TRACE)
      const body = await text(metrics)
      expect(series(body, 'webhook_delivery_failures_total')).to.have.length(100)
      expect(body).to.contain('event="\\"} 1\\\\nfake 2",team="back\\\\slash"')
      expect(execFileSync(path, ['check', 'metrics'], { env, input: body, encoding: 'utf8' })).to.equal('')
    })
  })
})
