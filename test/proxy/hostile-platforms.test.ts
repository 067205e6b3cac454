import type { Socket } from 'node:net'
import { expect } from 'chai'
import { raw as rawRequest } from '../support/http.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { delay, http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { checkAndClose, openConnection, openSocket, sockets, statusesIn } from './hostile-sockets.ts'

describe('the proxy and hostile platforms', () => {
  const seen: string[] = []
  let app: Listening
  let stage: ProxyStage
  beforeEach(async () => {
    seen.length = 0
    app = await http(async (request, response) => {
      let body = ''
      try {
        for await (const chunk of request) body += chunk
      } catch {
        return
      }
      seen.push(`${request.method} ${request.url} ${body}`)
      response.end('ok')
    })
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry: 'safe' })
  })
  afterEach(() => checkAndClose(stage, app))

  const HEAD = 'POST /hooks/a HTTP/1.1\r\nHost: x\r\n'
  const SMUGGLED = 'GET /hooks/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const [name, request] of [
    [
      'Content-Length with chunked',
      `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'chunked with Content-Length',
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: ${SMUGGLED.length + 5}\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd${SMUGGLED}`],
    ['a list of lengths', `${HEAD}Content-Length: 0, 4\r\n\r\nabcd${SMUGGLED}`],
    ['a signed length', `${HEAD}Content-Length: +4\r\n\r\nabcd${SMUGGLED}`],
    ['chunked twice', `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['another coding', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    [
      'a folded header',
      `${HEAD}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['a bad chunk size', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`],
    [
      'a chunk size that overflows',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['a line feed alone', `POST /hooks/a HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`],
    ['a NUL in a header', `${HEAD}X: a\0b\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
    ['two Hosts', `${HEAD}Host: y\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
    [
      'chunked in HTTP/1.0',
      `POST /hooks/a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['no Host', `POST /hooks/a HTTP/1.1\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
    ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`],
    ['a header of 64 KiB', `${HEAD}X: ${'a'.repeat(65_536)}\r\n\r\n${SMUGGLED}`],
  ] as const) {
    it(`refuses ${name}, and runs nothing that follows`, async () => {
      const text = await rawRequest(stage.origin, Buffer.from(request, 'latin1'))
      expect(statusesIn(text)).to.deep.equal([400])
      await delay(20)
      expect(seen.filter((line) => line.includes('smuggled'))).to.deep.equal([])
      expect(seen.length).to.be.at.most(1)
    })
  }

  it('keeps the bodies of pipelined requests apart, and answers in order', async () => {
    const one = (path: string, body: string) =>
      `POST /hooks/${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const requests = Array.from({ length: 20 }, (_, index) => one(`${index}`, SMUGGLED.slice(0, index + 5)))
    const { socket, statuses } = await openConnection(stage.origin)
    socket.write(requests.join(''))
    await until('the answers', () => statuses().length === 20)
    expect(new Set(seen)).to.deep.equal(
      new Set(Array.from({ length: 20 }, (_, index) => `POST /hooks/${index} ${SMUGGLED.slice(0, index + 5)}`)),
    )
    socket.destroy()
  })

  it('passes an Upgrade on as a plain request, as the last of its connection', async () => {
    const text = await rawRequest(
      stage.origin,
      `GET /hooks/a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n${SMUGGLED}`,
    )
    expect(statusesIn(text)).to.deep.equal([200])
    expect(seen).to.deep.equal(['GET /hooks/a '])
  })

  it('ends the attempt when the platform hangs up, at every stage, and counts each once', async () => {
    const stages: readonly ((socket: Socket) => Promise<void>)[] = [
      async (socket) => void socket.write('POST /hooks/a HT'),
      async (socket) => void socket.write(`${HEAD}Content-Length: 10\r\n\r\n`),
      async (socket) => void socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`),
      async (socket) => void socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`),
      async (socket) => void socket.write(`${HEAD}Content-Length: 3\r\n\r\nabc`),
    ]
    for (let round = 0; round < 4; round++)
      for (const act of stages) {
        const socket = openSocket(stage.origin)
        await until('the connection', () => !socket.connecting)
        await act(socket)
        await delay(round * 3)
        if (round % 2) socket.destroy()
        else socket.resetAndDestroy()
      }
    await until('no delivery in flight', () => stage.inFlight() === 0)
    await delay(50)
    expect(stage.ended.length + stage.others.length).to.be.at.most(16)
    expect(new Set(stage.others)).to.deep.equal(new Set(['hang_up']))
    expect(stage.codes().filter((code) => code !== 200 && code !== 'client_closed')).to.deep.equal([])
    expect(seen.filter((line) => line.endsWith('abc')).length).to.be.at.most(4)
    expect((await deliver(stage.origin))?.status).to.equal(200)
  })

  it('takes a platform that ends its side of the connection early for one that hung up, as Node.js and nginx do', async () => {
    const request = `${HEAD}Content-Length: 3\r\n\r\nabc`
    app.close()
    app = await http((_, response) => void setTimeout(() => response.end('late'), 500))
    await stage.stop()
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry: 'idempotent' })
    for (const sent of [[request], [request, request], [request.slice(0, -1)]]) {
      const text = await rawRequest(stage.origin, [...sent, null])
      expect(statusesIn(text)).not.to.include(200)
    }
    // The last one is not whole.
    await until('the ends', () => stage.codes().length === 3 && stage.others.length === 1)
    expect(new Set(stage.codes())).to.deep.equal(new Set(['client_closed']))
    expect(stage.others).to.deep.equal(['hang_up'])
    expect(app.accepted(), 'attempts').to.be.at.most(4)
  })

  it('serves others while hundreds of connections send nothing, or a byte now and then', async () => {
    for (let index = 0; index < 300; index++) {
      const socket = openSocket(stage.origin)
      if (index % 2) socket.write(`${HEAD}Content-Length: 1000\r\n\r\na`)
    }
    await delay(200)
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(stage.origin)))
    expect(new Set(answers.map((answer) => answer?.status))).to.deep.equal(new Set([200]))
    for (const socket of sockets.splice(0)) socket.destroy()
  })
})
