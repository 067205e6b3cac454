import { expect } from 'chai'
import { answer, raw, report, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'
import { CASES } from './abuse-cases.ts'

/** At most of them `url.parse` throws. */
const BROKEN_TARGETS = [
  'http://[/',
  'http://[::1/webhooks/error',
  'http://]/',
  'http://[::1]x/',
  'http://x:y/',
  'http://a@[/x',
  'ftp://[/',
  'mailto:[',
  '//[#@a',
  '//[@\xa0',
  '/webhooks/error#x',
]

describe('HTTP/1.1 that is wrong, or meant to be misread', () => {
  let service: Service
  before(async () => {
    service = await startService()
  })
  after(stopServices)

  const totals = async () => {
    const text = await scrape(service.admin)
    return {
      counted: sum(text, 'webhook_exporter_reports_total'),
      recorded: sum(text, 'webhook_exporter_reports_total', 'outcome="recorded"'),
    }
  }

  for (const [name, { send, statuses, counted = statuses.length, recorded = 0 }] of Object.entries(CASES)) {
    it(`${name}: ${statuses.join(', ') || 'no answer'}`, async () => {
      const before = await totals()
      const text = await raw(service.ingest, send, { patience: 10_000 })
      expect(statusesIn(text), text).to.deep.equal(statuses)
      await until('the count', async () => (await totals()).counted >= before.counted + counted)
      const after = await totals()
      expect(after.counted - before.counted, 'counted').to.equal(counted)
      expect(after.recorded - before.recorded, 'recorded').to.equal(recorded)
    })
  }

  it('is 400 as a problem where the target is neither a path nor a URL, at every listener', async () => {
    for (const origin of [service.ingest, service.admin])
      for (const target of BROKEN_TARGETS) {
        const text = await raw(origin, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        expect(text, target).to.match(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json/)
      }
  })

  it('answers a reader of the admin listener that ends its side of the connection', async () => {
    for (const path of ['/metrics', '/api/v1/failures', '/', '/nothing'])
      expect(await raw(service.admin, [`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, null]), path).to.match(
        /^HTTP\/1\.1 (?:200|404) [\s\S]+\r\n\r\n./,
      )
  })

  it('finds the path of a URL that no parser would take', async () => {
    const get = (target: string, host = 'localhost') =>
      raw(service.admin, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(await get(`http://${'a'.repeat(300)}/api/v1/endpoints`)).to.match(/^HTTP\/1\.1 200 /)
    expect(await get('http://localhost?x=1')).to.match(/^HTTP\/1\.1 200 /)
    expect(await get('/api/v1/endpoints', '[')).to.match(/^HTTP\/1\.1 200 /)
  })

  it('has written nothing to stderr, and answers', async () => {
    expect(service.stderr).to.deep.equal([])
    expect(service.log().filter(({ level }) => level === 'error')).to.deep.equal([])
    expect((await answer(report(service.ingest))).status).to.equal(202)
  })
})

const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)).filter((status) => status !== 100)
