import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, REPORT, raw, report, scrape, sum } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const TOKEN = 'merchant-one-token'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('webhook_exporter_report_duration_seconds', () => {
  afterEach(stopServices)

  it('measures until the answer is written', async () => {
    const service = await startService()
    const seconds = async () =>
      sum(await scrape(service.admin), 'webhook_exporter_report_duration_seconds_sum', 'source="none"')
    const before = await seconds()
    // The second answer is known at once, and is written after the first: the journal is locked.
    const socket = connect(Number(new URL(service.ingest).port), '127.0.0.1')
    const body = JSON.stringify(REPORT)
    const db = new DatabaseSync(join(service.folder, 'journal.db'))
    db.exec('BEGIN IMMEDIATE')
    socket.write(
      `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    db.close()
    expect(text).to.match(/^HTTP\/1.1 503 .*HTTP\/1.1 404 /s)
    expect((await seconds()) - before).to.be.above(0.2)
  })
})

describe('POST /webhooks/error with numbers of the source’s own', () => {
  afterEach(stopServices)

  it('reads them as the configuration says', async () => {
    const service = await startService({ config: { sources: { retm: { codes: { own: { 7001: 'timeout' } } } } } })
    const cause = async (code: number, message = '') => {
      const { body } = await answer(report(service.ingest, { ...REPORT, code, message }))
      return (await answer(fetch(`${service.admin}/api/v1/failures/${body.id}`))).body.cause
    }
    expect(await cause(7001)).to.equal('timeout')
    expect(await cause(7002)).to.equal('unknown')
    expect(await cause(7002, 'getaddrinfo ENOTFOUND shop.example')).to.equal('dns')
    expect(await cause(7001)).to.equal('timeout')
  })
})

describe('POST /webhooks/error with credentials', () => {
  afterEach(stopServices)

  const withTokens = async (host = '127.0.0.1') => {
    const folder = tempFolder()
    const tokensDir = join(folder, 'tokens')
    const service = await startService({ config: { ingest: { host }, sources: { retm: { tokensDir } } } })
    return { service, tokensDir }
  }

  it('answers 401 no_credentials until a token appears in the folder, then takes it', async () => {
    const { service, tokensDir } = await withTokens()
    const before = await answer(report(service.ingest, REPORT, bearer(TOKEN)))
    expect(before.status).to.equal(401)
    expect(before.body.code).to.equal('no_credentials')
    expect(before.headers.get('www-authenticate')).to.match(/^Bearer/)
    expect((await fetch(`${service.admin}/readyz`)).status).to.equal(200)
    expect(sample(await scrape(service.admin), 'webhook_exporter_credentials{source="retm"}')).to.equal(0)

    const { mkdirSync } = await import('node:fs')
    mkdirSync(tokensDir)
    writeFileSync(join(tokensDir, 'merchant-1'), `${TOKEN}\nold-token\n`)
    await until('the token', async () => (await report(service.ingest, REPORT, bearer(TOKEN))).status === 202)
    expect((await report(service.ingest, REPORT, bearer('old-token'))).status).to.equal(202)
    const { body } = await answer(fetch(`${service.admin}/api/v1/failures?tenant=merchant-1`))
    expect(body.failures).to.have.length(2)

    for (const headers of [{}, bearer('wrong'), { Authorization: `Basic ${TOKEN}` }, bearer(`${TOKEN} x`)]) {
      expect((await report(service.ingest, REPORT, headers)).status, JSON.stringify(headers)).to.equal(401)
    }

    writeFileSync(join(tokensDir, 'merchant-1'), '')
    await until('the warning', () => service.stdout.find((line) => line.includes('stay in force')))
    expect((await report(service.ingest, REPORT, bearer(TOKEN))).status).to.equal(202)
    expect(
      sample(await scrape(service.admin), 'webhook_exporter_credentials_reload_failures_total{source="retm"}'),
    ).to.be.above(0)

    writeFileSync(join(tokensDir, 'merchant-1'), 'new-token')
    await until('the rotation', async () => (await report(service.ingest, REPORT, bearer(TOKEN))).status === 401)
    expect((await report(service.ingest, REPORT, bearer('new-token'))).status).to.equal(202)
    for (const line of service.stdout) expect(line).not.to.match(/merchant-one-token|old-token|new-token/)
  })

  it('is closed on other addresses without a credential, and warns', async () => {
    const service = await startService({ config: { ingest: { host: '0.0.0.0' } } })
    expect((await answer(report(service.ingest))).body.code).to.equal('no_credentials')
    expect(service.stdout.join()).to.include('no credential')
  })

  it('is open on a loopback address without a credential, and warns', async () => {
    const service = await startService()
    expect((await report(service.ingest)).status).to.equal(202)
    expect(service.stdout.join()).to.include('no credential')
  })

  it('is open by name on any address', async () => {
    const service = await startService({ config: { ingest: { host: '0.0.0.0' }, sources: { retm: { auth: 'none' } } } })
    expect((await report(service.ingest)).status).to.equal(202)
  })

  it('takes tokens from the environment, and answers OPTIONS 204 where one is good', async () => {
    const service = await startService({
      config: { sources: { retm: { tokens: [{ tenant: 'a', env: 'RETM_TOKEN' }] } } },
      env: { RETM_TOKEN: TOKEN },
    })
    expect((await report(service.ingest)).status).to.equal(401)
    expect((await report(service.ingest, REPORT, bearer(TOKEN))).status).to.equal(202)
    const check = (headers: Record<string, string>) =>
      fetch(`${service.ingest}/webhooks/error`, { method: 'OPTIONS', headers })
    expect((await check(bearer(TOKEN))).status).to.equal(204)
    expect((await check({})).status).to.equal(401)
    const { body } = await answer(fetch(`${service.admin}/api/v1/failures`))
    expect(body.failures).to.have.length(1)
  })
})

describe('the ingest listener', () => {
  let service: Service
  before(async () => {
    service = await startService()
  })
  after(stopServices)

  it('closes headers that never end, and goes on', async () => {
    const slow = raw(service.ingest, 'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nX-A: ')
    expect((await report(service.ingest)).status).to.equal(202)
    expect(await slow).to.match(/^HTTP\/1.1 408 .*request_timeout/s)
  })

  it('answers 408 to a body that never ends', async () => {
    const head =
      'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
    expect(await raw(service.ingest, head)).to.match(/^HTTP\/1.1 408 .*request_timeout/s)
  })

  it('closes a thousand idle connections on time and serves others meanwhile', async () => {
    const idle = Array.from({ length: 1_000 }, () => raw(service.ingest, ''))
    expect((await report(service.ingest)).status).to.equal(202)
    await Promise.all(idle)
  })

  for (const [what, bytes] of [
    ['two Host fields', 'POST /webhooks/error HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n'],
    ['no Host', 'POST /webhooks/error HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    [
      'Transfer-Encoding in HTTP/1.0',
      'POST /webhooks/error HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'both lengths',
      'POST /webhooks/error HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no HTTP at all', '\x16\x03\x01\x00\x00\r\n\r\n'],
    ['a header over 16 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await raw(service.ingest, bytes)).to.match(/^HTTP\/1.1 4\d\d /)
    })
  }

  it('answers requests that came in one piece, in order, and closes the connection of a client that sends too many', async () => {
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
    const few = await raw(
      service.ingest,
      get('/a') + get('/webhooks/error').repeat(20) + get('/b', 'Connection: close\r\n'),
    )
    expect(few.match(/HTTP\/1.1 \d+/g)).to.deep.equal([
      'HTTP/1.1 404',
      ...Array(20).fill('HTTP/1.1 405'),
      'HTTP/1.1 404',
    ])
    const taken = async () => sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'method_not_allowed')
    const before = await taken()
    const many = await raw(service.ingest, get('/webhooks/error').repeat(1_400))
    expect(many.match(/HTTP\/1.1 405/g)).to.have.length(256)
    expect((await taken()) - before).to.equal(256)
  })

  it('survives a client that disconnects in the middle of its body', async () => {
    const head =
      'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
    await raw(service.ingest, head, { patience: 200 }).catch(() => {})
    await until(
      'the count',
      async () => sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'reason="client_closed"') === 1,
    )
    expect((await report(service.ingest)).status).to.equal(202)
  })
})
