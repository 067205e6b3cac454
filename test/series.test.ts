import { join } from 'node:path'
import { expect } from 'chai'
import { report, scrape, sum } from './support/http.ts'
import { type Service, startService, stopServices } from './support/service.ts'
import { tempFolder } from './support/temp.ts'

const ENDPOINTS = 20_000
const CLIENTS = 64

const seriesOf = (exposition: string): string[] =>
  exposition.split('\n').filter((line) => line.startsWith('webhook_delivery_failures_total{'))

async function flood(service: Service): Promise<void> {
  let next = 0
  const client = async () => {
    for (let number = next++; number < ENDPOINTS; number = next++) {
      const response = await report(service.ingest, {
        code: 400 + (number % 200),
        endpoint: `https://h${number}.example/hook-${number}x`,
      })
      expect(response.status).to.equal(202)
      await response.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

describe(`${ENDPOINTS} hostile endpoints`, () => {
  after(stopServices)

  it('stay within the series limit, are counted exactly, and come back the same after a restart', async function () {
    this.timeout(180_000)
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const config = { endpoints: [{ name: 'orders', urls: ['https://shop.example/orders'] }] }
    const service = await startService({ env, config })
    await flood(service)
    // What is configured has room of its own, however late it comes.
    for (let code = 500; code < 520; code++)
      await report(service.ingest, { code, endpoint: 'https://shop.example/orders' })
    const before = await scrape(service.admin)
    const series = seriesOf(before)
    console.log(
      `      ${series.length} series of at most 2000, ${sum(before, 'webhook_delivery_failures_total')} counted`,
    )
    // Half of what is not reserved, and the 20 of the configured endpoint.
    expect(series.length).to.be.within(980, 1_020)
    expect(sum(before, 'webhook_delivery_failures_total')).to.equal(ENDPOINTS + 20)
    expect(sum(before, 'webhook_exporter_series')).to.equal(series.length)
    expect(sum(before, 'webhook_exporter_label_overflow_total', 'label="endpoint"')).to.be.above(10_000)
    expect(series.filter((line) => line.includes('endpoint="orders"'))).to.have.length(20)
    expect(
      new Set([...before.matchAll(/^webhook_endpoint_failures_total\{.*endpoint="([^"]*)"/gm)].map(([, it]) => it))
        .size,
    ).to.be.at.most(500)
    await service.stop()

    const restarted = await startService({ env, config })
    expect(seriesOf(await scrape(restarted.admin)).sort()).to.deep.equal(series.sort())
  })
})

describe('reports that are not stored', () => {
  afterEach(stopServices)

  const usage = async (service: Service) => {
    const text = await scrape(service.admin)
    return [sum(text, 'webhook_exporter_series'), sum(text, 'webhook_exporter_label_overflow_total')]
  }
  const of = (number: number) => ({ code: 500, endpoint: `https://h${number}.example/hook` })
  // The reserve of one source, and two more.
  const config = { metrics: { seriesLimit: 18 } }

  it('take no series and count as no overflow: ids used before, duplicates, faulty bodies', async () => {
    const service = await startService({ config })
    expect((await report(service.ingest, of(1), { 'webhook-id': 'first' })).status).to.equal(202)
    for (let number = 2; number < 30; number++)
      expect((await report(service.ingest, of(number), { 'webhook-id': 'first' })).status).to.equal(422)
    for (let number = 2; number < 30; number++)
      expect((await report(service.ingest, of(1), { 'webhook-id': 'first' })).status).to.equal(202)
    expect((await report(service.ingest, { ...of(40), code: 'x' })).status).to.equal(422)
    expect(await usage(service)).to.deep.equal([1, 0])
    await report(service.ingest, of(50))
    expect(await usage(service)).to.deep.equal([2, 0])
    expect(await scrape(service.admin)).to.include(
      'webhook_delivery_failures_total{source="retm",endpoint="https://h50',
    )
    await report(service.ingest, of(51))
    expect((await usage(service))[1]).to.be.above(0)
  })

  it('take no series and count as no overflow: 503s', async () => {
    const service = await startService({ config, env: { JOURNAL_URL: `sqlite:${tempFolder()}` } })
    for (let number = 0; number < 30; number++) expect((await report(service.ingest, of(number))).status).to.equal(503)
    expect(await usage(service)).to.deep.equal([0, 0])
  })
})
