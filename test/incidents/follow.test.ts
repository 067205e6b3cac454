import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { EventLog, entry, INCIDENTS } from '../journal/entries.ts'
import { answer, report, scrape } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

/** The integrator's application: a real receiver that can be broken and fixed. */
class Receiver {
  status = 204
  readonly requests: string[] = []
  #server: Server | undefined
  #port = 0

  async start(): Promise<void> {
    this.status = 204
    this.requests.length = 0
    this.#server = createServer((request, response) => {
      this.requests.push(request.method!)
      response.writeHead(this.status).end()
    })
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)))
    this.#server = undefined
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks/orders`
  }
}

const get = async (service: Service, path: string) => (await answer(fetch(`${service.admin}/api/v1/${path}`))).body
const time = (text: string) => Date.parse(text)

describe('an incident, followed through on the real service', () => {
  const receiver = new Receiver()
  afterEach(async () => {
    await receiver.stop()
    await stopServices()
  })

  const config = (more: object = {}) => ({
    outbound: { allow: ['127.0.0.1'] },
    incidents: { quietTime: '2s', goodProbes: 2 },
    endpoints: [{ name: 'orders', event: 'order.created', urls: [receiver.url], ...more }],
  })

  it('goes from first failure over probe, verdict, kill -9 and restart to a proven recovery, with an exact loss window', async () => {
    await receiver.start()
    const journal = { url: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const options = { config: { ...config(), journal } }
    let service = await startService(options)
    const before = sample(await scrape(service.admin), 'webhook_incident_open{endpoint="orders"}')
    expect(before).to.equal(0)

    // A first, short incident leaves a proven good moment behind.
    await report(service.ingest, { code: 500, endpoint: receiver.url, message: '' })
    const good = await until('the first recovery', async () => {
      const { incidents } = await get(service, 'incidents?state=closed')
      return incidents[0]
    })
    expect(good.resolution).to.equal('proven')
    expect(good.verdict.confidence).to.equal('only_report')
    const lastGood = (await get(service, 'endpoints/orders')).lastGoodAt
    // Outside of the quiet time, so that the next failure opens another one.
    await until('the quiet time to pass', () => Date.now() - time(good.closedAt) > 2_100)

    receiver.status = 503
    const { body } = await answer(report(service.ingest, { code: 0, endpoint: receiver.url, message: '' }))
    const first = await until('a verdict', async () => {
      const { incidents } = await get(service, 'incidents?state=open')
      return incidents[0]?.verdict && incidents[0]
    })
    expect(first).to.include({ id: body.id, endpoint: 'orders', state: 'open', failures: 1, cause: 'unavailable' })
    expect(first.verdict.confidence).to.be.oneOf(['only_probe', 'differ', 'agree'])
    expect(first.verdict.sentence).to.match(/127\.0\.0\.1 answers 503/)
    expect(first.lossWindow).to.deep.equal({ from: lastGood, fromProof: 'path', until: null, untilProof: null })
    expect(sample(await scrape(service.admin), 'webhook_incident_open{endpoint="orders"}')).to.equal(1)

    await report(service.ingest, { code: 503, endpoint: receiver.url, message: '' })
    const known = await until('the verdict on the second report', async () => {
      const incident = await get(service, `incidents/${body.id}`)
      return incident.verdict.rule === 'agree' && incident
    })
    await service.stop('SIGKILL')

    service = await startService(options)
    const again = await get(service, `incidents/${body.id}`)
    for (const key of ['openedAt', 'failures', 'causes', 'lossWindow', 'firstFailureAt', 'lastFailureAt', 'cause'])
      expect(again[key], key).to.deep.equal(known[key])
    expect(again.failures).to.equal(2)
    const text = await scrape(service.admin)
    expect(sample(text, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    expect(sample(text, 'webhook_incidents_total{endpoint="orders"}')).to.equal(2)
    expect(text).to.include('\nwebhook_incident_info{endpoint="orders",cause="unavailable",code="503"} 1\n')
    expect(text).to.match(
      /^webhook_incident_verdict_info\{endpoint="orders",rule="\w+",remedy="unavailable",url="http:[^"]+"\} 1$/m,
    )

    receiver.status = 204
    const closed = await until('the recovery', async () => {
      const incident = await get(service, `incidents/${body.id}`)
      return incident.state === 'closed' && incident
    })
    const { probes } = await get(service, 'endpoints/orders')
    expect(closed.resolution).to.equal('proven')
    expect(closed.lossWindow).to.include({ from: lastGood, fromProof: 'path', untilProof: 'path' })
    expect(time(closed.lossWindow.until)).to.be.above(time(closed.lastFailureAt))
    expect(time(closed.lossWindow.until)).to.be.below(time(closed.closedAt))
    expect(time(closed.closedAt) - time(closed.lastFailureAt)).to.be.at.least(2_000)
    expect(probes.public.up).to.equal(true)
    // The verdict on what was wrong stands after the recovery.
    expect(closed.cause).to.equal('unavailable')
    expect(closed.verdict.rule).to.equal('agree')
    expect(closed.remedies.meaning).to.match(/no healthy application/)
    expect(closed.recoveryRequests[0].url).to.equal('https://$RETM_BUSINESS_ID.retm.sa/api/v2/invoices/list')
    expect(closed.recoveryRequests[0].note).to.include(closed.lossWindow.from).and.include(closed.lossWindow.until)
    const failures = await get(service, closed.failuresUrl.replace('/api/v1/', ''))
    expect(failures.failures.map((failure: { code: number }) => failure.code)).to.deep.equal([503, 0])
    const after = await scrape(service.admin)
    expect(sample(after, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(after).not.to.match(/webhook_incident_(verdict_)?info\{endpoint="orders"/)
    expect(new Set(receiver.requests)).to.deep.equal(new Set(['HEAD']))
  })

  it('reopens the same incident where a failure comes within the quiet time', async () => {
    await receiver.start()
    const service = await startService({ config: { ...config(), incidents: { quietTime: '3s', goodProbes: 1 } } })
    await report(service.ingest, { code: 500, endpoint: receiver.url })
    const closed = await until('closing', async () => (await get(service, 'incidents?state=closed')).incidents[0])
    await report(service.ingest, { code: 500, endpoint: receiver.url })
    const { incidents } = await get(service, 'incidents')
    expect(incidents).to.have.length(1)
    expect(incidents[0]).to.include({ id: closed.id, state: 'open', reopened: 1, failures: 2, closedAt: null })
    expect(sample(await scrape(service.admin), 'webhook_incidents_total{endpoint="orders"}')).to.equal(1)
  })

  it('closes what cannot be probed after the quiet time, unproven', async () => {
    const service = await startService({ config: { incidents: { quietTime: '1s' } } })
    const endpoint = 'https://stranger.example/hook'
    await report(service.ingest, { code: 404, endpoint })
    const open = await until('a verdict', async () => (await get(service, 'incidents?state=open')).incidents[0])
    const closed = await until('closing', async () => {
      const { incidents } = await get(service, `incidents?state=closed&endpoint=${encodeURIComponent(endpoint)}`)
      return incidents[0]
    })
    expect(closed).to.include({ id: open.id, resolution: 'unproven', cause: 'not_found' })
    expect(closed.verdict).to.include({ rule: 'report_only', vantage: null })
    expect(closed.lossWindow).to.deep.equal({
      from: null,
      fromProof: null,
      until: closed.lastFailureAt,
      untilProof: 'quiet',
    })
    const one = await get(service, `endpoints/${encodeURIComponent(endpoint)}`)
    expect(one).to.include({ name: endpoint, configured: false, incident: null, incidents: 1, lastIncidentId: open.id })
  })

  it('opens none for what is no URL', async () => {
    const service = await startService()
    await report(service.ingest, { code: 500, endpoint: 'javascript:alert(1)' })
    expect((await get(service, 'incidents')).incidents).to.deep.equal([])
    expect(await scrape(service.admin)).not.to.match(/webhook_incident_open\{/)
  })

  it('reports the path from the application where there is an internal vantage point', async () => {
    await receiver.start()
    const inside = new Receiver()
    await inside.start()
    try {
      receiver.status = 502
      const service = await startService({ config: config({ probe: { internalUrl: inside.url } }) })
      await report(service.ingest, { code: 502, endpoint: receiver.url })
      const { verdict } = await until('a verdict', async () => {
        const { incidents } = await get(service, 'incidents?state=open')
        return incidents[0]?.verdict && incidents[0]
      })
      expect(verdict).to.include({ rule: 'path_broken', confidence: 'agree', cause: 'unavailable', vantage: 'public' })
      expect(verdict.sentence).to.match(
        /^The application answers internally \(127\.0\.0\.1 answers 204 in \d+ ms\), but the public path is broken:/,
      )
    } finally {
      await inside.stop()
    }
  })

  it('opens one by failed scheduled probes only where it is configured', async () => {
    await receiver.start()
    receiver.status = 500
    const service = await startService({
      config: {
        ...config({ probe: { interval: '10s' } }),
        incidents: { quietTime: '2s', goodProbes: 1, failedProbes: 1 },
      },
    })
    const { incidents } = await until('an incident', async () => {
      const page = await get(service, 'incidents?state=open')
      return page.incidents[0]?.verdict && page
    })
    expect(incidents[0]).to.include({ failures: 0, firstFailureAt: null, code: null, cause: 'server_error' })
    expect(incidents[0].verdict).to.include({ rule: 'probe_only', confidence: 'only_probe' })
  }).timeout(30_000)

  it('traces a probe on its own, phase by phase, linked to the failure that asked for it', async () => {
    await receiver.start()
    receiver.status = 503
    const sink = await startOtlpSink()
    try {
      const service = await startService({
        config: config(),
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
      })
      await report(service.ingest, { code: 503, endpoint: receiver.url })
      const root = await until('the probe', () =>
        sink.spans.find((span) => span.name === 'webhook.probe' && span.links.length > 0),
      )
      const delivery = await until('the delivery', () => sink.spans.find(({ name }) => name === 'webhook.delivery'))
      expect(root.links).to.deep.include({ traceId: delivery.traceId, spanId: delivery.spanId, traceState: '' })
      expect(root).to.include({ parentSpanId: '' })
      expect(root.traceId).not.to.equal(delivery.traceId)
      expect(root.status.code).to.equal('ERROR')
      expect(root.attributes).to.include({
        'webhook.endpoint': 'orders',
        'webhook.probe.trigger': 'report',
        'error.type': 'unavailable',
        'http.response.status_code': 503,
      })
      const children = sink.spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)
      const phases = ['resolve', 'connect', 'http']
      expect(children.map(({ name }) => name)).to.deep.equal(phases.map((phase) => `webhook.probe.${phase}`))
      expect(children.map(({ status }) => status.code)).to.deep.equal(['UNSET', 'UNSET', 'ERROR'])
    } finally {
      await stopServices()
      await sink.close()
    }
  })

  it('closes by quiet time where the outbound guard forbids the probe, and says so', async () => {
    await receiver.start()
    const service = await startService({ config: { ...config(), outbound: { allow: [] } } })
    await report(service.ingest, { code: 504, endpoint: receiver.url })
    const closed = await until('closing', async () => (await get(service, 'incidents?state=closed')).incidents[0])
    expect(closed).to.include({ resolution: 'unproven', cause: 'timeout' })
    expect(closed.verdict).to.include({ rule: 'probe_forbidden', confidence: 'only_report' })
    expect(receiver.requests).to.deep.equal([])
  })

  it('reaches its verdicts after the restart where it was killed between a report and its verdict', async () => {
    await receiver.start()
    receiver.status = 503
    const path = join(tempFolder(), 'journal.db')
    // What a kill right after the commit leaves behind: the failures and their incidents, nothing else.
    const journal = openSqliteJournal({
      path,
      events: new EventLog(),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 86_400_000, size: 2 ** 30 },
    })
    await journal.open()
    await journal.record(entry({ endpoint: 'orders', code: 503, cause: 'unavailable', isTracked: true }))
    await journal.record(
      entry({ endpoint: 'https://stranger.example/', code: 404, cause: 'not_found', isTracked: true }),
    )
    await journal.close(5_000)
    const service = await startService({
      config: { ...config(), incidents: { quietTime: '20s' }, journal: { url: `sqlite:${path}` } },
    })
    const incidents = await until('both verdicts', async () => {
      const page = await get(service, 'incidents?state=open')
      return page.incidents.every(({ verdict }: { verdict: unknown }) => verdict) && page.incidents
    })
    expect(incidents.map((each: { verdict: { rule: string } }) => each.verdict.rule)).to.deep.equal([
      'report_only',
      'agree',
    ])
  })
})
