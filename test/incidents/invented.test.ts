import { join } from 'node:path'
import { expect } from 'chai'
import { answer, report, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const API_TOKEN = 'api-token-of-the-test-with-32-characters'
const ORDERS = { code: 503, endpoint: 'https://shop.example/orders', message: 'Service Unavailable' }

/** One valid token is enough to invent URLs, codes and messages without end. */
describe('a sender that invents endpoints', () => {
  const env = {
    JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}`,
    API_TOKEN,
    MALLORY: 'token-of-mallory-with-more-than-32-characters',
    ALICE: 'token-of-alice-with-more-than-32-characters-',
  }
  const config = {
    admin: { apiToken: { env: 'API_TOKEN' } },
    sources: {
      retm: {
        tokens: [
          { tenant: 'mallory', env: 'MALLORY' },
          { tenant: 'alice', env: 'ALICE' },
        ],
      },
    },
    endpoints: [
      { name: 'orders', urls: [ORDERS.endpoint], probe: { onReport: false } },
      { name: 'late', urls: ['https://shop.example/late'], probe: { onReport: false } },
    ],
  }
  let service: Service
  const as = (token: string, body: object) => report(service.ingest, body, { Authorization: `Bearer ${token}` })
  const get = async (path: string) =>
    (await answer(fetch(`${service.admin}/api/v1/${path}`, { headers: { Authorization: `Bearer ${API_TOKEN}` } }))).body
  const openNames = async (): Promise<string[]> =>
    (await get('incidents?state=open&limit=1000')).incidents.map(({ endpoint }: { endpoint: string }) => endpoint)
  const invented = async () => (await openNames()).filter((name) => name.startsWith('https:'))
  const invent = async (token: string, prefix: string, count: number) => {
    const bodies = Array.from({ length: count }, (_, index) => ({
      code: 400 + (index % 200),
      endpoint: `https://${prefix}${index}.example/x`,
      message: `failed for reason ${index}`,
    }))
    const ids: string[] = []
    for (let begin = 0; begin < count; begin += 100) {
      const answers = await Promise.all(bodies.slice(begin, begin + 100).map((body) => answer(as(token, body))))
      ids.push(...answers.map(({ body }) => body.id))
    }
    expect(ids.every((id) => typeof id === 'string')).to.equal(true)
    return ids
  }

  before(async () => {
    service = await startService({ config, env })
  })
  after(stopServices)

  it('opens 25 incidents, leaves as many to others, and every report is stored with its endpoint', async () => {
    await as(env.MALLORY, ORDERS)
    const ids = await invent(env.MALLORY, 'm', 1_200)
    expect(await invented()).to.have.length(25)
    expect(await get(`failures/${ids.at(-1)}`)).to.include({ endpoint: 'https://m1199.example/x', tenant: 'mallory' })
    await invent(env.ALICE, 'a', 60)
    expect((await invented()).filter((name) => name.includes('//a'))).to.have.length(25)
    await as(env.ALICE, { ...ORDERS, endpoint: 'https://shop.example/late' })
    expect(await openNames()).to.include.members(['orders', 'late'])
    const text = await scrape(service.admin)
    expect(sum(text, 'webhook_incidents_not_opened_total')).to.equal(1_200 - 25 + 60 - 25)
    expect(sum(text, 'webhook_delivery_failures_total')).to.equal(1_262)
    expect(sum(text, 'webhook_delivery_failures_total', 'endpoint="other"')).to.be.above(200)
    expect(sum(text, 'webhook_incident_open')).to.equal(52)
  })

  it('has no more after a restart, and gets the place of an incident that closed', async () => {
    await service.stop()
    service = await startService({ config, env })
    await until('the journal', async () => (await invented()).length === 50)
    await invent(env.MALLORY, 'n', 100)
    expect(await invented()).to.have.length(50)
    const { incidents } = await get('incidents?state=open&limit=1000')
    const { id } = incidents.find(({ endpoint }: { endpoint: string }) => endpoint.startsWith('https://m'))
    const resolve = { method: 'POST', body: '{"reason":"invented"}' }
    const headers = { Authorization: `Bearer ${API_TOKEN}`, 'Content-Type': 'application/json' }
    expect((await fetch(`${service.admin}/api/v1/incidents/${id}/resolve`, { ...resolve, headers })).status).to.equal(
      200,
    )
    expect(await invented()).to.have.length(49)
    await invent(env.MALLORY, 'o', 3)
    expect((await invented()).filter((name) => name.startsWith('https://o'))).to.have.length(1)
  })
})
