import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { raw as rawRequest } from '../support/http.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { http, type Listening, raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const read = async (request: IncomingMessage) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
const upstream = ({ port }: Listening) => `http://127.0.0.1:${port}`

describe('the proxy', () => {
  let app: Listening | undefined
  let stage: ProxyStage | undefined
  const start = async (it: Promise<Listening>, retry: 'none' | 'safe' | 'idempotent' = 'none', more = {}) => {
    app = await it
    stage = await startProxyStage({ upstream: upstream(app), retry, ...more })
    return stage.origin
  }
  afterEach(async () => {
    await stage?.stop()
    await app?.close()
    stage = app = undefined
  })

  it('passes method, target, Host, headers and body on as they are', async () => {
    let seen: { request: IncomingMessage; body: Buffer } | undefined
    const origin = await start(
      http(async (request, response) => {
        seen = { request, body: await read(request) }
        response.writeHead(201, [
          'Content-Type',
          'text/plain',
          'X-Twice',
          '1',
          'X-Twice',
          '2',
          'Set-Cookie',
          'a',
          'Set-Cookie',
          'b',
        ])
        response.end('made')
      }),
    )
    const body = randomBytes(3_000)
    const answer = await deliver(origin, {
      method: 'PATCH',
      path: '/hooks/orders/%7Eid?q=a%20b&q=c',
      headers: { Host: 'shop.example:8443', 'X-Odd': 'caf\u00e9', 'Content-Type': 'application/octet-stream' },
      body,
    })
    const { request } = seen!
    expect(request.method).to.equal('PATCH')
    expect(request.url).to.equal('/hooks/orders/%7Eid?q=a%20b&q=c')
    expect(request.headers).to.include({ host: 'shop.example:8443', 'x-odd': 'caf\u00e9', 'content-length': '3000' })
    expect(hash(seen!.body)).to.equal(hash(body))
    expect(answer).to.deep.include({ status: 201 })
    expect(answer!.body.toString()).to.equal('made')
    expect(answer!.headers).to.deep.include({ 'x-twice': '1, 2', 'set-cookie': ['a', 'b'] })
    expect(stage!.results).to.have.lengthOf(1)
    expect(stage!.results[0]).to.include({ endpoint: 'orders', ok: true, code: 201 })
  })

  it('streams both ways, without waiting for the end of either', async () => {
    const origin = await start(
      http((request, response) => {
        response.writeHead(200)
        request.on('data', (chunk) => response.write(`<${chunk}>`))
        request.on('end', () => response.end('end'))
      }),
    )
    const { socket, text } = await connectTo(origin)
    socket.write('POST /hooks/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n')
    await until('the first echo', () => text().includes('<one>'))
    socket.write('3\r\ntwo\r\n')
    await until('the second echo', () => text().includes('<two>'))
    socket.write('0\r\n\r\n')
    await until('the end', () => text().includes('end'))
    socket.destroy()
  })

  it('answers HEAD, 204 and 304 without a body, and keeps what they say of one', async () => {
    const origin = await start(
      http((request, response) => {
        const status = Number(request.url!.slice(-3)) || 200
        response.writeHead(status, status === 200 ? { 'Content-Length': 5 } : { ETag: '"1"' })
        response.end(request.method === 'HEAD' ? undefined : 'hello'.slice(0, status === 200 ? 5 : 0))
      }),
    )
    const head = await deliver(origin, { method: 'HEAD' })
    expect(head).to.deep.include({ status: 200, body: Buffer.alloc(0) })
    expect(head!.headers['content-length']).to.equal('5')
    for (const status of [204, 304]) {
      const answer = await deliver(origin, { method: 'GET', path: `/hooks/${status}` })
      expect(answer).to.deep.include({ status, body: Buffer.alloc(0) })
      expect(answer!.headers).to.include({ etag: '"1"' }).and.not.have.any.keys('content-length', 'transfer-encoding')
    }
    expect((await deliver(origin, { method: 'GET' }))!.body.toString()).to.equal('hello')
  })

  it('answers Expect itself, drops early hints and trailers, and passes on every other status', async () => {
    const origin = await start(
      http(async (request, response) => {
        expect(request.headers).not.to.have.any.keys('expect', 'te')
        await read(request)
        if (request.url!.endsWith('hints')) response.writeEarlyHints({ link: '</a.css>; rel=preload' })
        if (request.url!.endsWith('trailers')) {
          response.writeHead(200, { Trailer: 'X-Sum' })
          response.write('body')
          response.addTrailers({ 'X-Sum': '42' })
          response.end()
          return
        }
        response.statusCode = 418
        response.statusMessage = 'Teapot'
        response.end('short and stout')
      }),
    )
    const text = await rawRequest(
      origin,
      'POST /hooks/hints HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab',
    )
    expect(text).to.match(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 418 Teapot\r\n/)
    const trailing = await deliver(origin, { path: '/hooks/trailers' })
    expect(trailing!.body.toString()).to.equal('body')
    expect(trailing).to.deep.include({ trailers: {} })
    expect(trailing!.headers).not.to.have.property('trailer')
  })

  it('serves HTTP/1.0, and closes where the end of the response is the end of the connection', async () => {
    const origin = await start(
      raw((socket) => socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nX: 1\r\n\r\nuntil the end'))),
    )
    const text = await rawRequest(origin, 'GET /hooks/a HTTP/1.0\r\n\r\n')
    expect(text)
      .to.match(/^HTTP\/1\.1 200 OK\r\n/)
      .and.match(/\r\n\r\nuntil the end$/)
    expect((await deliver(origin))!.body.toString()).to.equal('until the end')
  })

  it('is no open proxy, and lets no path leave its route', async () => {
    let requests = 0
    const origin = await start(
      http((_, response) => {
        requests += 1
        response.end()
      }),
    )
    const statusOf = async (head: string) => {
      const text = await rawRequest(origin, `${head}\r\nConnection: close\r\n\r\n`)
      return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
    }
    const port = app!.port
    expect(await statusOf(`GET http://127.0.0.1:${port}/hooks/a HTTP/1.1\r\nHost: x`)).to.equal(400)
    expect(await statusOf('GET http://example.com/hooks/a HTTP/1.1\r\nHost: example.com')).to.equal(400)
    expect(await statusOf(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x`)).to.equal(400)
    expect(await statusOf('OPTIONS * HTTP/1.1\r\nHost: x')).to.equal(400)
    for (const path of ['/other', '/', '/hooks', '/hook', '/Hooks/a'])
      expect(await statusOf(`GET ${path} HTTP/1.1\r\nHost: x`), path).to.equal(404)
    for (const path of [
      '/hooks/../admin',
      '/hooks/%2e%2e/admin',
      '/hooks/a/..',
      '/hooks/.%2E/',
      '/hooks/..%2fadmin',
      '/hooks/..;/a',
      '/hooks/..\\a',
      '/hooks/%252e%252e/admin',
      '/hooks/%25252e%25252e/admin',
      '/hooks/%2525252e%2525252e/admin',
      '/hooks/%2%352e%2%352e/admin',
      '/hooks/..%252fadmin',
      '/hooks/..%255cadmin',
      '/hooks/%c0%ae%c0%ae/admin',
      '/hooks/%C0%AE./admin',
      '/hooks/%25c0%25ae/admin',
      '/hooks/\xc0\xae\xc0\xae/admin',
      '/hooks/%e0%80%ae%e0%80%ae/admin',
      '/hooks/%f0%80%80%ae/admin',
      '/hooks/%f8%80%80%80%ae/admin',
      '/hooks/..%c0%afadmin',
      '/hooks/..%c1%9cadmin',
      '/hooks/%u002e%u002e/admin',
      '/hooks/..%u2215admin',
      '/hooks/%25u002e/admin',
      '/hooks/..%00/admin',
      '/hooks/%2e%2e%00',
      '/hooks/a%00/b',
      '/hooks/..%2500/admin',
      '/hooks/.%0a./admin',
      '/hooks/..%3fadmin',
      '/hooks/..%23admin',
    ])
      expect(await statusOf(`GET ${path} HTTP/1.1\r\nHost: x`), path).to.equal(400)
    for (const host of ['a b', 'a/b', 'a@b', 'a";for=b', 'a\\b', 'a?b', '[::1', 'a:b'])
      expect(await statusOf(`GET /hooks/a HTTP/1.1\r\nHost: ${host}`), host).to.equal(400)
    expect(requests).to.equal(0)
    for (const host of ['', 'shop.example:8443', '[::1]:80', 'a_b.svc'])
      expect(await statusOf(`GET /hooks/a HTTP/1.1\r\nHost: ${host}`), host).to.equal(200)
    requests = 0
    const passed = [
      '/hooks/a..b/...?../..',
      '/hooks/caf%C3%A9/%e9/%25/100%25?%00%2e%2e',
      '/hooks/a%2520b',
      '/hooks/%F0%9F%98%80',
    ]
    for (const path of passed) expect(await statusOf(`GET ${path} HTTP/1.1\r\nHost: x`), path).to.equal(200)
    expect(requests).to.equal(passed.length)
    expect(await statusOf('TRACE /hooks/a HTTP/1.1\r\nHost: x')).to.equal(405)
    expect(requests).to.equal(passed.length)
  })

  it('recognises a delivery that comes back to it', async () => {
    let origin = ''
    const again = http(async (request, response) => {
      const answer = await deliver(origin, { headers: { forwarded: request.headers['forwarded'] ?? '' } })
      response.statusCode = answer!.status
      response.end(answer!.body)
    })
    origin = await start(again)
    expect(await deliver(origin)).to.include({ status: 508 })
  })

  it('recognises one that two proxies pass on to each other, neither of which trusts the other', async () => {
    let second = ''
    const origin = await start(
      http(async (request, response) => {
        const answer = await deliver(second, { headers: { forwarded: request.headers['forwarded'] ?? '' } })
        response.statusCode = answer!.status
        response.end(answer!.body)
      }),
    )
    const other = await startProxyStage({ upstream: origin })
    try {
      second = other.origin
      expect(await deliver(origin)).to.include({ status: 508 })
      expect(app!.accepted(), 'the first one once').to.equal(1)
    } finally {
      await other.stop()
    }
  })

  it('loses no delivery to metrics, traces or receivers of results that throw', async () => {
    app = await http((_, response) => response.end('ok'))
    const fail = (): never => {
      throw new Error('broken')
    }
    stage = await startProxyStage(
      { upstream: upstream(app) },
      {
        metrics: { requestBegun: fail, attempted: fail, deliveryEnded: fail, otherEnded: fail },
        tracing: { request: fail },
        onDelivery: fail,
        onFault: fail,
      },
    )
    for (let index = 0; index < 3; index++) expect(await deliver(stage.origin)).to.deep.include({ status: 200 })
  })
})

async function connectTo(origin: string) {
  const { keepConnection } = await import('../support/keep-alive.ts')
  return keepConnection(origin)
}
