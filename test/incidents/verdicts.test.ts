import { join } from 'node:path'
import { expect } from 'chai'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { EventLog, entry, INCIDENTS } from '../journal/entries.ts'
import { report } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { get, Receiver, useReceiver } from './receiver.ts'

describe('an incident, followed through on the real service', () => {
  const { receiver, config } = useReceiver()

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

  it('is not proven over by a proxy that answers while the application behind it does not', async () => {
    const inside = new Receiver()
    await inside.start()
    const internalUrl = inside.url
    await inside.stop()
    await receiver.start()
    const service = await startService({ config: config({ probe: { internalUrl } }) })
    await report(service.ingest, { code: 502, endpoint: receiver.url })
    await until('many good probes', () => receiver.requests.length >= 6)
    const [open] = (await get(service, 'incidents')).incidents
    expect(open).to.include({ closedAt: null, cause: 'connection_refused' })
    expect(open.verdict.rule).to.equal('down_inside_only')
    await inside.start()
    const closed = await until('closing', async () => (await get(service, 'incidents?state=closed')).incidents[0])
    expect(closed).to.include({ id: open.id, resolution: 'proven' })
    expect(closed.lossWindow.untilProof).to.equal('path')
    await inside.stop()
  })

  it('stays open while the application does not answer inside, where the public path cannot be seen', async () => {
    const inside = new Receiver()
    await inside.start()
    const internalUrl = inside.url
    await inside.stop()
    const service = await startService({ config: config({ probe: { url: 'https://shop.invalid/', internalUrl } }) })
    await report(service.ingest, { code: 502, endpoint: receiver.url })
    const { id } = (await get(service, 'incidents')).incidents[0]
    const text = () =>
      fetch(`${service.admin}/api/v1/incidents/${id}`, { headers: { accept: 'text/plain' } }).then((it) => it.text())
    await until('the quiet time', async () => (await text()).includes('and the quiet time is over'))
    // Ticks come ten times in the quiet time.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect((await get(service, 'incidents?state=open')).incidents[0]).to.include({ id, cause: 'connection_refused' })
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
