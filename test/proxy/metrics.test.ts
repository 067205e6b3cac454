import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import {
  ATTEMPT_FAULTS,
  DELIVERY_ENDINGS,
  OTHER_REASONS,
  RETRY_REASONS,
  RETRY_RESULTS,
} from '../../src/domain/report/delivery.ts'
import { scrape, sum } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { deliver } from '../support/proxy-stage.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'

const NAMES = [
  'webhook_endpoint_deliveries_total',
  'webhook_endpoint_delivery_attempts_total',
  'webhook_endpoint_delivery_duration_seconds_bucket',
  'webhook_endpoint_delivery_duration_seconds_count',
  'webhook_endpoint_delivery_retries_total',
  'webhook_endpoint_deliveries_in_flight',
  'webhook_exporter_proxy_other_requests_total',
  'webhook_endpoint_delivery_patience_seconds',
] as const
const PLATFORM = 'a-secret-of-the-platform'
/** Codes with series of their own, and `other`. */
const MOST_CODES = 21

/** Values of a label in all series of a metric. */
function valuesOf(exposition: string, metric: string, label: string): Set<string> {
  const lines = exposition.split('\n').filter((line) => line.startsWith(`${metric}{`))
  expect(lines, metric).not.to.have.length(0)
  return new Set(lines.flatMap((line) => new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? []))
}

describe('the metrics of the proxy', function () {
  this.timeout(60_000)
  let app: Listening
  let service: Service
  let origin: string
  before(async () => {
    app = await http((request, response) => {
      const [, , , what = ''] = request.url!.split('/')
      if (/^\d{3}$/.test(what) && Number(what) >= 200) response.writeHead(Number(what)).end()
      else if (what === 'reset') request.socket.resetAndDestroy()
      // Never answered: the platform hangs up.
      else if (what === 'hang') request.resume()
      else if (what === 'incomplete') {
        response.writeHead(200, { 'Content-Length': 100 }).write('some')
        setTimeout(() => request.socket.destroy(), 50)
      } else request.socket.end(`HTTP/1.1 ${what}\r\nContent-Length: 0\r\n\r\n`)
    })
    const upstream = `http://127.0.0.1:${app.port}`
    service = await startService({
      env: { PLATFORM },
      config: {
        endpoints: ['orders', 'menu', 'dead', 'quiet'].map((name) => ({
          name,
          urls: [`https://shop.example/${name}`],
        })),
        proxy: {
          port: 0,
          routes: [
            { endpoint: 'orders', path: '/hooks/orders/*', upstream, patience: '3s' },
            { endpoint: 'orders', path: '/v2/hooks/*', upstream, patience: '1500ms' },
            { endpoint: 'menu', path: '/hooks/menu/*', upstream, retry: 'idempotent', patience: '700ms' },
            { endpoint: 'dead', path: '/dead', upstream: `http://127.0.0.1:${await freePort()}` },
            { endpoint: 'quiet', path: '/quiet', upstream },
          ].map((route) => ({ ...route, platform: { header: 'X-Platform', secrets: [{ env: 'PLATFORM' }] } })),
        },
      },
    })
    origin = `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`
  })
  after(async () => {
    await stopServices()
    await app.close()
  })
  const ended = (count: number) =>
    until(`${count} deliveries`, async () => {
      const text = await scrape(service.admin)
      return sum(text, 'webhook_endpoint_deliveries_total', 'source="proxy"') === count && text
    })

  it('start with every series of a closed label set, and show the shortest patience of an endpoint', async () => {
    const text = await scrape(service.admin)
    for (const name of NAMES)
      expect([...valuesOf(text, name, 'endpoint')]).to.have.members(['orders', 'menu', 'dead', 'quiet'])
    const patience = (endpoint: string) =>
      sum(text, 'webhook_endpoint_delivery_patience_seconds', `endpoint="${endpoint}"`)
    expect(['orders', 'menu', 'dead', 'quiet'].map(patience)).to.deep.equal([1.5, 0.7, 1, 1])
    for (const name of NAMES.slice(0, -1)) expect(sum(text, name), name).to.equal(0)
    const reasons = valuesOf(text, 'webhook_exporter_proxy_other_requests_total', 'reason')
    expect([...reasons]).to.have.members([...OTHER_REASONS])
  })

  it('stay bounded and exact whatever the application answers and wherever requests go', async () => {
    let sent = 0
    const send = async (path: string, signal?: AbortSignal) => {
      sent += 1
      return (await deliver(origin, { path, headers: { 'X-Platform': PLATFORM }, ...(signal && { signal }) }))?.status
    }
    // Every status that can be answered, in turn.
    for (let first = 200; first < 1_000; first += 100) {
      const codes = Array.from({ length: 100 }, (_, index) => first + index)
      const answered = await Promise.all(codes.map((code) => send(`/hooks/orders/${code}`)))
      expect(answered).to.deep.equal(codes)
    }
    for (const strange of ['1000', '099', '0', '-1', 'abc', '101', '20x OK'])
      expect(await send(`/hooks/orders/${encodeURIComponent(strange)}`), strange).to.equal(502)
    for (const code of ['reset', '503', '599']) await send(`/hooks/menu/${code}`)
    expect(await send('/hooks/menu/incomplete')).to.equal(undefined)
    expect(await send('/hooks/menu/hang', AbortSignal.timeout(100))).to.equal(undefined)
    expect(await send('/dead')).to.equal(502)
    // Not deliveries: no route, or nothing that can be read as a request.
    for (const path of ['/', '/hooks', '/nowhere/../hooks', '/hooks/other', '/hooks/orders%2f1']) {
      expect((await deliver(origin, { path }))?.status, path).to.be.oneOf([400, 404])
    }
    const text = await ended(sent)

    expect([...valuesOf(text, 'webhook_endpoint_deliveries_total', 'source')]).to.deep.equal(['proxy'])
    for (const name of NAMES) expect(valuesOf(text, name, 'endpoint').size, name).to.equal(4)
    const results = ['success', 'failure']
    for (const name of NAMES.slice(0, 2)) {
      expect([...valuesOf(text, name, 'result')], name).to.have.members(results)
      for (const endpoint of ['orders', 'menu'])
        for (const result of results) {
          const own = text
            .split('\n')
            .filter((line) => line.includes(`endpoint="${endpoint}"`) && line.includes(`result="${result}"`))
          expect(valuesOf(own.join('\n'), name, 'code').size, `${name} ${endpoint} ${result}`).to.be.at.most(MOST_CODES)
        }
    }
    const words = [...DELIVERY_ENDINGS, ...ATTEMPT_FAULTS, 'other']
    for (const code of valuesOf(text, 'webhook_endpoint_delivery_attempts_total', 'code'))
      if (!/^[2-9]\d\d$/.test(code)) expect(words).to.include(code)
    for (const code of valuesOf(text, 'webhook_endpoint_deliveries_total', 'code'))
      expect(code).to.match(/^([2-9]\d\d|0|other)$/)
    expect([...valuesOf(text, 'webhook_endpoint_delivery_retries_total', 'reason')]).to.have.members([...RETRY_REASONS])
    expect([...valuesOf(text, 'webhook_endpoint_delivery_retries_total', 'result')]).to.have.members([...RETRY_RESULTS])

    expect(sum(text, 'webhook_endpoint_deliveries_total', 'result="success"'), '2xx').to.equal(100)
    expect(sum(text, 'webhook_endpoint_delivery_duration_seconds_count')).to.equal(sent)
    expect(sum(text, 'webhook_endpoint_deliveries_in_flight')).to.equal(0)
    // One attempt each with `none`.
    expect(sum(text, 'webhook_endpoint_delivery_attempts_total', 'endpoint="orders"')).to.equal(807)
    expect(sum(text, 'webhook_endpoint_delivery_attempts_total', 'endpoint="dead"', 'code="connect"')).to.equal(1)
    expect(sum(text, 'webhook_endpoint_delivery_attempts_total', 'endpoint="menu"', 'code="reset"')).to.be.above(1)
    for (const code of ['incomplete', 'client_closed'])
      expect(sum(text, 'webhook_endpoint_delivery_attempts_total', 'endpoint="menu"', `code="${code}"`), code).to.equal(
        1,
      )
    expect(sum(text, 'webhook_endpoint_deliveries_total', 'endpoint="menu"', 'code="0"')).to.equal(2)
    expect(sum(text, 'webhook_endpoint_delivery_retries_total', 'reason="connect"', 'result="not_allowed"')).to.equal(1)
    expect(sum(text, 'webhook_endpoint_delivery_retries_total', 'reason="reset"', 'result="failed"')).to.equal(1)
    expect(sum(text, 'webhook_endpoint_delivery_retries_total', 'reason="status"', 'result="failed"')).to.equal(1)
  })

  it('are what promtool has nothing against', async function () {
    const { path, env } = await requireProgram(this, 'promtool')
    const child = spawn(path, ['check', 'metrics'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk
    })
    child.stdin.end(await scrape(service.admin))
    await once(child, 'close')
    expect(said.split('\n').filter((line) => /webhook_endpoint_deliver/.test(line))).to.deep.equal([])
  })
})
