import { expect } from 'chai'
import type { ProbeResult } from '../../src/domain/verdict/probe.ts'
import type { SinkSpan } from '../support/otlp-sink.ts'
import { ABOUT, FAILURE, useTracing } from './tracing-stage.ts'

const PROBED: ProbeResult = {
  endpoint: 'orders',
  vantage: 'public',
  url: 'https://shop.example/hooks/orders',
  startedAt: 1_700_000_000_000,
  up: true,
  detail: 'answered 204',
  phases: { connect: 1 },
}
const SENDER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b716920333' }

describe('spans of reports that are alike', () => {
  const { sink, start, report, counts } = useTracing()

  /** Everything but what is individual to each span. */
  const common = ({ traceId, spanId, parentSpanId, start, end, links, attributes, ...rest }: SinkSpan) => {
    const { 'webhook.failure.id': id, ...others } = attributes
    return { ...rest, attributes: others, links: links.length }
  }

  const variants: Record<
    string,
    { about?: object; failure?: object; details?: object; end?: { status: number; errorType?: string } }
  > = {
    'as sent by a platform': { details: { httpStatus: 503, attempts: 3 } },
    'with a client, a user agent and a link': {
      about: { clientAddress: '10.0.0.1', userAgent: 'platform/1', traceparent: 'set below' },
    },
    'from another client': { about: { clientAddress: '10.0.0.2', userAgent: 'platform/1' } },
    'with long texts beyond ASCII': { failure: { url: `https://shop.example/${'ü'.repeat(300)}`, endpoint: 'Zürich' } },
    'with nothing but an invalid endpoint': {
      failure: { url: 'no url', endpoint: 'invalid', tenant: '', cause: 'unknown' },
    },
    'that failed': { end: { status: 503, errorType: 'answer_timeout' } },
  }

  for (const protocol of ['http/protobuf', 'http/json'])
    it(`differ only in ids, times, links and messages over ${protocol}`, async () => {
      const it = await start({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
      const sent: { traceId: string; id: string; message: string; sender: string; variant: string }[] = []
      // In turn, so that each variant follows another one.
      for (let round = 0; round < 4; round++)
        for (const [variant, { about = {}, failure = {}, details = {}, end = { status: 202 } }] of Object.entries(
          variants,
        )) {
          const id = FAILURE.id.replace(/\d{4}$/, String(1_000 + sent.length))
          const message = round % 2 === 0 ? `no answer, attempt ${round} — ${'x'.repeat(round * 60)}` : ''
          const sender = `${SENDER.span}${round}`
          const traceparent = 'traceparent' in about ? { traceparent: `00-${SENDER.trace}-${sender}-01` } : {}
          const span = it.request({ ...ABOUT, ...about, ...traceparent })
          span.delivery({ ...FAILURE, ...failure, id, message, traceId: span.traceId }, details)
          span.end(end)
          sent.push({ traceId: span.traceId!, id, message, sender, variant })
        }
      await it.close(10_000)
      expect(counts).to.eql({ exported: 2 * sent.length, dropped: 0, failed: 0 })
      const firsts = new Map<string, object>()
      for (const { traceId, id, message, sender, variant } of sent) {
        const spans = sink().spans.filter((span) => span.traceId === traceId)
        const server = spans.find(({ kind }) => kind === 'SERVER')!
        const delivery = spans.find(({ kind }) => kind === 'INTERNAL')!
        expect(delivery.parentSpanId).to.equal(server.spanId)
        expect(delivery.status).to.eql({ code: 'ERROR', message })
        expect(delivery.attributes['webhook.failure.id']).to.equal(id)
        if (variant.includes('link'))
          expect(server.links).to.eql([{ traceId: SENDER.trace, spanId: sender, traceState: '' }])
        expect(
          server.start <= delivery.start && delivery.start <= delivery.end && delivery.end <= server.end,
          'times',
        ).to.equal(true)
        const now = BigInt(Date.now()) * 1_000_000n
        expect(now - server.start < 60_000_000_000n && server.end <= now + 1_000_000n, 'of today').to.equal(true)
        const { status: _, ...rest } = common(delivery)
        const shape = { server: common(server), delivery: rest }
        expect(shape).to.eql(firsts.get(variant) ?? shape)
        firsts.set(variant, shape)
      }
      expect(new Set(sink().spans.map(({ spanId }) => spanId)).size).to.equal(2 * sent.length)
    })

  it('can be linked to by a probe that they asked for', async () => {
    const it = await start()
    const span = it.request(ABOUT)
    const requestedBy = [span.delivery({ ...FAILURE, traceId: span.traceId }, {})!]
    span.end({ status: 202 })
    it.probe({ result: PROBED, trigger: 'report', requestedBy })
    await it.close(10_000)
    const { spans } = sink()
    const delivery = spans.find(({ name }) => name === 'webhook.delivery')!
    const probe = spans.find(({ name }) => name === 'webhook.probe')!
    expect(probe.links.map(({ traceId, spanId }) => ({ traceId, spanId }))).to.eql([
      { traceId: delivery.traceId, spanId: delivery.spanId },
    ])
  })

  it('keep to the limits of the environment', async () => {
    const it = await start({
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '12',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '8',
      OTEL_SPAN_LINK_COUNT_LIMIT: '0',
    })
    const about = { traceparent: `00-${SENDER.trace}-${SENDER.span}0-01` }
    for (let round = 0; round < 3; round++) report(it, about, {}, { httpStatus: 503, attempts: 3 })
    await it.close(10_000)
    const { spans } = sink()
    expect(spans).to.have.length(6)
    for (const { attributes, links } of spans) {
      expect(links).to.eql([])
      expect(Object.keys(attributes).length).to.be.at.most(8)
      for (const value of Object.values(attributes)) expect(String(value).length).to.be.at.most(12)
    }
  })

  it('cut an id as the environment says, in each span', async () => {
    const it = await start({ OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '36' })
    const ids = ['018bcfe5-687b-7000-8000-000000000001', '018bcfe5-687b-7000-8000-000000000002']
    for (const id of ids) report(it, {}, { id })
    await it.close(10_000)
    const found = sink().spans.flatMap(({ attributes }) => attributes['webhook.failure.id'] ?? [])
    expect(found).to.eql(ids)
  })

  it('are exported where the sampler keeps their trace', async () => {
    const it = await start({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' })
    const reports = Array.from({ length: 200 }, () => report(it))
    await it.close(10_000)
    const sampled = reports.filter((span) => span.sampled).map(({ traceId }) => traceId)
    expect(sampled.length).to.be.within(50, 150)
    const exported = sink().spans.map(({ traceId }) => traceId)
    expect(new Set(exported)).to.eql(new Set(sampled))
    expect(exported).to.have.length(2 * sampled.length)
  })
})
