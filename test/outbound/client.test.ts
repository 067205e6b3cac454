import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { OutboundFault } from '../../src/domain/ports/outbound-client.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { roundTrip } from '../../src/service/canary.ts'

const SECRET = 's'.repeat(32)

describe('createOutboundClient()', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })

  async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
    let requests = 0
    const server = createServer((request, response) => {
      requests += 1
      handle(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests: () => requests }
  }
  const client = (allow: readonly string[] = ['127.0.0.1'], names: Record<string, string[]> = {}) =>
    createOutboundClient({ guard: outboundGuard({ allow, internal: [] }), lookup: async (host) => names[host] ?? [] })
  const signal = () => AbortSignal.timeout(10_000)
  const faultOf = (sent: Promise<unknown>): Promise<OutboundFault> =>
    sent.then(
      () => expect.fail('it was answered'),
      (error) => {
        expect(error).to.be.instanceOf(OutboundFault)
        return error as OutboundFault
      },
    )

  it('sends a body, and reads the answer to its end', async () => {
    const { url } = await serve(async (request, response) => {
      const chunks = await request.toArray()
      response.end(`${request.method} ${request.headers['content-type']} ${Buffer.concat(chunks)}`)
    })
    const headers = { 'Content-Type': 'text/plain' }
    const answer = await client().send(
      { method: 'POST', url, headers, body: 'grüße', answerLimit: 1_000 },
      { signal: signal() },
    )
    expect(answer).to.include({ status: 200, body: 'POST text/plain grüße' })
  })

  it('cuts an endless answer at its limit, and reads none where none was asked for', async () => {
    const { url } = await serve((_, response) => {
      const write = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(write))
      }
      write()
    })
    const { send } = client()
    expect((await send({ method: 'GET', url, answerLimit: 10 }, { signal: signal() })).body).to.equal('x'.repeat(10))
    expect((await send({ method: 'GET', url }, { signal: signal() })).body).to.equal('')
  })

  it('reports an answer that ends early as such', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('short', () => response.destroy())
    })
    const fault = await faultOf(client().send({ method: 'GET', url, answerLimit: 1_000 }, { signal: signal() }))
    expect(fault.reason).to.equal('protocol')
  })

  it('follows no redirect', async () => {
    const target = await serve((_, response) => response.end())
    const { url } = await serve((_, response) => response.writeHead(302, { location: target.url }).end())
    const answer = await client().send({ method: 'GET', url }, { signal: signal() })
    expect(answer).to.include({ status: 302, location: target.url })
    expect(target.requests()).to.equal(0)
  })

  it('checks the addresses it connects to, also one that the caller names', async () => {
    const { url, requests } = await serve((_, response) => response.end())
    const { port } = new URL(url)
    const named = `http://shop.example:${port}/`
    const closed = client([], { 'shop.example': ['127.0.0.1'] })
    expect((await faultOf(closed.send({ method: 'GET', url: named }, { signal: signal() }))).reason).to.equal('blocked')
    const options = { signal: signal(), address: '127.0.0.1' }
    expect((await faultOf(closed.send({ method: 'GET', url: named }, options))).reason).to.equal('blocked')
    expect(await closed.speaksTls(`https://shop.example:${port}/`, '127.0.0.1', signal())).to.equal(false)
    expect(requests()).to.equal(0)
  })

  it('rejects with the reason of the signal once it aborts', async () => {
    const { url } = await serve(() => {})
    const reason = new Error('stopped')
    const stop = new AbortController()
    const sent = client().send({ method: 'GET', url }, { signal: stop.signal })
    stop.abort(reason)
    expect(await sent.catch((error) => error)).to.equal(reason)
  })

  it('keeps the canary away from a metadata service behind a public name', async () => {
    const result = await roundTrip({
      client: client([], { 'errors.example': ['169.254.169.254'] }),
      url: 'http://errors.example/webhooks/error',
      token: undefined,
      secret: SECRET,
      timeout: 10_000,
      clock: Date.now,
      classify: () => expect.fail('nothing answered'),
    })
    expect(result).to.deep.include({
      cause: 'blocked',
      detail:
        'connecting to errors.example is not permitted: 169.254.169.254 is metadata; outbound.allow can permit it',
    })
  })
})
