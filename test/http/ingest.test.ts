import { expect } from 'chai'
import { answer, REPORT, raw, report, scrape, sum } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

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
