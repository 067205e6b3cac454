import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { tracingFault, tracingWanted } from '../../src/observe/tracing.ts'
import type { OtlpSink } from '../support/otlp-sink.ts'
import { useTracing } from './tracing-stage.ts'

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
  const { sink: sinkOfTest, start, report, spans, lines } = useTracing()
  let sink: OtlpSink
  beforeEach(() => {
    sink = sinkOfTest()
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
