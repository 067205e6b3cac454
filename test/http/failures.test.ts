import { expect } from 'chai'
import { CAUSES } from '../../src/domain/cause/cause.ts'
import type { FieldFault } from '../../src/errors.ts'
import { answer, REPORT, raw, report } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

const FIELDS = ['id', 'receivedAt', 'source', 'tenant', 'endpoint', 'url', 'code', 'cause', 'message', 'traceId']

describe('GET /api/v1/failures', () => {
  let service: Service
  const ids: string[] = []
  const get = (query = '', headers: Record<string, string> = {}) =>
    answer(fetch(`${service.admin}/api/v1/failures${query}`, { headers }))
  const ndjson = async (query = '') => {
    const response = await fetch(`${service.admin}/api/v1/failures${query}`, {
      headers: { Accept: 'application/x-ndjson' },
    })
    expect(response.headers.get('content-type')).to.equal('application/x-ndjson')
    const text = await response.text()
    expect(text === '' || text.endsWith('\n')).to.equal(true)
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  before(async () => {
    service = await startService()
    for (let index = 0; index < 25; index++) {
      const body = {
        code: [404, 500, 503][index % 3],
        endpoint: `https://shop.example/hooks/e${index % 2 ? 'b' : 'a'}`,
        message: `n${index}`,
      }
      ids.push((await answer(report(service.ingest, body))).body.id)
    }
  })
  after(stopServices)

  it('lists newest first, with just the fields of the contract', async () => {
    const { status, body } = await get()
    expect(status).to.equal(200)
    expect(body.next).to.equal(null)
    expect(body.failures.map((failure: { id: string }) => failure.id)).to.deep.equal(ids.toReversed())
    expect(Object.keys(body.failures[0])).to.deep.equal(FIELDS)
    expect(new Date(body.failures[0].receivedAt).toISOString()).to.equal(body.failures[0].receivedAt)
  })

  it('pages without a gap while failures come in', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await get(`?limit=7${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...body.failures.map((failure: { id: string }) => failure.id))
      cursor = body.next
      await report(service.ingest, { ...REPORT, endpoint: 'https://late.example/x' })
    } while (cursor)
    expect(seen.filter((id) => ids.includes(id))).to.deep.equal(ids.toReversed())
    expect(new Set(seen).size).to.equal(seen.length)
  })

  it('filters by each field and by all together', async () => {
    const count = async (query: string) => (await get(query)).body.failures.length
    expect(await count('?code=404')).to.equal(9)
    expect(await count('?cause=not_found')).to.equal(9)
    expect(await count('?endpoint=https%3A%2F%2Fshop.example%2Fhooks%2Feb')).to.equal(12)
    expect(
      await count('?source=retm&tenant=&code=404&cause=not_found&endpoint=https://shop.example/hooks/ea'),
    ).to.equal(5)
    expect(await count('?source=other')).to.equal(0)
    const { receivedAt } = (await answer(fetch(`${service.admin}/api/v1/failures/${ids[10]}`))).body
    const since = await get(`?since=${receivedAt}&limit=1000&endpoint=https://shop.example/hooks/ea`)
    const until_ = await get(`?until=${receivedAt}&limit=1000&endpoint=https://shop.example/hooks/ea`)
    expect(since.body.failures.some((failure: { id: string }) => failure.id === ids[10])).to.equal(true)
    expect(until_.body.failures.some((failure: { id: string }) => failure.id === ids[10])).to.equal(false)
    expect(await count('?since=1h&code=404')).to.equal(9)
    expect(await count('?until=1h')).to.equal(0)
  })

  it('honours limit and cursor as NDJSON', async () => {
    const [first, second, ...others] = await ndjson('?limit=2&code=404')
    expect([first.code, second.code, others]).to.deep.equal([404, 404, []])
    const rest = await ndjson(`?code=404&cursor=${second.id}`)
    expect(rest).to.have.length(7)
    expect([first, second, ...rest]).to.deep.equal(await ndjson('?code=404'))
    expect(await ndjson('?limit=1000&code=404')).to.have.length(9)
  })

  it('streams all that match as NDJSON, one a line', async () => {
    const lines = await ndjson('?code=404')
    expect(lines.map((failure) => failure.code)).to.deep.equal(Array(9).fill(404))
    expect(Object.keys(lines[0])).to.deep.equal(FIELDS)
    expect(await ndjson('?source=nobody')).to.deep.equal([])
  })

  it('logs no error where a reader of a stream disconnects', async () => {
    const stranger = await startService()
    const message = 'long words '.repeat(700)
    await Promise.all(Array.from({ length: 1_000 }, () => report(stranger.ingest, { ...REPORT, message })))
    for (let time = 0; time < 5; time++) {
      const cut = new AbortController()
      const headers = { Accept: 'application/x-ndjson' }
      const { body } = await fetch(`${stranger.admin}/api/v1/failures`, { headers, signal: cut.signal })
      await body!.getReader().read()
      cut.abort()
    }
    await stranger.stop()
    expect(stranger.log().filter(({ level }) => level === 'error')).to.deep.equal([])
  })

  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'code=x',
    'cause=bad',
    'since=yesterday',
    'cursor=x',
    'nope=1',
    'code=1&code=2',
    'endpoint=%00',
    'source=a%00b',
    'tenant=%00',
    'since=99999999w',
    'since=999999999w999999999w',
    'until=0000-01-01',
    'since=1969-12-31T23:59:59Z',
    'since=1h&until=2h',
    'since=2026-01-02&until=2026-01-01',
  ]) {
    it(`refuses ?${query} and names the parameter`, async () => {
      const { status, body } = await get(`?${query}`)
      expect(status).to.equal(400)
      expect(body.errors[0].pointer).to.equal(query.split('=')[0])
    })
  }

  it('refuses any parameter of the list of endpoints', async () => {
    const response = await fetch(`${service.admin}/api/v1/endpoints?state=open`)
    expect(response.status).to.equal(400)
    const { errors } = (await response.json()) as { errors: FieldFault[] }
    expect(errors).to.deep.equal([{ pointer: 'state', detail: 'is not a parameter; this path takes none' }])
  })

  it('says of every faulty parameter at once what it must be', async () => {
    const { body } = await get(
      '?code=1e3&cause=bad&limit=0&since=yesterday&cursor=x&tenant=%00&nope=1&source=a&source=b',
    )
    const details = Object.fromEntries(body.errors.map(({ pointer, detail }: FieldFault) => [pointer, detail]))
    expect(details).to.deep.equal({
      code: 'must be an integer of at most 10 digits',
      cause: `must be one of ${CAUSES.join(', ')}`,
      limit: 'must be an integer from 1 to 1000',
      since:
        'must be a time from 1970 to 9999: RFC 3339, seconds since the epoch, or a duration before now such as 15m.',
      cursor: 'must be the value of next in the page before',
      tenant: 'must be text without NUL',
      nope: 'is not a parameter; known are source, tenant, endpoint, code, cause, since, until, limit, cursor',
      source: 'may be given once',
    })
  })

  it('takes a Host that makes no URL', async () => {
    for (const host of ['[', 'a b', 'x:99999', '%']) {
      const request = `GET /api/v1/failures?limit=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      expect(await raw(service.admin, request), host).to.match(/^HTTP\/1.1 200 /)
    }
  })

  it('takes any time that RFC 3339 can write since 1970, and an interval without length', async () => {
    for (const query of [
      'since=0',
      'since=253402300799',
      'since=1970-01-01',
      'until=9999-12-31T23:59:59.999Z',
      'since=5&until=5',
    ])
      expect((await get(`?${query}`)).status, query).to.equal(200)
  })

  it('refuses a day that no calendar has', async () => {
    for (const day of ['2026-02-30', '2026-02-29T10:00:00Z', '2026-04-31T00:00:00+02:00'])
      expect((await get(`?since=${encodeURIComponent(day)}`)).status, day).to.equal(400)
    expect((await get('?since=2024-02-29')).status).to.equal(200)
  })

  it('answers 404 for an id that is not there or is none', async () => {
    for (const id of ['0190a000-0000-7000-8000-000000000000', 'x', '%00', "'; drop table failures"]) {
      expect((await answer(fetch(`${service.admin}/api/v1/failures/${encodeURIComponent(id)}`))).status, id).to.equal(
        404,
      )
    }
  })
})
