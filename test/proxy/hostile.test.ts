import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { raw as rawRequest } from '../support/http.ts'
import { keepConnection } from '../support/keep-alive.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { delay, http, type Listening, raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const sockets: Socket[] = []
/** Connections that are closed after the test, whatever becomes of it. */
async function openConnection(origin: string) {
  const connection = await keepConnection(origin)
  sockets.push(connection.socket)
  return connection
}
function openSocket(origin: string): Socket {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}
/** A failed check must leave nothing open, or the process would never end. */
async function checkAndClose(stage: ProxyStage | undefined, app: Listening | undefined): Promise<void> {
  try {
    expect(stage?.faults ?? []).to.deep.equal([])
    await until('no delivery in flight', () => (stage?.inFlight() ?? 0) === 0)
  } finally {
    for (const socket of sockets.splice(0)) socket.destroy()
    await stage?.stop()
    await app?.close()
  }
}

const statusesIn = (text: string) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))

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
    expect(stage.ended.length).to.be.at.most(16)
    expect(stage.codes().filter((code) => code !== 200 && code !== 'client_closed')).to.deep.equal([])
    expect(seen.filter((line) => line.endsWith('abc')).length).to.be.at.most(4)
    expect((await deliver(stage.origin))?.status).to.equal(200)
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

describe('the proxy and hostile applications', () => {
  let app: Listening | undefined
  let stage: ProxyStage | undefined
  afterEach(async () => {
    await checkAndClose(stage, app)
    stage = app = undefined
  })
  const behave = async (act: (socket: Socket, requests: number) => void, more = {}) => {
    let requests = 0
    app = await raw((socket) => {
      socket.on('data', () => {
        requests += 1
        act(socket, requests)
      })
    })
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry: 'safe', ...more })
    return stage
  }

  for (const [name, response] of [
    ['garbage', 'hello\r\n\r\n'],
    ['no status', 'HTTP/1.1\r\n\r\n'],
    ['an unknown version', 'HTTP/9.9 200 OK\r\n\r\n'],
    [
      'Content-Length with chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a header with a NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['a header of 128 KiB', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(131_072)}\r\n\r\n`],
  ] as const) {
    it(`answers 502 to ${name}, once`, async () => {
      const { origin } = await behave((socket) => void socket.write(Buffer.from(response, 'latin1')))
      expect((await deliver(origin))?.status).to.equal(502)
      await until('the end', () => stage!.ended.length === 1)
      expect(app!.accepted()).to.equal(1)
      expect(stage!.retries()).to.deep.equal([])
    })
  }

  it('ends a header without end', async () => {
    const { origin } = await behave((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write(`X-${Math.random()}: ${'a'.repeat(10_000)}\r\n`), 1)
      socket.on('close', () => clearInterval(timer))
    })
    expect((await deliver(origin))?.status).to.equal(502)
  })

  it('takes nothing of what follows a response for the next one', async () => {
    const { origin } = await behave((socket, requests) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 1\r\n\r\n${requests}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`,
      ),
    )
    for (let index = 0; index < 5; index++) {
      const answer = await deliver(origin)
      expect(answer?.body.toString()).to.equal(`${index + 1}`)
    }
  })

  it('passes a response on that comes before the request is complete', async () => {
    const { origin } = await behave((socket) =>
      socket.end('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig'),
    )
    const { socket, text, ended } = await openConnection(origin)
    socket.write('POST /hooks/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n')
    const timer = setInterval(() => socket.writable && socket.write(Buffer.alloc(10_000)), 2)
    socket.once('close', () => clearInterval(timer))
    await until('the answer', () => text().includes('big'))
    expect(statusesIn(text())).to.deep.equal([413])
    await until('the end of the connection', ended)
  })

  it('passes a response on that comes before the request is complete, and before a reset', async () => {
    const { origin } = await behave((socket, requests) => {
      if (requests > 1) return
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig')
      setTimeout(() => socket.resetAndDestroy(), 20)
    })
    const { socket, text } = await openConnection(origin)
    socket.write('POST /hooks/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n')
    const timer = setInterval(() => socket.writable && socket.write(Buffer.alloc(10_000)), 2)
    socket.once('close', () => clearInterval(timer))
    await until('the answer', () => text().includes('big'))
    await until('the end', () => stage!.ended.length === 1)
    expect(statusesIn(text())).to.deep.equal([413])
    expect(stage!.attempts.map(({ code }) => code)).to.deep.equal([413])
    expect(app!.accepted()).to.equal(1)
  })

  it('breaks off what the application breaks off, and declares too long', async () => {
    const { origin } = await behave((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    expect(await deliver(origin)).to.equal(undefined)
    await until('the end', () => stage!.ended.length === 1)
    expect(stage!.codes()).to.deep.equal(['incomplete'])
  })

  it('passes a response on as slowly as it comes', async () => {
    const { origin } = await behave((socket) => {
      const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
      let index = 0
      const timer = setInterval(() => {
        if (index === text.length) clearInterval(timer)
        else socket.write(text[index++]!)
      }, 1)
    })
    expect((await deliver(origin))?.body.toString()).to.equal('hello')
  })

  for (const [name, response] of [
    ['a reason in other letters', 'HTTP/1.1 200 已创建\r\n'],
    ['a reason in Latin-1', Buffer.from('HTTP/1.1 200 Cr\xe9\xe9\r\n', 'latin1')],
    [
      'hints with a list of links',
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style, </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n',
    ],
    [
      'hints with a quoted title',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=next; title="two words"\r\n\r\nHTTP/1.1 200 OK\r\n',
    ],
  ] as const) {
    it(`does not lose a delivery to ${name}`, async () => {
      const { origin } = await behave((socket) => {
        socket.write(response)
        socket.write('Content-Length: 2\r\n\r\nok')
      })
      const answer = await deliver(origin)
      expect(answer?.status).to.equal(200)
      expect(answer?.body.toString()).to.equal('ok')
    })
  }

  it('accepts interim responses that nobody asked for', async () => {
    const { origin } = await behave((socket) =>
      socket.write(
        'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    expect((await deliver(origin))?.body.toString()).to.equal('ok')
  })
})
