import { join } from 'node:path'
import { expect } from 'chai'
import { answer, scrape } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { programWithTestKind, type TestKind } from './with-kind.ts'

/** A request carries a list of signals; nothing has to be signed. */
const PLAIN: TestKind = {
  kind: 'plain',
  contentType: 'application/json',
  authenticate: "authenticate: () => 'cafe'",
  methods: `replay: 'time',
    read: (raw) => JSON.parse(Buffer.from(raw).toString())
      .map((signal) => signal.type === 'lost' ? { ...signal, raw: Buffer.from(JSON.stringify(signal)) } : signal),`,
}
const TOKEN = 'a-token-of-the-admin-API-that-is-long-enough'
const QUIET = 3_000

describe('signals of a source', () => {
  let service: Service
  let options: Parameters<typeof startService>[0]
  before(async () => {
    const folder = programWithTestKind(PLAIN)
    options = {
      main: join(folder, 'src/main.ts'),
      config: {
        sources: { plain: {}, retm: { auth: 'none' } },
        endpoints: ['orders', 'stock', 'shipped', 'bulk'].map((name) => ({ name, refs: [`plain:${name}`] })),
        incidents: { quietTime: `${QUIET / 1_000}s`, goodProbes: 3 },
        journal: { url: `sqlite:${join(tempFolder(), 'journal.db')}` },
        admin: { apiToken: { env: 'TOKEN' } },
      },
      env: { TOKEN },
    }
    service = await startService(options)
  })
  after(stopServices)

  const send = (...signals: object[]) =>
    answer(fetch(`${service.ingest}/webhooks/plain`, { method: 'POST', body: JSON.stringify(signals) }))
  const api = (path: string, init: RequestInit = {}) =>
    fetch(`${service.admin}/api/v1/${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${TOKEN}`, ...init.headers },
    })
  const incidentsOf = async (endpoint: string) => (await answer(api(`incidents?endpoint=${endpoint}`))).body.incidents
  const incidentOf = async (endpoint: string) => {
    const [newest] = await incidentsOf(endpoint)
    return (await answer(api(`incidents/${newest.id}`))).body
  }
  const metric = async (name: string) => sample(await scrape(service.admin), name)
  const reports = (outcome: string, reason = 'none') =>
    metric(`webhook_exporter_reports_total{source="plain",outcome="${outcome}",reason="${reason}"}`)

  it('start at 0 by type, and so do endpoints that it can disable', async () => {
    for (const signal of ['lost', 'failing', 'disabled', 'recovered', 'delivered', 'ignored'])
      for (const source of ['plain', 'retm'])
        expect(await metric(`webhook_source_signals_total{source="${source}",signal="${signal}"}`)).to.equal(0)
    expect(await metric('webhook_endpoint_disabled{source="plain",endpoint="orders"}')).to.equal(0)
    expect(await metric('webhook_endpoint_disabled{source="retm",endpoint="orders"}')).to.equal(undefined)
    expect(await metric('webhook_incident_failures{endpoint="orders"}')).to.equal(0)
  })

  it('warn early: an incident without a lost delivery, which nothing calls given up', async () => {
    const warning = {
      type: 'failing',
      id: 'w1',
      ref: 'orders',
      code: 503,
      message: 'overloaded',
      attempts: 2,
      event: 'order.paid',
    }
    const first = await send(warning)
    expect(first).to.deep.include({ status: 202, body: { ids: [], ignored: 1, signals: first.body.signals } })
    expect(await send({ ...warning, message: 'other content' })).to.deep.include({ status: 202, body: first.body })
    expect([await reports('recorded'), await reports('duplicate')]).to.deep.equal([1, 1])
    const incident = await incidentOf('orders')
    expect(incident).to.deep.include({ state: 'open', failures: 0, earlyWarnings: 1, code: 503, cause: 'unavailable' })
    expect(incident).to.deep.include({ sources: ['plain'], tenants: ['cafe'], timelineTotal: 1, lastFailureAt: null })
    const [row] = incident.timeline
    expect(row).to.include({
      id: first.body.signals[0],
      type: 'failing',
      code: 503,
      message: 'overloaded',
      attempts: 2,
    })
    expect(row).to.include({ event: 'order.paid', url: 'plain:orders', tenant: 'cafe' })
    const text = await (await api(`incidents/${incident.id}?format=text`)).text()
    expect(text)
      .to.include('early warning, no lost delivery is known')
      .and.not.match(/gave up|given up/i)
    const metrics = await scrape(service.admin)
    expect(sample(metrics, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    expect(sample(metrics, 'webhook_incident_failures{endpoint="orders"}')).to.equal(0)
    expect(sample(metrics, 'webhook_endpoint_failures_total{source="plain",endpoint="orders"}')).to.equal(0)
    expect(sample(metrics, 'webhook_source_signals_total{source="plain",signal="failing"}')).to.equal(1)
    expect(metrics).to.match(
      /^webhook_incident_info\{endpoint="orders",cause="unavailable",code="503",title="deliveries failing, no healthy application, none reported lost",[^}]*,recovery="",remedy="unavailable"\} 1$/m,
    )
    await send({ type: 'lost', ref: 'orders', code: 503, message: '' })
    expect(await metric('webhook_incident_failures{endpoint="orders"}')).to.equal(1)
  })

  it('keep a disabled endpoint’s incident open past the quiet time and a kill -9, until it is enabled there', async () => {
    await send({ type: 'disabled', id: 'd1', ref: 'stock', message: 'too many failures' })
    // By the tick of the service, which closes what was quiet.
    await until('another one to close', async () => (await incidentsOf('orders'))[0].state === 'closed')
    await service.stop('SIGKILL')
    service = await startService(options)
    const opened = Date.now()
    await until('the quiet time', () => Date.now() - opened > 2 * QUIET)
    const incident = await incidentOf('stock')
    expect(incident).to.include({ state: 'open', failures: 0 })
    expect(incident.disabled).to.deep.equal([{ source: 'plain', tenant: 'cafe', since: incident.timeline[0].at }])
    expect(await metric('webhook_endpoint_disabled{source="plain",endpoint="stock"}')).to.equal(1)
    expect(await send({ type: 'disabled', id: 'd1', ref: 'stock' })).to.deep.include({
      body: { ids: [], ignored: 1, signals: [incident.timeline[0].id] },
    })
    await send({ type: 'recovered', id: 'e1', what: 'enabled', ref: 'stock' })
    expect(await metric('webhook_endpoint_disabled{source="plain",endpoint="stock"}')).to.equal(0)
    await until('the end', async () => (await incidentOf('stock')).state === 'closed')
    expect((await incidentOf('stock')).timeline.map(({ type }: { type: string }) => type)).to.deep.equal([
      'disabled',
      'recovered',
    ])
  })

  it('are only noted where a person disabled it; a person may close what stays disabled', async () => {
    await send({ type: 'disabled', manual: true, ref: 'bulk' })
    expect(await incidentsOf('bulk')).to.deep.equal([])
    expect(await metric('webhook_endpoint_disabled{source="plain",endpoint="bulk"}')).to.equal(0)
    await send({ type: 'disabled', ref: 'bulk' })
    const [{ id }] = await incidentsOf('bulk')
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"reason":"switched off for good"}',
    }
    expect((await api(`incidents/${id}/resolve`, init)).status).to.equal(200)
    expect(await metric('webhook_endpoint_disabled{source="plain",endpoint="bulk"}')).to.equal(0)
  })

  it('prove a recovery by deliveries in a row, which are counted once by their id and stored nowhere', async () => {
    await send({ type: 'delivered', id: 'before', ref: 'shipped', code: 200 })
    await send({ type: 'lost', ref: 'shipped', code: 500, message: '' })
    const deliver = (id: string) => send({ type: 'delivered', id, ref: 'shipped', code: 204 })
    for (const id of ['a', 'b', 'b', 'c']) expect((await deliver(id)).body).to.deep.equal({ ids: [], ignored: 1 })
    await until('the end', async () => (await incidentOf('shipped')).state === 'closed')
    const { resolution, lossWindow, timeline } = await incidentOf('shipped')
    expect({ resolution, timeline }).to.deep.equal({ resolution: 'proven', timeline: [] })
    expect(lossWindow).to.include({ fromProof: 'platform', untilProof: 'platform' })
    const deliveries = (result: string, code: number) =>
      metric(`webhook_endpoint_deliveries_total{source="plain",endpoint="shipped",result="${result}",code="${code}"}`)
    expect(await deliveries('success', 204)).to.equal(3)
    expect(await deliveries('failure', 500)).to.equal(1)
    expect(await metric('webhook_source_signals_total{source="plain",signal="delivered"}')).to.equal(4)
  })

  it('that were acknowledged are there after each kill -9, once', async () => {
    const acknowledged = new Map<string, string>()
    for (const round of [1, 2]) {
      let alive = true
      const sender = async (name: number) => {
        for (let count = 0; alive; count++) {
          const id = `k-${round}-${name}-${count}`
          const sent = await send({ type: 'failing', id, ref: 'killed', code: 503 }).catch(() => undefined)
          if (sent?.status === 202) acknowledged.set(id, sent.body.signals[0])
        }
      }
      const before = acknowledged.size
      const senders = [1, 2, 3, 4].map(sender)
      await until('some load', () => acknowledged.size > before + 100)
      await service.stop('SIGKILL')
      alive = false
      await Promise.all(senders)
      service = await startService(options)
    }
    // On a slow machine the first one may close by quiet time before the next signal comes.
    const totalOf = async () => {
      const all = await incidentsOf('plain:killed')
      return all.reduce((sum: number, { earlyWarnings }: { earlyWarnings: number }) => sum + earlyWarnings, 0)
    }
    const total = await totalOf()
    expect(total).to.be.at.least(acknowledged.size)
    for (const [id, row] of [...acknowledged].slice(-20)) {
      expect((await send({ type: 'failing', id, ref: 'killed', code: 503 })).body.signals).to.deep.equal([row])
    }
    expect(await totalOf()).to.equal(total)
    const { failures, timeline } = await incidentOf('plain:killed')
    expect(failures).to.equal(0)
    expect(timeline.length).to.be.within(1, 100)
  }).timeout(30_000)

  it('of a batch with one bad event are taken without that one; 400 if none is good', async () => {
    const bad = { type: 'rejected', index: 1, pointer: '/1/code', detail: 'is not a number' }
    const lost = { type: 'lost', ref: 'bulk', code: 500, message: '' }
    const taken = await send(lost, bad, lost)
    const { type: _, ...told } = bad
    expect(taken).to.deep.include({ status: 202 })
    expect(taken.body).to.deep.include({ ignored: 0, rejected: [told] })
    expect(taken.body.ids).to.have.length(2)
    expect((await send({ type: 'ignored' }, bad)).body).to.deep.equal({ ids: [], ignored: 1, rejected: [told] })
    const none = await send(bad, { ...bad, index: 2, pointer: '/2' })
    expect(none.body).to.include({ status: 400, code: 'invalid_batch' })
    expect(none.body.errors).to.deep.equal([
      { pointer: '/1/code', detail: 'is not a number (event 1)' },
      { pointer: '/2', detail: 'is not a number (event 2)' },
    ])
    expect(await reports('recorded', 'partly_rejected')).to.equal(1)
    expect(await reports('ignored', 'partly_rejected')).to.equal(1)
    expect(await reports('rejected', 'invalid_batch')).to.equal(1)
  })
})
