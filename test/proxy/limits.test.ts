import { connect } from 'node:net'
import { expect } from 'chai'
import { createCopySpace } from '../../src/proxy/copies.ts'
import { DELIVERY_LIMIT } from '../../src/proxy/delivery-context.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

describe('limits of the proxy', () => {
  it('are 60 s for a delivery, and 64 MiB for all copies of requests', () => {
    expect(DELIVERY_LIMIT).to.equal(60_000)
    const space = createCopySpace()
    expect(space.take(64 * 1_048_576)).to.equal(true)
    expect(space.take(1)).to.equal(false)
    space.release(1)
    expect(space.take(1)).to.equal(true)
  })

  let app: Listening | undefined
  let stage: ProxyStage | undefined
  afterEach(async () => {
    await stage?.stop()
    await app?.close()
    stage = app = undefined
  })

  it('gives up, as late as a delivery may take, an application that does not respond', async () => {
    app = await http((request) => void request.resume())
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}` }, { limits: { delivery: 300 } })
    const started = performance.now()
    expect((await deliver(stage.origin))?.status).to.equal(504)
    expect(performance.now() - started).to.be.at.least(290)
    expect(stage.codes()).to.deep.equal([504])
    expect(stage.attempts.map(({ code }) => code)).to.deep.equal(['timeout'])
  })

  it('breaks off a response that has not ended by then', async () => {
    app = await http((request, response) => {
      request.resume()
      response.writeHead(200)
      const timer = setInterval(() => response.write('.'), 20)
      response.once('close', () => clearInterval(timer))
    })
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}` }, { limits: { delivery: 300 } })
    expect(await deliver(stage.origin)).to.equal(undefined)
    await until('the end', () => stage!.codes().length === 1)
    expect(stage.codes()).to.deep.equal(['incomplete'])
    await until('the connection to be closed', () => app!.open() === 0)
  })

  it('breaks off a response that nobody reads, which is the client’s fault, and not the application’s', async () => {
    app = await http((request, response) => request.resume().once('end', () => response.end(Buffer.alloc(30_000_000))))
    stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}` }, { limits: { delivery: 300 } })
    const { hostname, port } = new URL(stage.origin)
    const socket = connect(Number(port), hostname).pause()
    socket.on('error', () => {}).write('POST /hooks/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}')
    await until('the end', () => stage!.others.length + stage!.ended.length === 1)
    expect(stage.others).to.deep.equal(['hang_up'])
    socket.destroy()
  })

  it('ends a body that never ends', async () => {
    let received = 0
    app = await http((request) => void request.on('data', (chunk) => (received += chunk.length)).on('error', () => {}))
    stage = await startProxyStage(
      { upstream: `http://127.0.0.1:${app.port}`, retry: 'idempotent', attemptTimeout: 900 },
      { limits: { delivery: 500 } },
    )
    const { hostname, port } = new URL(stage.origin)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('error', () => {}).on('data', (chunk) => (text += chunk))
    socket.write('POST /hooks/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const timer = setInterval(() => socket.writable && socket.write(`2710\r\n${'a'.repeat(10_000)}\r\n`), 5)
    try {
      await until('the answer', () => text.includes('HTTP/1.1 408'))
      await until('the end', () => stage!.others.length === 1)
      expect(received).to.be.above(100_000)
      expect(stage.others).to.deep.equal(['hang_up'])
      expect(stage.codes()).to.deep.equal([])
    } finally {
      clearInterval(timer)
      socket.destroy()
    }
  })

  it('keeps copies of requests only where there is room, and repeats no other', async () => {
    const requests: string[] = []
    app = await http(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      requests.push(body)
      response.writeHead(requests.length === 1 ? 503 : 200).end()
    })
    const route = { upstream: `http://127.0.0.1:${app.port}`, retry: 'idempotent' as const }
    stage = await startProxyStage(route, { limits: { copies: 1_000 } })
    expect((await deliver(stage.origin, { body: 'a'.repeat(1_001) }))?.status).to.equal(503)
    expect(stage.retries()).to.deep.equal(['status not_allowed'])
    requests.length = 0
    // What has ended leaves its room to the next.
    for (let index = 0; index < 3; index++) {
      requests.length = 0
      expect((await deliver(stage.origin, { body: 'a'.repeat(1_000) }))?.status).to.equal(200)
      expect(requests).to.deep.equal(['a'.repeat(1_000), 'a'.repeat(1_000)])
    }
  })
})
