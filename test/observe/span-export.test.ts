import { expect } from 'chai'
import type { OtlpSink } from '../support/otlp-sink.ts'
import { freePort, until } from '../support/temp.ts'
import { ABOUT, FAILURE, useTracing } from './tracing-stage.ts'

describe('createTracing', () => {
  const { sink: sinkOfTest, start, report, counts, lines } = useTracing()
  let sink: OtlpSink
  beforeEach(() => {
    sink = sinkOfTest()
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

  it('closes only once a batch that was under way is answered', async () => {
    const it = await start({ OTEL_BSP_SCHEDULE_DELAY: '600000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2' })
    const answer = Promise.withResolvers<void>()
    sink.answer = answer.promise
    report(it)
    await until('the first batch', () => sink.requests.length === 1)
    sink.answer = 'ok'
    report(it)
    let isClosed = false
    const closing = it.close(10_000).then(() => {
      isClosed = true
    })
    await until('the last batch', () => counts.exported === 2)
    // Whatever does not wait for the first batch is done by now.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    expect(isClosed).to.equal(false)
    answer.resolve()
    await closing
    expect(counts).to.eql({ exported: 4, dropped: 0, failed: 0 })
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

  it('exports all that waits when it closes, in however many batches', async () => {
    const it = await start({ OTEL_BSP_MAX_QUEUE_SIZE: '5000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })
    for (let i = 0; i < 400; i++) report(it)
    await it.close(10_000)
    expect(counts).to.eql({ exported: 800, dropped: 0, failed: 0 })
    expect(sink.spans).to.have.length(800)
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
})
