import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Failure } from '../../src/domain/failure.ts'
import type { Log, Tracing } from '../../src/domain/telemetry.ts'
import type { SpanResult } from '../../src/observe/metrics.ts'
import { createTracing, tracingFault, tracingWanted } from '../../src/observe/tracing.ts'
import { type OtlpSink, type SinkSpan, startOtlpSink } from '../support/otlp-sink.ts'
import { freePort, until } from '../support/temp.ts'

const FAILURE: Failure = {
  id: '018bcfe5-687b-7000-8000-000000000000',
  receivedAt: 1_700_000_000_123,
  source: 'retm',
  tenant: 'm1',
  endpoint: 'orders',
  url: 'https://shop.example:8443/hooks/orders',
  code: 503,
  cause: 'unavailable',
  message: 'upstream said no',
  traceId: null,
}
const SENDER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' }
const ABOUT = { method: 'POST', route: '/webhooks/error', path: '/webhooks/error' }

describe('tracingWanted', () => {
  const cases: [Record<string, string>, boolean][] = [
    [{}, false],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ OTEL_TRACES_EXPORTER: '' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/v1/traces' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318' }, false],
  ]
  for (const [env, wanted] of cases)
    it(`is ${wanted} for ${JSON.stringify(env)}`, () => {
      expect(tracingWanted(env)).to.equal(wanted)
    })
})

describe('tracingFault', () => {
  it('is undefined for what is supported, and where no spans are wanted', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }
    expect(tracingFault({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).to.equal(undefined)
    for (const protocol of ['', 'http/json', ' http/protobuf '])
      expect(tracingFault({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol })).to.equal(undefined)
  })

  it('refuses an endpoint that is no http(s) URL, and does not show it', () => {
    for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
      for (const url of ['collector:4318', 'nonsense', 'hunter2:x@collector'])
        expect(tracingFault({ [name]: url }))
          .to.match(new RegExp(`^${name}: is no http`))
          .and.not.include(url)
  })

  it('names the variable that decides', () => {
    expect(
      tracingFault({
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
      }),
    ).to.match(/^OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" is not supported; write http\/protobuf or http\/json/)
  })
})

describe('createTracing', () => {
  let sink: OtlpSink
  let tracing: Tracing | undefined
  let saved: NodeJS.ProcessEnv
  let counts: Record<SpanResult, number>
  let lines: { level: string; fields: object; message: string }[]

  const note = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const log: Omit<Log, 'child'> = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    fatal: note('fatal'),
  }

  beforeEach(async () => {
    saved = { ...process.env }
    for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name]
    sink = await startOtlpSink()
    counts = { exported: 0, dropped: 0, failed: 0 }
    lines = []
  })

  afterEach(async () => {
    await tracing?.close(1_000)
    tracing = undefined
    await sink.close()
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name]
    Object.assign(process.env, saved)
  })

  async function start(env: Record<string, string> = {}): Promise<Tracing> {
    Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '50', ...env })
    tracing = await createTracing({
      version: '1.2.3',
      onSpans: (result, count) => {
        counts[result] += count
      },
      log,
    })
    return tracing
  }

  function report(it: Tracing, about: object = {}, failure: Partial<Failure> = {}, details = {}) {
    const span = it.request({ ...ABOUT, ...about })
    span.delivery({ ...FAILURE, ...failure, traceId: span.traceId }, details)
    span.end({ status: 202 })
    return span
  }

  async function spans(count: number): Promise<{ server: SinkSpan; delivery: SinkSpan }> {
    await until(`${count} spans`, () => sink.spans.length >= count)
    return {
      server: sink.spans.find((span) => span.kind === 'SERVER')!,
      delivery: sink.spans.find((span) => span.name === 'webhook.delivery')!,
    }
  }

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
    const { traceId } = report(it, { traceparent, tracestate: 'vendor=1' })
    const { server } = await spans(2)
    expect(traceId).not.to.equal(SENDER.trace)
    expect(server.parentSpanId).to.equal('')
    expect(server.links).to.eql([{ traceId: SENDER.trace, spanId: SENDER.span, traceState: 'vendor=1' }])
  })

  it('has no link for a traceparent that is none', async () => {
    const it = await start()
    for (const traceparent of [
      'x',
      `00-${'0'.repeat(32)}-${SENDER.span}-01`,
      `00-${SENDER.trace}-${'0'.repeat(16)}-01`,
      `ff-${SENDER.trace}-${SENDER.span}-01`,
    ])
      report(it, { traceparent, tracestate: '=,;\u0000' })
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

  it('names the service, as the environment says, and nothing of the process', async () => {
    const it = await start({
      OTEL_SERVICE_NAME: 'mine',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=abc',
    })
    report(it)
    const { resource } = (await spans(2)).server
    expect(resource).to.include({ 'service.name': 'mine', 'service.version': '1.2.3' })
    expect(resource).to.include({ 'deployment.environment.name': 'test' })
    expect(Object.keys(resource).filter((key) => /^(process|host|os)\./.test(key))).to.eql([])
    expect(sink.requests[0]?.headers['x-key']).to.equal('abc')
  })

  it('is called webhook-error-exporter by default', async () => {
    report(await start())
    expect((await spans(2)).server.resource['service.name']).to.equal('webhook-error-exporter')
  })

  it('has a trace id for what the sampler leaves out, and exports none of it', async () => {
    const it = await start({ OTEL_TRACES_SAMPLER: 'always_off' })
    const { sampled, traceId } = report(it)
    expect(sampled).to.equal(false)
    expect(traceId).to.match(/^[0-9a-f]{32}$/)
    await it.close(2_000)
    expect(sink.spans).to.eql([])
  })

  for (const protocol of ['http/protobuf', 'http/json'])
    it(`exports what waits when it closes, in whole batches, over ${protocol}`, async () => {
      const it = await start({ OTEL_BSP_SCHEDULE_DELAY: '600000', OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
      const traces = Array.from({ length: 600 }, () => report(it).traceId)
      await it.close(10_000)
      expect(sink.spans).to.have.length(1_200)
      expect(new Set(sink.spans.map((span) => span.traceId))).to.eql(new Set(traces))
      expect(new Set(sink.spans.map((span) => span.resource['service.name'])).size).to.equal(1)
      expect(sink.requests).to.have.length(3)
      expect(counts).to.eql({ exported: 1_200, dropped: 0, failed: 0 })
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

  it('gives one request with several failures a span each, and counts all of them when it drops them', async () => {
    const it = await start({ OTEL_BSP_MAX_QUEUE_SIZE: '4', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' })
    for (let request = 0; request < 3; request++) {
      const span = it.request(ABOUT)
      for (let failure = 0; failure < 3; failure++) span.delivery(FAILURE, {})
      span.end({ status: 202 })
    }
    expect(counts.dropped).to.equal(4)
    await until('the spans', () => counts.exported === 8)
    expect(sink.spans.filter(({ name }) => name === 'webhook.delivery')).to.have.length(6)
  })

  it('keeps no more than it can export at once when it closes', async () => {
    const it = await start({ OTEL_BSP_MAX_QUEUE_SIZE: '5000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })
    for (let i = 0; i < 400; i++) report(it)
    await it.close(10_000)
    expect(counts.failed).to.equal(0)
    expect(counts.exported).to.equal(sink.spans.length).and.to.be.greaterThan(200)
    expect(counts.exported + counts.dropped).to.equal(800)
  })

  it('counts what a dead collector does not take, and reports it once', async () => {
    const port = await freePort()
    const it = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
    })
    report(it)
    await until('the failure', () => counts.failed >= 2)
    report(it)
    await until('the next failure', () => counts.failed >= 4)
    expect(lines.map(({ level, message }) => `${level} ${message}`)).to.eql([
      'warn span export failed; reports are not affected',
    ])
    expect(counts.exported).to.equal(0)
  })

  it('counts what a collector refuses, and reports when it takes spans again', async () => {
    const it = await start()
    sink.answer = 400
    report(it)
    await until('the failure', () => counts.failed >= 2)
    sink.answer = 'ok'
    report(it)
    await until('the success', () => counts.exported >= 2)
    expect(lines.map(({ level }) => level)).to.eql(['warn', 'info'])
    expect(lines[0]?.fields).to.have.property('error').that.contains('400')
  })

  it('gives up on a collector that answers 503 after its time-out', async () => {
    const it = await start({ OTEL_EXPORTER_OTLP_TIMEOUT: '300' })
    sink.answer = 503
    report(it)
    await until('the failure', () => counts.failed >= 2)
  })

  it('drops what does not fit the queue while a collector does not answer, and closes by the deadline', async () => {
    const it = await start({ OTEL_BSP_MAX_QUEUE_SIZE: '20', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })
    sink.answer = 'never'
    for (let i = 0; i < 100; i++) report(it)
    // At most a batch under way and a full queue; the rest was dropped as received.
    expect(counts.dropped).to.be.within(200 - 20 - 10, 199)
    await it.close(100)
    expect(lines.at(-1)?.fields).to.eql({ error: 'deadline exceeded' })
    expect(counts.exported).to.equal(0)
  })

  it('says what of the environment it cannot read', async () => {
    await start({ OTEL_BSP_MAX_QUEUE_SIZE: 'many', OTEL_TRACES_SAMPLER: 'sometimes' })
    expect(lines.map(({ message }) => message).join('\n'))
      .to.contain('OTEL_BSP_MAX_QUEUE_SIZE')
      .and.to.contain('OTEL_TRACES_SAMPLER')
  })

  it('does not tell the password of an endpoint that it cannot read', async () => {
    const error = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:s3 cret@[bad' }).catch((it: Error) => it)
    expect(error).to.be.instanceOf(RangeError)
    expect(String(error)).not.to.contain('cret')
    expect(JSON.stringify(lines)).not.to.contain('cret')
  })

  for (const [name, value] of [
    ['OTEL_TRACES_EXPORTER', 'jaeger'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'carrier-pigeon'],
  ] as const)
    it(`refuses ${name}=${value} and names it`, async () => {
      const error = await start({ [name]: value }).catch((it: Error) => it)
      expect(error).to.be.instanceOf(RangeError).with.property('message').that.contains(name).and.contains(value)
    })

  it('loads no SDK and has no trace id where nobody asked for spans', async () => {
    const module = join(import.meta.dirname, '../../src/observe/tracing.ts')
    const script = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      const { createTracing } = await import(${JSON.stringify(module)})
      const tracing = await createTracing({ version: '1', onSpans() {}, log: console })
      const span = tracing.request({ method: 'POST', path: '/' })
      span.delivery({}, {})
      span.end({ status: 202 })
      await tracing.close(1)
      console.log(JSON.stringify({ traceId: span.traceId, sampled: span.sampled, loaded }))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    const { loaded, ...span } = JSON.parse(stdout)
    expect(span).to.eql({ traceId: null, sampled: false })
    expect(loaded.map((url: string) => url.replace(/.*\/src\//, ''))).to.eql(['observe/tracing.ts'])
  })
})
