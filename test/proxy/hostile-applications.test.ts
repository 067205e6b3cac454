import type { Socket } from 'node:net'
import { expect } from 'chai'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { delay, type Listening, raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { checkAndClose, openConnection, openSocket, statusesIn } from './hostile-sockets.ts'

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
    [
      'another coding below the chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok'],
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

  for (const [name, path, status] of [
    ['the application answers', '/hooks/a', 200],
    ['the proxy answers itself', '/nowhere', 404],
  ] as const)
    it(`resets no platform that reads only after it has sent everything, where ${name} early`, async () => {
      const { origin } = await behave((socket, requests) => {
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly')
      })
      const socket = openSocket(origin).pause()
      const errors: Error[] = []
      socket.on('error', (error) => errors.push(error))
      await until('the connection', () => !socket.connecting)
      const block = Buffer.alloc(100_000)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${40 * block.length}\r\n\r\n`,
      )
      for (let sent = 0; sent < 40; sent++) {
        socket.write(block)
        await delay(5)
      }
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.resume()
      await until('the answer', () => /\r\n\r\n./.test(text))
      expect(statusesIn(text)).to.deep.equal([status])
      expect(errors).to.deep.equal([])
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
