import { expect } from 'chai'
import { answer, REPORT, report, scrape } from './support/http.ts'
import { type OtlpSink, startOtlpSink } from './support/otlp-sink.ts'
import { requireProgram } from './support/programs.ts'
import { type Prometheus, startPrometheus } from './support/prometheus.ts'
import { startService, stopServices } from './support/service.ts'
import { until } from './support/temp.ts'

/** The service as its users run it: real HTTP in, a real Prometheus scraping, spans arriving at an OTLP endpoint. */
describe('the main job, end to end', () => {
  let sink: OtlpSink | undefined
  let prometheus: Prometheus | undefined
  afterEach(async () => {
    await prometheus?.stop()
    await sink?.close()
    await stopServices()
    prometheus = undefined
    sink = undefined
  })

  it('gives one failure the same trace id in record, log line, span and exemplar', async function () {
    this.timeout(60_000)
    sink = await startOtlpSink()
    const { spans } = sink
    const service = await startService({
      config: {
        endpoints: [
          { name: 'orders', event: 'order.created', team: 'shop', urls: ['https://shop.example/hooks/orders'] },
        ],
      },
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
    })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { body } = await answer(report(service.ingest, REPORT, { traceparent }))
    const { body: record } = await answer(fetch(`${service.admin}/api/v1/failures/${body.id}`))
    expect(record.traceId).to.match(/^[0-9a-f]{32}$/)
    expect(record.traceId).not.to.equal(traceparent.split('-')[1])

    const delivery = await until('the spans', () => spans.find((span) => span.name === 'webhook.delivery'))
    const server = await until('the spans', () => spans.find((span) => span.kind === 'SERVER'))
    expect(delivery.traceId).to.equal(record.traceId)
    expect(delivery.parentSpanId).to.equal(server.spanId)
    expect(delivery.kind).to.equal('INTERNAL')
    expect(delivery.status.code).to.equal('ERROR')
    expect(delivery.attributes).to.include({
      'error.type': 'unavailable',
      'http.response.status_code': 503,
      'server.address': 'shop.example',
      'webhook.source': 'retm',
      'webhook.endpoint': 'orders',
      'webhook.error.code': 503,
      'webhook.failure.id': body.id,
      'webhook.delivery.attempts': 3,
    })
    expect(server.parentSpanId).to.equal('')
    expect(server.links.map((link) => link.traceId)).to.deep.equal([traceparent.split('-')[1]])
    expect(server.attributes).to.include({
      'http.request.method': 'POST',
      'http.response.status_code': 202,
      'http.route': '/webhooks/error',
    })

    const line = await until('the log line', () => service.log().find((it) => it['failure_id'] === body.id))
    expect(line).to.include({ level: 'warn', trace_id: record.traceId, endpoint: 'orders', cause: 'unavailable' })

    const it = await startPrometheus(this, { scrape: new URL(service.admin).host })
    prometheus = it
    const [sample] = await until('the counter', async () => {
      const found = await it.query('webhook_delivery_failures_total')
      return found.length > 0 && found
    })
    expect(sample?.value).to.equal(1)
    expect(sample?.metric).to.include({ source: 'retm', endpoint: 'orders', code: '503', cause: 'unavailable' })
    const exemplars = await until('the exemplar', async () => {
      const found = await it.exemplars('webhook_delivery_failures_total')
      return found.length > 0 && found
    })
    expect(exemplars[0]?.exemplars[0]?.labels['trace_id']).to.equal(record.traceId)
    expect((await it.query('webhook_endpoint_info{endpoint="orders"}'))[0]?.metric).to.include({
      team: 'shop',
      event: 'order.created',
    })
  })

  it('shows metrics that promtool finds nothing wrong with', async function () {
    const promtool = await requireProgram(this, 'promtool')
    const service = await startService()
    await report(service.ingest)
    const { spawn } = await import('node:child_process')
    const child = spawn(promtool.path, ['check', 'metrics'], {
      env: { ...process.env, ...promtool.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    child.stdin.end(await scrape(service.admin))
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(text).to.equal('')
    expect(code).to.equal(0)
  })

  for (const [what, prepare] of [
    ['dead', async (collector: OtlpSink) => collector.close()],
    [
      'silent',
      async (collector: OtlpSink) => {
        collector.answer = 'never'
      },
    ],
    [
      'refusing',
      async (collector: OtlpSink) => {
        collector.answer = 400
      },
    ],
  ] as const) {
    it(`answers as ever with a ${what} collector, shows it, and stops in time`, async function () {
      this.timeout(60_000)
      const collector = await startOtlpSink()
      await prepare(collector)
      const service = await startService({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_BSP_SCHEDULE_DELAY: '100',
          OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
        },
      })
      for (let count = 0; count < 20; count++) expect((await report(service.ingest)).status).to.equal(202)
      await until('the metric', async () =>
        /webhook_exporter_spans_total\{result="(failed|dropped)"\} [1-9]/.test(await scrape(service.admin)),
      )
      expect((await service.stop()).code).to.equal(0)
      if (what !== 'dead') await collector.close()
    })
  }
})
