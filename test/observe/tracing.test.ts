import { expect } from 'chai'
import type { OtlpSink } from '../support/otlp-sink.ts'
import { until } from '../support/temp.ts'
import { ABOUT, FAILURE, useTracing } from './tracing-stage.ts'

const SENDER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' }

describe('createTracing', () => {
  const { sink: sinkOfTest, start, report, spans, counts } = useTracing()
  let sink: OtlpSink
  beforeEach(() => {
    sink = sinkOfTest()
  })

  for (const protocol of ['http/protobuf', 'http/json'])
    it(`exports the request and the delivery below it over ${protocol}`, async () => {
      const it = await start({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
      const { traceId, sampled } = report(it, {}, {}, { httpStatus: 503, attempts: 3 })
      const { server, delivery } = await spans(2)
      expect(sink.requests[0]?.contentType).to.equal(
        protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      )
      expect(sampled).to.equal(true)
      expect(server).to.deep.include({ traceId, parentSpanId: '', name: 'POST /webhooks/error', links: [] })
      expect(server.status.code).to.equal('UNSET')
      expect(server.attributes).to.eql({
        'http.request.method': 'POST',
        'http.route': '/webhooks/error',
        'url.path': '/webhooks/error',
        'url.scheme': 'http',
        'http.response.status_code': 202,
      })
      expect(delivery).to.deep.include({ traceId, parentSpanId: server.spanId, kind: 'INTERNAL', links: [] })
      expect(delivery.status).to.eql({ code: 'ERROR', message: 'upstream said no' })
      expect(delivery.attributes).to.eql({
        'error.type': 'unavailable',
        'http.response.status_code': 503,
        'server.address': 'shop.example',
        'server.port': 8443,
        'url.full': 'https://shop.example:8443/hooks/orders',
        'webhook.source': 'retm',
        'webhook.endpoint': 'orders',
        'webhook.tenant': 'm1',
        'webhook.error.code': 503,
        'webhook.failure.id': FAILURE.id,
        'webhook.delivery.attempts': 3,
      })
      await until('the count', () => counts.exported === 2)
    })

  it('leaves out what is not known, and gives a template for a URL that hides a segment', async () => {
    report(await start(), {}, { tenant: '', url: 'http://[::1]/a/{id}' })
    const { delivery } = await spans(2)
    expect(delivery.attributes).to.include({ 'server.address': '::1', 'server.port': 80, 'url.template': '/a/{id}' })
    expect(delivery.attributes).not.to.have.any.keys(
      'url.full',
      'webhook.tenant',
      'http.response.status_code',
      'webhook.delivery.attempts',
    )
  })

  it('has no target where the endpoint is no URL', async () => {
    report(await start(), {}, { endpoint: 'invalid', url: 'not a url' })
    expect((await spans(2)).delivery.attributes).not.to.have.any.keys('server.address', 'url.full', 'url.template')
  })

  it('begins a new trace and links to the sender, whose trace is not sampled', async () => {
    const it = await start()
    const traceparent = `00-${SENDER.trace}-${SENDER.span}-00`
    const { traceId } = report(it, { traceparent })
    const { server } = await spans(2)
    expect(traceId).not.to.equal(SENDER.trace)
    expect(server.parentSpanId).to.equal('')
    expect(server.links).to.eql([{ traceId: SENDER.trace, spanId: SENDER.span, traceState: '' }])
  })

  it('has no link for a traceparent that is none', async () => {
    const it = await start()
    for (const traceparent of [
      'x',
      `00-${'0'.repeat(32)}-${SENDER.span}-01`,
      `00-${SENDER.trace}-${'0'.repeat(16)}-01`,
      `ff-${SENDER.trace}-${SENDER.span}-01`,
    ])
      report(it, { traceparent })
    await spans(8)
    expect(sink.spans.flatMap((span) => span.links)).to.eql([])
  })

  it('shows no secret of a path that is none of ours', async () => {
    const it = await start()
    for (const path of ['/webhooks/error/sk_live_4eC39HqLyjWDarjtT1zdp7dc', '/health', '*'])
      it.request({ method: 'GET', path }).end({ status: 404, errorType: 'not_found' })
    await spans(3)
    const shown = sink.spans.map((span) => span.attributes['url.path'])
    expect(shown).to.have.members(['/webhooks/error/{id}', '/health', '/{id}'])
  })

  it('names an unknown method by a fixed word', async () => {
    const it = await start()
    it.request({ method: 'BREW', path: '/x' }).end({ status: 405, errorType: 'method_not_allowed' })
    const { server } = await spans(1)
    expect(server.name).to.equal('HTTP')
    expect(server.attributes).to.include({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
      'error.type': 'method_not_allowed',
    })
    expect(server.status.code).to.equal('UNSET')
  })

  it('marks what we failed to answer as an error', async () => {
    const it = await start()
    it.request(ABOUT).end({ status: 503, errorType: 'journal_unavailable' })
    const { server } = await spans(1)
    expect(server.status.code).to.equal('ERROR')
    expect(server.attributes).to.include({ 'http.response.status_code': 503, 'error.type': 'journal_unavailable' })
  })

  it('exports the span of a failure that was stored after its sender had stopped waiting', async () => {
    const it = await start()
    const span = it.request(ABOUT)
    span.end({ status: 503, errorType: 'answer_timeout' })
    await until('the span of the request', () => sink.spans.length === 1)
    const ref = span.delivery({ ...FAILURE, traceId: span.traceId }, {})
    await until('the span of the failure', () => sink.spans.length === 2)
    const [server, delivery] = sink.spans
    expect(server).to.deep.include({ traceId: span.traceId, status: { code: 'ERROR', message: '' } })
    const { traceId, spanId } = ref!
    expect(delivery).to.deep.include({ traceId, spanId, parentSpanId: server!.spanId, name: 'webhook.delivery' })
    await until('the count', () => counts.exported === 2)
  })
})
