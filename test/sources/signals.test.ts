import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { answer, scrape, sum } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { programWithTestKind, type TestKind } from './with-kind.ts'

const KEY = 'the key of the signature'
/** Signs its bytes; a request carries a list of signals; `throw` makes it fail. */
const TINY: TestKind = {
  kind: 'tiny',
  contentType: 'text/plain',
  imports: "import { createHmac } from 'node:crypto'\nimport { AppError } from '../../errors.ts'",
  authenticate: `authenticate({ headers }) {
        if (headers['x-signature'] === undefined) throw new AppError('credential_missing', 'send X-Signature')
        return ''
      }`,
  methods: `verify(raw, { headers }) {
      if (headers['x-signature'] === 'throw') throw new RangeError('a fault of the source')
      const signature = createHmac('sha256', '${KEY}').update(raw).digest('hex')
      if (headers['x-signature'] !== signature) throw new AppError('credential_unknown', 'the signature is wrong')
      return { tenant: 'signer', headers }
    },
    read(raw, { headers }) {
      if (headers['ce-id'] !== undefined)
        return [{ type: 'lost', id: String(headers['ce-id']), ref: 'ce', code: 500, message: '', raw }]
      const signals = JSON.parse(Buffer.from(raw).toString())
      return signals.map((signal) => ({ ...signal, raw: Buffer.from(JSON.stringify(signal)) }))
    },`,
}

describe('a source that signs and names no URL', () => {
  let service: Service
  before(async () => {
    const folder = programWithTestKind(TINY)
    const config = {
      sources: { tiny: {}, retm: { auth: 'none' } },
      endpoints: [
        { name: 'by ref', refs: ['tiny:orders', 'tiny:secret-token-of-the-kitchen'] },
        { name: 'by url', urls: ['https://shop.example/hooks'] },
      ],
      canary: { url: 'http://127.0.0.1:9/', interval: '1d', secret: { env: 'CANARY' } },
    }
    service = await startService({
      main: join(folder, 'src/main.ts'),
      config,
      env: { CANARY: 'a-secret-of-at-least-32-characters' },
    })
  })
  after(stopServices)

  const sign = (body: string) => createHmac('sha256', KEY).update(body).digest('hex')
  const send = (body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return answer(
      fetch(`${service.ingest}/webhooks/tiny`, {
        method: 'POST',
        headers: { 'X-Signature': sign(text), ...headers },
        body: text,
      }),
    )
  }
  const lost = (more: object = {}) => ({ type: 'lost', ref: 'orders', code: 500, message: 'no', ...more })
  const get = (path: string) => answer(fetch(`${service.admin}/api/v1/${path}`))

  it('is verified over the bytes as they came, before anything is parsed', async () => {
    const unsigned = await send('not even JSON', { 'X-Signature': 'wrong' })
    expect(unsigned.body).to.include({ status: 401, code: 'credential_unknown' })
    const failing = await send([lost()], { 'X-Signature': 'throw' })
    expect(failing.body).to.include({ status: 401, code: 'credential_unknown' })
    const spaced = await send(`  ${JSON.stringify([lost({ message: 'spaced' })])}\n`)
    expect(spaced.status).to.equal(202)
    expect((await get(`failures/${spaced.body.id}`)).body).to.include({
      source: 'tiny',
      tenant: 'signer',
      endpoint: 'by ref',
      url: 'tiny:orders',
    })
  })

  it('answers one recorded signal with its id, and none or several with ids and the number of those ignored', async () => {
    const one = await send([lost(), { type: 'ignored' }, { type: 'recovered', ref: 'orders' }])
    expect(Object.keys(one.body)).to.deep.equal(['id'])
    const none = await send([{ type: 'ignored' }, { type: 'delivered', ref: 'orders' }])
    expect(none).to.deep.include({ status: 202, body: { ids: [], ignored: 2 } })
    const empty = await send([])
    expect(empty.body).to.deep.equal({ ids: [], ignored: 0 })
    const many = await send([lost(), lost(), { type: 'disabled', ref: 'orders' }])
    expect(many.body.ids).to.have.length(2)
    expect(many.body.ignored).to.equal(1)
    const metrics = await scrape(service.admin)
    expect(sample(metrics, 'webhook_exporter_reports_total{source="tiny",outcome="ignored",reason="none"}')).to.equal(2)
  })

  it('takes 1,000 signals in one request and answers 1,001 with 413', async () => {
    const before = sum(await scrape(service.admin), 'webhook_endpoint_failures_total', 'tiny')
    const thousand = await send(Array.from({ length: 1_000 }, () => lost()))
    expect(thousand.status).to.equal(202)
    expect(new Set(thousand.body.ids).size).to.equal(1_000)
    expect(sum(await scrape(service.admin), 'webhook_endpoint_failures_total', 'tiny')).to.equal(before + 1_000)
    const more = await send(Array.from({ length: 1_001 }, () => ({ type: 'ignored' })))
    expect(more.body).to.include({ status: 413, code: 'too_large' })
  })

  it('records each signal once by its own id, however long that is', async () => {
    const long = 'x'.repeat(3_000)
    const first = await send([lost({ id: long }), lost({ id: 'ümlaut\u0000' })])
    const again = await send([lost({ id: 'ümlaut\u0000' }), lost({ id: long }), lost({ id: `${long}y` })])
    expect(again.body.ids.slice(0, 2)).to.deep.equal(first.body.ids.toReversed())
    expect(first.body.ids).not.to.include(again.body.ids[2])
    // Only retm answers a known id with other content 422.
    const reused = await send([lost({ id: long, code: 1 })])
    expect(reused).to.deep.include({ status: 202, body: { id: first.body.ids[0] } })
    expect((await get(`failures/${first.body.ids[0]}`)).body.code).to.equal(500)
  })

  it('is said to have no API, where its losses would be read again, and nothing of one that lost nothing', async () => {
    const of = async (signal: object, ref: string) => {
      await send([{ ...signal, ref }])
      const query = `limit=1&endpoint=tiny:${ref}`
      const { body } = await get(`incidents?${query}`)
      const shown = (format: string) =>
        fetch(`${service.admin}/api/v1/incidents/${body.incidents[0].id}?format=${format}`).then((it) => it.text())
      return { ...JSON.parse(await shown('json')), text: await shown('text'), page: await shown('html') }
    }
    const gap = 'Deliveries of tiny were lost, and we know of no API to read them again'
    const gone = await of(lost(), 'gone')
    expect(gone.recoveryRequests).to.deep.equal([])
    expect(gone.recoveryGaps).to.have.length(1)
    for (const text of [gone.recoveryGaps[0], gone.text, gone.page])
      expect(text)
        .to.include(gap)
        .and.not.match(/synchronous|nothing:/i)
    const early = await of({ type: 'failing', code: 500, message: 'no' }, 'early')
    expect(early.recoveryGaps).to.deep.equal([])
    for (const text of [early.text, early.page]) expect(text).to.match(/nothing: no lost delivery has been reported/i)
  })

  it('reads what is all in the headers, of any media type', async () => {
    const { status, body } = await send('\u0000\u0001', { 'Content-Type': 'image/png', 'ce-id': 'event-1' })
    expect(status).to.equal(202)
    expect((await get(`failures/${body.id}`)).body).to.include({ endpoint: 'tiny:ce', url: 'tiny:ce' })
  })

  it('is answered 422 with the field where it throws or makes no sense of the body, never 500', async () => {
    for (const body of ['{}', 'no JSON', '5', '']) {
      const { body: problem } = await send(body)
      expect(problem, body).to.include({ status: 422, code: 'invalid_report' })
      expect(problem.errors, body).to.deep.equal([{ pointer: '', detail: 'cannot be read as a report of tiny' }])
    }
    for (const [field, value] of [
      ['code', 'x'],
      ['code', 2 ** 33],
      ['message', null],
      ['ref', 5],
      ['id', ''],
      ['type', 'losst'],
    ] as const) {
      const { body: problem } = await send([{ type: 'ignored' }, lost({ [field]: value })])
      expect(problem, field).to.include({ status: 422, code: 'invalid_report' })
      expect(problem.errors[0].pointer).to.equal(`/${field === 'ref' ? 'endpoint' : field}`)
      expect(problem.errors[0].detail).to.include('signal 2')
    }
  })

  it('takes no canary: its headers do not count', async () => {
    const { status, body } = await send([lost()], { 'webhook-canary-nonce': 'x', 'webhook-canary-time': '1' })
    expect(status).to.equal(202)
    expect(body).to.have.property('id')
  })

  it('masks and cuts a reference that is not configured, and shows endpoints by reference', async () => {
    const { body } = await send([lost({ ref: `${'long '.repeat(100)}` }), lost({ ref: 'password=hunter2hunter2' })])
    const [long, secret] = await Promise.all(body.ids.map(async (id: string) => (await get(`failures/${id}`)).body))
    expect(long.url).to.match(/^tiny:long /)
    expect(long.url.length).to.be.at.most(255)
    expect(JSON.stringify(secret)).not.to.include('hunter2')
    const { body: configured } = await get('endpoints/by%20ref')
    expect(configured.refs).to.include('tiny:orders')
    expect(configured.probes.public).to.equal(null)
    const { body: other } = await get(`endpoints/${encodeURIComponent('tiny:ce')}`)
    expect(other).to.deep.include({ urls: [], refs: ['tiny:ce'] })
  })

  it('has zero series only of the endpoints that it can name', async () => {
    const lines = (await scrape(service.admin)).split('\n')
    const series = lines.filter((line) => line.startsWith('webhook_endpoint_failures_total{source="'))
    expect(series.filter((line) => line.includes('"tiny"') && line.includes('by url'))).to.deep.equal([])
    expect(series.filter((line) => line.includes('"retm"') && line.includes('by ref'))).to.deep.equal([])
    expect(series.filter((line) => line.includes('"retm"') && line.includes('by url'))).to.have.length(1)
  })

  it('names sources and tenants of an incident', async () => {
    const { body } = await get('incidents?endpoint=by%20ref')
    expect(body.incidents[0]).to.deep.include({ sources: ['tiny'], tenants: ['signer'], tenantsComplete: true })
    // Only RETM has requests that read again what was lost.
    expect((await get(`incidents/${body.incidents[0].id}`)).body.recoveryRequests).to.deep.equal([])
  })
})
