import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect } from 'chai'
import { scrape, sum } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { deliver } from '../support/proxy-stage.ts'
import { type Service, type ServiceOptions, startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const MIB = 1_048_576

describe('the service with a proxy', () => {
  const apps: Listening[] = []
  afterEach(async () => {
    await stopServices()
    for (const app of apps.splice(0)) await app.close()
  })

  const serve = async (app: Promise<Listening>) => {
    apps.push(await app)
    return apps.at(-1)!
  }
  const start = async (app: { port: number }, route: object = {}, options: ServiceOptions = {}) => {
    const service = await startService({
      ...options,
      config: {
        endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
        proxy: {
          port: 0,
          routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: `http://127.0.0.1:${app.port}`, ...route }],
        },
        ...options.config,
      },
    })
    const listening = service.log().find(({ listener }) => listener === 'proxy')
    return { service, origin: `http://127.0.0.1:${listening!['port']}` }
  }
  const metric = async (service: Service, name: string, ...pieces: string[]) =>
    sum(await scrape(service.admin), name, ...pieces)

  it('stays ready while the journal that it shares is down: a Service without ready pods would lose every delivery', async () => {
    const app = await serve(
      http((request, response) => request.resume().on('end', () => response.writeHead(204).end())),
    )
    const env = { JOURNAL_URL: 'postgres://journal@127.0.0.1:1/journal' }
    const { service, origin } = await start(app, {}, { env })
    const ready = await fetch(`${service.admin}/readyz`)
    expect(await ready.text()).to.match(/journal.*127\.0\.0\.1:1/s)
    expect(ready.status).to.equal(200)
    expect((await fetch(`${origin}/hooks/orders`, { method: 'POST', body: '{}' })).status).to.equal(204)
    const alone = await startService({ env })
    expect((await fetch(`${alone.admin}/readyz`)).status).to.equal(503)
  })

  it('counts what the platform saw and what the application did, from 0 on', async () => {
    let requests = 0
    const app = await serve(
      http((request, response) => {
        request.resume()
        requests += 1
        response.writeHead(requests === 1 ? 503 : requests === 3 ? 500 : 204).end()
      }),
    )
    const { service, origin } = await start(app, { retry: 'idempotent' })
    const before = await scrape(service.admin)
    for (const line of [
      'webhook_endpoint_deliveries_total{source="proxy",endpoint="orders",result="success",code="200"} 0',
      'webhook_endpoint_deliveries_total{source="proxy",endpoint="orders",result="failure",code="503"} 0',
      'webhook_endpoint_delivery_attempts_total{endpoint="orders",result="failure",code="connect"} 0',
      'webhook_endpoint_delivery_retries_total{endpoint="orders",reason="reset",result="saved"} 0',
      'webhook_endpoint_delivery_duration_seconds_count{endpoint="orders"} 0',
      'webhook_endpoint_deliveries_in_flight{endpoint="orders"} 0',
    ])
      expect(before).to.include(`${line}\n`)
    expect((await deliver(origin))?.status).to.equal(204)
    expect((await deliver(origin))?.status).to.equal(500)
    await until('the count', async () => (await metric(service, 'webhook_endpoint_deliveries_total')) === 2)
    const after = await scrape(service.admin)
    for (const line of [
      'webhook_endpoint_deliveries_total{source="proxy",endpoint="orders",result="success",code="204"} 1',
      'webhook_endpoint_deliveries_total{source="proxy",endpoint="orders",result="failure",code="500"} 1',
      'webhook_endpoint_delivery_attempts_total{endpoint="orders",result="failure",code="503"} 1',
      'webhook_endpoint_delivery_attempts_total{endpoint="orders",result="success",code="204"} 1',
      'webhook_endpoint_delivery_retries_total{endpoint="orders",reason="status",result="saved"} 1',
      'webhook_endpoint_delivery_duration_seconds_count{endpoint="orders"} 2',
      'webhook_endpoint_deliveries_in_flight{endpoint="orders"} 0',
    ])
      expect(after).to.include(`${line}\n`)
  })

  it('has no proxy metrics, no listener and no undici where none is configured', async () => {
    const service = await startService()
    const text = await scrape(service.admin)
    expect(text).not.to.match(/^webhook_endpoint_delivery_|^webhook_endpoint_deliveries_in_flight/m)
    expect(service.log().filter(({ listener }) => listener === 'proxy')).to.deep.equal([])
    expect(service.log().filter(({ msg }) => msg === 'listening')).to.have.lengthOf(2)
  })

  it('makes a SERVER span per delivery and a CLIENT span per attempt, of one trace that the application joins', async () => {
    const sink = await startOtlpSink()
    const traces: unknown[] = []
    let requests = 0
    const app = await serve(
      http((request, response) => {
        request.resume()
        traces.push(request.headers['traceparent'])
        requests += 1
        response.writeHead(requests === 1 ? 503 : 200).end()
      }),
    )
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '100' }
    const { origin } = await start(app, { retry: 'idempotent' }, { env })
    expect((await deliver(origin))?.status).to.equal(200)
    await until('the spans', () => sink.spans.length === 3)
    const server = sink.spans.find(({ kind }) => kind === 'SERVER')!
    const clients = sink.spans.filter(({ kind }) => kind === 'CLIENT')
    expect(server).to.deep.include({ name: 'POST /hooks/orders', parentSpanId: '' })
    expect(server.attributes).to.include({ 'webhook.endpoint': 'orders', 'http.response.status_code': 200 })
    expect(clients.map(({ parentSpanId, traceId }) => [parentSpanId, traceId])).to.deep.equal([
      [server.spanId, server.traceId],
      [server.spanId, server.traceId],
    ])
    expect(clients.map(({ attributes }) => attributes['http.response.status_code']).sort()).to.deep.equal([200, 503])
    expect(new Set(traces.splice(0))).to.deep.equal(new Set([`00-${server.traceId}-${server.spanId}-01`]))

    // A trace of the platform's stays the application's, and ours is linked to it; a malformed one is no trace.
    const platform = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
    const valid = `00-${platform.traceId}-${platform.spanId}-01`
    for (const traceparent of [valid, `${valid}-more`]) await deliver(origin, { headers: { traceparent } })
    await until('the spans', () => sink.spans.length === 7)
    const [first, second] = sink.spans.filter(({ kind }) => kind === 'SERVER').slice(1)
    expect(first!.links).to.have.lengthOf(1)
    expect(first!.links[0]).to.include(platform)
    expect(second!.links).to.deep.equal([])
    expect(traces).to.deep.equal([valid, `00-${second!.traceId}-${second!.spanId}-01`])
    await sink.close()
  })

  it('delivers whether or not the journal, the collector and the reports work', async () => {
    const app = await serve(http((request, response) => request.resume().once('end', () => response.end())))
    const { service, origin } = await start(
      app,
      {},
      {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
        config: { journal: { url: 'sqlite:/proc/nowhere/journal.db' } },
      },
    )
    const answers = await Promise.all(Array.from({ length: 100 }, () => deliver(origin)))
    expect(new Set(answers.map((answer) => answer?.status))).to.deep.equal(new Set([200]))
    expect(await metric(service, 'webhook_exporter_journal_up')).to.equal(0)
  })

  it('passes bodies of any size on in memory that does not grow with them, byte for byte', async function () {
    this.timeout(60_000)
    const app = await serve(
      http(async (request, response) => {
        const digest = createHash('sha256')
        for await (const chunk of request) digest.update(chunk)
        response.writeHead(200, { 'X-Digest': digest.digest('hex') })
        const block = Buffer.alloc(MIB, 7)
        for (let left = Number(request.headers['content-length']); left > 0; left -= MIB)
          if (!response.write(block)) await new Promise((next) => response.once('drain', next))
        response.end()
      }),
    )
    const { service, origin } = await start(app, { retry: 'idempotent', attemptTimeout: '900ms' })
    const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))![1]) / 1_024
    const block = Buffer.from(Array.from({ length: MIB }, (_, index) => index % 251))
    /** Sends that much, and receives as much from an application that sends faster than this reads. */
    const pass = async (mebibytes: number) => {
      const size = mebibytes * MIB
      const expected = createHash('sha256')
      const socket = connect(Number(new URL(origin).port), '127.0.0.1')
      let head = ''
      let chunks = 0
      let received = 0
      socket.on('data', (chunk) => {
        if (head.length < 1_000) head += chunk.toString('latin1')
        received += chunk.length
        chunks += 1
        if (chunks > 200) return
        socket.pause()
        setTimeout(() => socket.resume(), chunks === 1 ? 300 : 1)
      })
      socket.write(`POST /hooks/orders HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`)
      for (let sent = 0; sent < size; sent += MIB) {
        expected.update(block)
        if (!socket.write(block)) await new Promise((next) => socket.once('drain', next))
      }
      await until('the whole response', () => received > size, 50_000)
      socket.destroy()
      expect(head).to.include(`X-Digest: ${expected.digest('hex')}`)
    }
    await pass(160)
    const first = peak()
    await pass(640)
    // V8 lets some 70 MiB of read buffers pile up before it collects them, whatever the size; a body that is kept would be 480.
    expect(peak() - first, 'MiB more').to.be.below(48)
  })

  it('delivers in the sidecar form even if another part of the configuration is wrong', async function () {
    this.timeout(60_000)
    const app = await serve(http((request, response) => request.resume().once('end', () => response.end('ok'))))
    const service = await startService({
      args: ['supervise'],
      env: { SUPERVISOR_PORT: '0' },
      wait: false,
      config: {
        endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
        metrics: { seriesLimit: 'many' },
        proxy: {
          port: 0,
          routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: `http://127.0.0.1:${app.port}` }],
        },
      },
    })
    const listening = await until('the proxy', () => service.log().find(({ listener }) => listener === 'proxy'), 60_000)
    const answer = await deliver(`http://127.0.0.1:${listening['port']}`)
    expect(answer?.body.toString()).to.equal('ok')
    await service.stop()
  })

  it('passes on what a peer says of its client only if the peer is trusted', async () => {
    const app = await serve(
      http((request, response) => request.resume() && response.end(request.headers['x-forwarded-for'])),
    )
    for (const [trustedProxies, seen] of [
      [['10.0.0.0/8', '127.0.0.0/8'], '203.0.113.7, 127.0.0.1'],
      [['::1', '127.0.0.1'], '203.0.113.7, 127.0.0.1'],
      [['10.0.0.0/8', '127.0.0.2', '::1/128'], '127.0.0.1'],
    ] as const) {
      const upstream = `http://127.0.0.1:${app.port}`
      const proxy = { port: 0, trustedProxies, routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream }] }
      const { origin } = await start(app, {}, { config: { proxy } })
      const answer = await deliver(origin, { headers: { 'X-Forwarded-For': '203.0.113.7' } })
      expect(answer?.body.toString(), trustedProxies.join()).to.equal(seen)
    }
  })

  it('reports loops, and starts with none', async () => {
    const service = await startService({
      wait: false,
      config: {
        endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
        proxy: { port: 8_081, routes: [{ endpoint: 'orders', path: '/a', upstream: 'http://localhost:8081' }] },
      },
    })
    expect(await service.exited).to.deep.equal({ code: 2, signal: null })
    expect([...service.stderr, ...service.stdout].join('\n')).to.match(
      /proxy\.routes\[0\]\.upstream: localhost:8081 is the proxy listener itself/,
    )
  })
})
