import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Failure } from '../../src/domain/report/failure.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { removeTempFolders, until } from '../support/temp.ts'

describe('render, scraped by a real Prometheus', () => {
  let server: Server | undefined
  let prometheus: Prometheus | undefined

  afterEach(async () => {
    await prometheus?.stop()
    server?.close()
    server?.closeAllConnections()
    removeTempFolders()
  })

  it('gives the values, hostile labels and exemplars back', async function () {
    this.timeout(60_000)
    const team = 'a "quoted"\n\\ 😀'
    const metrics = createMetrics({
      version: '1.0.0',
      sources: ['retm'],
      endpoints: [{ name: 'orders', event: '', team, severity: 'warning' }],
      tenantLabel: false,
      onFault: (error) => {
        throw error
      },
    })
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const labels = { source: 'retm', tenant: '', endpoint: 'orders', code: '500', cause: 'server_error' }
    metrics.recorded({ receivedAt: 1_700_000_000_000 } as Failure, labels, trace)
    const types = new Set<string>()
    server = createServer((request, response) => {
      void metrics.render(request.headers.accept).then(({ contentType, body }) => {
        types.add(contentType)
        response.writeHead(200, { 'content-type': contentType }).end(body)
      })
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const it = await startPrometheus(this, { scrape: `127.0.0.1:${port}` })
    prometheus = it

    const [counted] = await until('the counter', async () => {
      const result = await it.query('webhook_delivery_failures_total')
      return result.length > 0 && result
    })
    expect(counted?.value).to.equal(1)
    expect(counted?.metric).to.include({ source: 'retm', endpoint: 'orders', code: '500', cause: 'server_error' })
    expect([...types]).to.eql(['application/openmetrics-text; version=1.0.0; charset=utf-8'])
    expect((await it.query('webhook_endpoint_info'))[0]?.metric['team']).to.equal('a "quoted"\\n\\ 😀')
    expect((await it.query('webhook_delivery_last_failure_timestamp_seconds'))[0]?.value).to.equal(1_700_000_000)
    expect((await it.query('up'))[0]?.value).to.equal(1)
    const exemplars = await until('the exemplar', async () => {
      const result = await it.exemplars('webhook_delivery_failures_total')
      return result.length > 0 && result
    })
    expect(exemplars[0]?.exemplars[0]?.labels).to.eql({ trace_id: trace })
  })
})
