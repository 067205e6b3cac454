import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { raw as rawRequest } from '../support/http.ts'
import { deliver } from '../support/proxy-stage.ts'
import { http, type Listening, raw } from '../support/sockets.ts'
import { useStages } from './stages.ts'

describe('the proxy', () => {
  const { stageFor, serve } = useStages()
  const start = async (app: Promise<Listening>, isTrusted = () => false) =>
    (await stageFor('none', { upstream: await serve(app) }, { isTrusted })).origin

  /** An application that keeps the headers that it gets. */
  async function recording(isTrusted?: () => boolean) {
    const seen: IncomingMessage['headers'][] = []
    const app = http((request, response) => {
      seen.push(request.headers)
      request.resume()
      response.end()
    })
    const origin = await start(app, isTrusted)
    return { seen, origin }
  }

  it('says where a delivery came from, and starts a trace where there is none', async () => {
    const { seen, origin } = await recording(() => true)
    await deliver(origin, { headers: { Host: 'shop.example' } })
    await deliver(origin, {
      headers: {
        Host: 'shop.example',
        'X-Forwarded-For': '203.0.113.7',
        'X-Forwarded-Proto': 'https',
        Forwarded: 'for=203.0.113.7',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    })
    expect(seen[0]).to.include({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
    })
    expect(seen[0]!['forwarded']).to.match(/^for=127\.0\.0\.1;host=shop\.example;proto=http;by=_[0-9a-f]{16}$/)
    expect(seen[0]!['traceparent']).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(seen[1]).to.include({
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      'x-forwarded-proto': 'https',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    expect(seen[1]!['forwarded']).to.match(/^for=203\.0\.113\.7, for=127\.0\.0\.1;host=/)
  })

  it('puts its own word on where a request came from in place of what a client claims, in any spelling', async () => {
    const { seen, origin } = await recording()
    const claims = [
      'X-Forwarded-For',
      'x-forwarded-proto',
      'X-Forwarded-Host',
      'X-FORWARDED-PORT',
      'X-Forwarded-Server',
      'X-Forwarded-Prefix',
      'X-Forwarded',
      'Forwarded-For',
      'X_Forwarded_For',
      'X-Forwarded_Proto',
      'X-Original-Forwarded-For',
      'X-Real-IP',
      'X_Real_IP',
      'X-Client-IP',
      'Client-IP',
      'X-Cluster-Client-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
      'X-Remote-Addr',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Original-Host',
    ]
    const headers = Object.fromEntries(claims.map((name) => [name, 'claimed']))
    await deliver(origin, {
      headers: { ...headers, Forwarded: 'for=claimed', 'X-Forwarded': 'claimed', 'X-Kept': '1' },
    })
    expect(JSON.stringify(seen[0])).not.to.include('claimed')
    expect(seen[0]).to.include({ 'x-kept': '1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(seen[0]!['forwarded']).to.match(/^for=127\.0\.0\.1;host=[^,]*$/)
    expect(seen[0]!['x-forwarded-host']).to.equal(seen[0]!.host)
  })

  it('keeps a valid trace context, and puts its own in the place of any other', async () => {
    const { seen, origin } = await recording()
    const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const tracestate = 'vendor=1'
    const valid = `00-${trace}-${parent}-01`
    for (const traceparent of [valid, `cc-${trace}-${parent}-01`, `cc-${trace}-${parent}-01-later.fields`]) {
      await deliver(origin, { headers: { traceparent, tracestate } })
      expect(seen.at(-1)).to.include({ traceparent, tracestate })
    }
    for (const traceparent of [
      `ff-${trace}-${parent}-01`,
      `00-${trace}-${parent}-01-more`,
      `00-${trace.toUpperCase()}-${parent}-01`,
      `00-${'0'.repeat(32)}-${parent}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace}-${parent}`,
      `cc-${trace}-${parent}-01.later`,
      'nonsense',
      '',
      [valid, valid],
    ]) {
      await deliver(origin, { headers: { traceparent, tracestate } })
      const headers = seen.at(-1)!
      expect(headers['traceparent'], String(traceparent)).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
      expect(headers['traceparent'], String(traceparent)).not.to.include(trace)
      expect(headers, String(traceparent)).not.to.have.property('tracestate')
    }
    await deliver(origin, { headers: { tracestate } })
    expect(seen.at(-1)).not.to.have.property('tracestate')
  })

  it('removes what belongs to one connection, in both directions', async () => {
    let seen = ''
    const origin = await start(
      raw((socket) =>
        socket.on('data', (chunk) => {
          seen += chunk.toString('latin1')
          socket.end(
            'HTTP/1.1 200 OK\r\nConnection: close, X-App-Hop\r\nX-App-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok',
          )
        }),
      ),
    )
    const text = await rawRequest(
      origin,
      'POST /hooks/a HTTP/1.1\r\nHost: x\r\nConnection: close, X-Hop, Host, Content-Length\r\nX-Hop: 1\r\nX-Kept: 1\r\nTE: trailers\r\nTrailer: X-End\r\nProxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nUpgrade: websocket\r\nKeep-Alive: 5\r\nTransfer_Encoding: chunked\r\nContent_Length: 1\r\nContent-Length: 3\r\n\r\nabc',
    )
    expect(seen)
      .to.match(/^host: x\r$/im)
      .and.match(/^X-Kept: 1\r$/m)
      .and.match(/^content-length: 3\r$/im)
    for (const name of ['X-Hop', 'TE', 'Trailer', 'Proxy-Authorization', 'Proxy-Connection', 'Upgrade', 'Keep-Alive'])
      expect(seen, name).not.to.match(new RegExp(`^${name}:`, 'im'))
    // Servers that read an underscore as a hyphen would take them for the framing.
    expect(seen).not.to.match(/^\w+_\w+:/m)
    expect(text)
      .to.match(/^HTTP\/1\.1 200 OK\r$/m)
      .and.match(/^X-Kept: 1\r$/m)
    expect(text).not.to.match(/X-App-Hop|timeout=9|Proxy-Authenticate/)
  })
})
