import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { authority } from '../support/certificates.ts'
import { expectSafe, HOSTILE_CHARACTERS, HOSTILE_TEXT, MARK } from '../support/hostile-text.ts'
import { answer, raw as bytesOver, report } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { rawTls } from '../support/sockets.ts'
import { tempFolder, until } from '../support/temp.ts'

const TOKEN = 'api-token-of-the-test-0123456789'
const REPORTER = 'reporter-token-of-the-test-01234'
const FORMS = ['application/json', 'text/plain', 'text/html', 'application/x-ndjson']

describe('text from outside, in every field', () => {
  let service: Service
  let sink: Awaited<ReturnType<typeof startOtlpSink>>
  let server: Awaited<ReturnType<typeof rawTls>>
  const ids: string[] = []
  const auth = { Authorization: `Bearer ${TOKEN}` }
  const read = async (path: string, accept: string) => {
    const response = await fetch(`${service.admin}${path}`, { headers: { ...auth, Accept: accept } })
    const what = `${path} as ${accept}`
    return { status: response.status, text: expectSafe(new Uint8Array(await response.arrayBuffer()), what), what }
  }

  before(async () => {
    sink = await startOtlpSink()
    const ca = await authority(HOSTILE_TEXT)
    server = await rawTls(await ca.issue({ subject: HOSTILE_TEXT }), (socket) =>
      socket.end(`HTTP/1.1 500 ${HOSTILE_TEXT}\r\n\r\n`),
    )
    const tokensDir = join(tempFolder(), 'tokens')
    mkdirSync(tokensDir)
    writeFileSync(join(tokensDir, 'shop'), REPORTER)
    // A file's name is a tenant; nearly all of these are refused, and the log says so.
    for (const character of HOSTILE_CHARACTERS) {
      if (character !== '\0') writeFileSync(join(tokensDir, `a${character}${MARK}`), REPORTER)
    }
    service = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        sources: { retm: { tokensDir } },
        outbound: { allow: ['127.0.0.1'] },
        incidents: { unconfiguredLimit: 500 },
        endpoints: [
          {
            name: 'orders',
            event: HOSTILE_TEXT.slice(0, 100),
            team: HOSTILE_TEXT.slice(-100),
            urls: [`https://127.0.0.1:${server.port}/*`],
            probe: { url: `https://127.0.0.1:${server.port}/` },
          },
        ],
      },
      env: { API_TOKEN: TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
    })
    const headers = { Authorization: `Bearer ${REPORTER}` }
    const endpoints = [
      `https://127.0.0.1:${server.port}/x`,
      HOSTILE_TEXT,
      ` https://shop.example/${HOSTILE_TEXT}`,
      ...HOSTILE_CHARACTERS.map((character) => `https://shop.example/a${character}b`),
      ...HOSTILE_CHARACTERS.map((character) => `https://shop${character}b.example/a?${character}#${character}`),
    ]
    const url = 'https://shop.example/last'
    for (const endpoint of [...endpoints, url, HOSTILE_TEXT]) {
      const { status, body } = await answer(
        report(service.ingest, { code: 503, endpoint, message: HOSTILE_TEXT }, headers),
      )
      expect(status).to.equal(202)
      ids.push(body.id)
    }
    await until(
      'the verdict',
      async () => JSON.parse((await read(`/api/v1/incidents/${ids[0]}`, 'application/json')).text).verdict?.vantage,
    )
  })
  after(async () => {
    await stopServices()
    await server.close()
    await sink.close()
  })

  it('is shown in one line by every view, and JSON keeps it exactly', async () => {
    const paths = ['/', '/readyz', '/metrics', '/api/v1/endpoints', '/api/v1/endpoints/orders', '/api/v1/openapi.json']
    for (const path of [
      ...paths,
      '/api/v1/failures?limit=1000',
      '/api/v1/incidents?limit=1000',
      `/api/v1/failures/${ids[0]}`,
    ])
      for (const accept of FORMS) await read(path, accept)
    for (const id of [ids[0], ids.at(-2)])
      for (const accept of FORMS) {
        const { status, text, what } = await read(`/api/v1/incidents/${id}`, accept)
        expect(status, what).to.equal(200)
        if (accept.startsWith('text/')) expect(text, what).to.include(`\\n${MARK}`).and.include('\\u{1b}[2J')
        if (accept === 'text/html') expect(text, what).not.to.include('<script>')
      }
    const failure = JSON.parse((await read(`/api/v1/failures/${ids[0]}`, 'application/json')).text)
    expect(failure.message).to.equal(HOSTILE_TEXT.replaceAll('\0', '\uFFFD'))
  })

  it('is shown in one line where somebody gave it as the reason', async () => {
    for (const id of [ids[0]!, ids.at(-2)!]) {
      const resolved = await fetch(`${service.admin}/api/v1/incidents/${id}/resolve`, {
        method: 'POST',
        headers: { ...auth, 'Content-Type': 'application/json' },
        body: JSON.stringify({ reason: `x${id === ids[0] ? HOSTILE_TEXT.slice(0, 498) : HOSTILE_TEXT.slice(-498)}` }),
      })
      expect(resolved.status).to.equal(200)
      expectSafe(new Uint8Array(await resolved.arrayBuffer()), 'resolve')
      for (const accept of FORMS) await read(`/api/v1/incidents/${id}`, accept)
    }
  })

  it('is shown in one line by answers that quote the request', async () => {
    for (const text of [HOSTILE_TEXT, ...HOSTILE_CHARACTERS]) {
      const part = encodeURIComponent(text)
      for (const query of [
        `${part}=1`,
        `limit=${part}`,
        `since=${part}`,
        `format=${part}`,
        `a=${part}&${part}=${part}`,
      ])
        for (const path of ['failures', 'incidents'])
          expect((await read(`/api/v1/${path}?${query}`, 'application/json')).status).to.equal(400)
      for (const path of ['failures', 'incidents', 'endpoints']) await read(`/api/v1/${path}/${part}`, 'text/plain')
      await read(`/${part}`, 'text/html')
      for (const body of [`{"code":"${text}"`, JSON.stringify({ [text]: 1, code: text })]) {
        const response = await report(service.ingest, body, { Authorization: `Bearer ${REPORTER}` })
        expectSafe(new Uint8Array(await response.arrayBuffer()), 'a report that is refused')
      }
    }
    const many = Array.from({ length: 1_500 }, (_, at) => `p${at}=`).join('&')
    expect((await read(`/api/v1/failures?${many}`, 'application/json')).text.length).to.be.below(30_000)
  })

  it('is shown in one line by answers that quote the header', async () => {
    // Bytes from 0x80 are one character each to Node.
    for (let byte = 0x80; byte <= 0x9f; byte++) {
      const value = Buffer.concat([Buffer.from('a'), Buffer.from([byte]), Buffer.from('b')])
      for (const name of [
        'Idempotency-Key',
        'webhook-id',
        'Content-Type',
        'User-Agent',
        'Content-Encoding',
        'traceparent',
      ]) {
        const head = `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${REPORTER}\r\nContent-Length: 2\r\n${name}: `
        expectSafe(
          Buffer.from(
            await bytesOver(service.ingest, Buffer.concat([Buffer.from(head), value, Buffer.from('\r\n\r\n{}')])),
            'latin1',
          )
            .toString()
            .replaceAll('\r\n', '\n'),
          name,
        )
      }
      const get = (head: string) =>
        bytesOver(
          service.admin,
          Buffer.concat([
            Buffer.from(`GET /x HTTP/1.1\r\nConnection: close\r\n${head}: `),
            value,
            Buffer.from('.example\r\n\r\n'),
          ]),
        )
      expectSafe((await get('Host')).replaceAll('\r\n', '\n'), 'Host')
    }
  })

  it('is shown in one line in the log, and bounded and visible in spans', async () => {
    const log = service.stdout.join('\n')
    expectSafe(log, 'log')
    expect(log).to.include('not a tenant name').and.include(`\\n${MARK}`)
    const spans = await until('spans', () => {
      const found = sink.spans.filter(({ name }) => name === 'webhook.delivery' || name.startsWith('webhook.probe'))
      return found.length >= ids.length && found
    })
    for (const { name, status, attributes } of spans) {
      const values = [status.message, ...Object.values(attributes).map(String)]
      for (const value of values) {
        expectSafe(value, name)
        expect(value, name).not.to.include('\n')
        expect(value.length, name).to.be.at.most(1_024)
      }
    }
  })
})
