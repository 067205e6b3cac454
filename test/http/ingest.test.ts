import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, REPORT, raw, report, scrape, sum } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TOKEN = 'merchant-one-token'
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('POST /webhooks/error', () => {
  let service: Service
  before(async () => {
    service = await startService()
  })
  after(stopServices)

  const refused = async (response: Promise<Response>, status: number, code: string) => {
    const it = await answer(response)
    expect(it.status, JSON.stringify(it.body)).to.equal(status)
    expect(it.headers.get('content-type')).to.equal('application/problem+json')
    expect(it.body).to.include({
      status,
      code,
      type: `urn:webhook-error-exporter:problem:${code.replaceAll('_', '-')}`,
    })
    return it
  }

  it('answers 202 with the id of a record that can be read back', async () => {
    const { status, body } = await answer(report(service.ingest))
    expect(status).to.equal(202)
    expect(body.id).to.match(UUID7)
    const { body: failure } = await answer(fetch(`${service.admin}/api/v1/failures/${body.id}`))
    expect(failure).to.include({
      id: body.id,
      source: 'retm',
      tenant: '',
      endpoint: REPORT.endpoint,
      url: REPORT.endpoint,
      code: 503,
      cause: 'unavailable',
      message: REPORT.message,
      traceId: null,
    })
  })

  it('records equal bodies as separate failures', async () => {
    const ids = [await answer(report(service.ingest)), await answer(report(service.ingest))].map(({ body }) => body.id)
    expect(ids[0]).not.to.equal(ids[1])
  })

  it('counts what it recorded', async () => {
    const series =
      'webhook_delivery_failures_total{source="retm",endpoint="https://count.example/a",code="418",cause="rejected"}'
    for (const _ of [1, 2, 3])
      await report(service.ingest, { ...REPORT, endpoint: 'https://count.example/a', code: 418 })
    expect(sample(await scrape(service.admin), series)).to.equal(3)
  })

  it('records an endpoint that is no URL as invalid', async () => {
    const { body } = await answer(report(service.ingest, { ...REPORT, endpoint: 'javascript:alert(1)' }))
    const { body: failure } = await answer(fetch(`${service.admin}/api/v1/failures/${body.id}`))
    expect(failure.endpoint).to.equal('invalid')
  })

  it('keeps a long message cut, and marks it', async () => {
    for (const message of ['long words '.repeat(2_000), 'x'.repeat(20_000)]) {
      const { body } = await answer(report(service.ingest, { ...REPORT, message }))
      const { body: failure } = await answer(fetch(`${service.admin}/api/v1/failures/${body.id}`))
      expect(Buffer.byteLength(failure.message)).to.be.within(8_000, 8_192)
      expect(failure.message).to.match(/cut/)
    }
  })

  it('records a report with its own id once', async () => {
    const first = await answer(report(service.ingest, REPORT, { 'webhook-id': 'msg_1' }))
    const again = await answer(report(service.ingest, REPORT, { 'Idempotency-Key': 'msg_1' }))
    expect(again.status).to.equal(202)
    expect(again.body.id).to.equal(first.body.id)
    await refused(
      report(service.ingest, { ...REPORT, code: 1 }, { 'webhook-id': 'msg_1' }),
      422,
      'idempotency_key_reused',
    )
  })

  it('records twenty at once with one id of their own as one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => answer(report(service.ingest, REPORT, { 'webhook-id': 'msg_20' }))),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).to.equal(1)
  })

  for (const key of ['a'.repeat(256), 'with space', 'ümlaut', '']) {
    it(`refuses the id ${JSON.stringify(key.slice(0, 20))}`, async () => {
      const encoded = Buffer.from(key).toString('latin1')
      await refused(report(service.ingest, REPORT, { 'webhook-id': encoded }), 400, 'idempotency_key_invalid')
    })
  }

  it('refuses two different ids', async () => {
    const headers = { 'webhook-id': 'a', 'Idempotency-Key': 'b' }
    await refused(report(service.ingest, REPORT, headers), 400, 'idempotency_key_conflict')
  })

  it('refuses what is no JSON, no UTF-8, no report', async () => {
    await refused(report(service.ingest, '{"code":'), 400, 'invalid_json')
    await refused(report(service.ingest, Uint8Array.from([0x22, 0xff, 0x22])), 400, 'invalid_encoding')
    const { body } = await refused(report(service.ingest, { code: 'x', message: 1 }), 422, 'invalid_report')
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).to.deep.equal([
      '/code',
      '/endpoint',
      '/message',
    ])
  })

  it('refuses other media types, charsets and content encodings', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'application/json; charset=latin1',
    ]) {
      await refused(report(service.ingest, REPORT, { 'Content-Type': type }), 415, 'unsupported_media_type')
    }
    await refused(report(service.ingest, REPORT, { 'Content-Encoding': 'gzip' }), 415, 'unsupported_encoding')
    for (const type of ['Application/JSON; Charset="UTF-8"', 'application/json ;charset=utf-8', 'application/json;'])
      expect((await report(service.ingest, REPORT, { 'Content-Type': type })).status, type).to.equal(202)
  })

  it('takes a report without a Content-Type if its body is JSON', async () => {
    const post = (body: string, fields = '') =>
      raw(
        service.ingest,
        `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      )
    expect(await post(JSON.stringify(REPORT))).to.match(/^HTTP\/1.1 202 /)
    expect(await post(JSON.stringify(REPORT), 'Content-Type:\r\n')).to.match(/^HTTP\/1.1 202 /)
    expect(await post('code=503')).to.match(/^HTTP\/1.1 400 .*invalid_json/s)
    expect(await post(JSON.stringify({ code: 'x' }))).to.match(/^HTTP\/1.1 422 .*invalid_report/s)
    expect(await post(JSON.stringify(REPORT), 'Content-Encoding: gzip\r\n')).to.match(/^HTTP\/1.1 415 /)
  })

  it('refuses a body over the limit, declared or not', async () => {
    await refused(report(service.ingest, JSON.stringify({ ...REPORT, message: 'x'.repeat(70_000) })), 413, 'too_large')
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`
    const head =
      'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await raw(service.ingest, head + chunk.repeat(12))).to.match(/^HTTP\/1.1 413 .*too_large/s)
  })

  it('counts a request once whose body breaks the framing', async () => {
    const broken =
      'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n'
    const requests = async () => sum(await scrape(service.admin), 'webhook_exporter_reports_total')
    const before = await requests()
    expect(await raw(service.ingest, broken)).to.match(/^HTTP\/1.1 400 .*invalid_request/s)
    expect(await requests()).to.equal(before + 1)
  })

  it('lets a client that is still sending see that its body is too large', async () => {
    const body = JSON.stringify({ ...REPORT, message: 'x'.repeat(5_000_000) })
    const head = `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const next = 'OPTIONS /webhooks/error HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(await raw(service.ingest, head + body + next)).to.match(/^HTTP\/1.1 413 .*too_large.*HTTP\/1.1 204 /s)
  })

  it('answers in its own words what Node would refuse without any', async () => {
    const body = JSON.stringify(REPORT)
    const post = (fields: string, host = 'Host: x\r\n') =>
      `POST /webhooks/error HTTP/1.1\r\n${host}Content-Type: application/json\r\nConnection: close\r\n${fields}\r\n`
    const sized = `Content-Length: ${body.length}\r\n`
    const refusals = async () => sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'invalid_request')
    const before = await refusals()
    for (const [name, bytes] of Object.entries({
      'no Host': post(sized, '') + body,
      'two Hosts': post(sized, 'Host: x\r\nHost: y\r\n') + body,
      'a coding below chunked': `${post('Transfer-Encoding: gzip, chunked\r\n')}0\r\n\r\n`,
      CONNECT: 'CONNECT shop.example:443 HTTP/1.1\r\nHost: x\r\n\r\n',
    })) {
      const text = await raw(service.ingest, bytes)
      expect(text, name).to.match(/^HTTP\/1.1 400 .*application\/problem\+json.*"code":"invalid_request"/s)
    }
    expect((await refusals()) - before).to.equal(4)
    expect(await raw(service.ingest, post(`${sized}Expect: tea\r\n`) + body)).to.match(/^HTTP\/1.1 202 /)
  })

  it('answers 404 and 405 with Allow', async () => {
    await refused(fetch(`${service.ingest}/`), 404, 'not_found')
    await refused(fetch(`${service.ingest}/metrics`), 404, 'not_found')
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const { headers } = await refused(
        fetch(`${service.ingest}/webhooks/error`, { method }),
        405,
        'method_not_allowed',
      )
      expect(headers.get('allow')).to.include('POST')
    }
  })

  it('takes the path with a slash at its end, as the same', async () => {
    const recorded = async () =>
      sum(await scrape(service.admin), 'webhook_exporter_reports_total', 'source="retm"', 'outcome="recorded"')
    const before = await recorded()
    const headers = { 'Content-Type': 'application/json' }
    expect(
      (await fetch(`${service.ingest}/webhooks/error/`, { method: 'POST', headers, body: JSON.stringify(REPORT) }))
        .status,
    ).to.equal(202)
    expect(await recorded()).to.equal(before + 1)
  })

  it('accounts for every request', async () => {
    const text = await scrape(service.admin)
    expect(sum(text, 'webhook_exporter_reports_total', 'outcome="recorded"')).to.be.above(0)
    expect(sum(text, 'webhook_exporter_reports_total', 'reason="too_large"')).to.equal(3)
    expect(sum(text, 'webhook_exporter_reports_total', 'reason="method_not_allowed"')).to.equal(4)
    expect(sum(text, 'webhook_exporter_reports_total', 'outcome="duplicate"')).to.equal(20)
  })

  it('masks secrets in record, log and labels', async () => {
    const secret = 'hunter2hunter2'
    const endpoint = `https://user:${secret}@secret.example/hook?token=${secret}#${secret}`
    const message = `POST ${endpoint} failed: Authorization: Bearer ${secret}`
    const { body } = await answer(report(service.ingest, { code: 500, endpoint, message }))
    const record = await (await fetch(`${service.admin}/api/v1/failures/${body.id}`)).text()
    expect(record).to.include('secret.example')
    const logged = await until('the log line', () => service.stdout.find((line) => line.includes(body.id)))
    for (const text of [record, logged, await scrape(service.admin)]) expect(text).not.to.include(secret)
  })

  it('lets no message forge a log line', async () => {
    const message = 'x\n{"level":"info","msg":"forged"}\r\n\u001b[2Jforged\u2028forged'
    const { body } = await answer(report(service.ingest, { ...REPORT, message }))
    await until('the log line', () => service.stdout.find((line) => line.includes(body.id)))
    for (const line of service.stdout) expect(JSON.parse(line)).to.have.property('level')
    expect(service.stdout.filter((line) => line.includes('\u001b'))).to.deep.equal([])
  })
})

describe('webhook_exporter_report_duration_seconds', () => {
  afterEach(stopServices)

  it('measures until the answer is written', async () => {
    const service = await startService()
    const seconds = async () =>
      sum(await scrape(service.admin), 'webhook_exporter_report_duration_seconds_sum', 'source="none"')
    const before = await seconds()
    // The second answer is known at once, and is written after the first: the journal is locked meanwhile.
    const socket = connect(Number(new URL(service.ingest).port), '127.0.0.1')
    const body = JSON.stringify(REPORT)
    const db = new DatabaseSync(join(service.folder, 'journal.db'))
    db.exec('BEGIN IMMEDIATE')
    socket.write(
      `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    setTimeout(() => db.exec('ROLLBACK'), 300)
    let text = ''
    for await (const chunk of socket) text += chunk
    db.close()
    expect(text).to.match(/^HTTP\/1.1 (202|503) .*HTTP\/1.1 404 /s)
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
    await raw(service.ingest, get('/webhooks/error').repeat(1_400))
    expect((await taken()) - before).to.be.within(1, 33)
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
