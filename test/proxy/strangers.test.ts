import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { expect } from 'chai'
import { type Recognizer, recognizer } from '../../src/signature/recognizer.ts'
import { signStandardWebhook } from '../../src/signature/standard-webhooks.ts'
import { raw as rawRequest } from '../support/http.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { statusesIn } from './hostile-sockets.ts'

const SECRET = 'a-secret-of-the-platform'
const KEY = Buffer.from('0123456789abcdef0123456789abcdef')
const BODY = '{"order":1}'
const now = () => Math.floor(Date.now() / 1_000)
const HMAC = {
  kind: 'hmac',
  header: 'X-Signature',
  prefix: 'v1=',
  algorithm: 'sha256',
  encoding: 'hex',
  signed: '{timestamp}.{body}!',
  tolerance: 300_000,
} as const
const by = (scheme: object, ...keys: (string | Buffer)[]): Recognizer =>
  recognizer({ ...HMAC, ...scheme }, { keys: () => keys.map((key) => Buffer.from(key)), clock: Date.now })
const signature = (body = BODY, time = now(), secret = SECRET) =>
  `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}!`).digest('hex')}`

describe('strangers at the proxy', () => {
  let app: Listening
  let stage: ProxyStage
  before(async () => {
    app = await http((request, response) => {
      const { 'x-answer': answer = '200' } = request.headers
      request.resume().on('error', () => {})
      if (answer !== 'never') request.once('end', () => response.writeHead(Number(answer)).end())
    })
    const route = {
      endpoint: 'orders',
      upstream: `http://127.0.0.1:${app.port}`,
      patience: 1_000,
      retry: 'none',
      statuses: [],
      methods: ['POST', 'PUT'],
    } as const
    stage = await startProxyStage([
      { ...route, path: '/hooks/orders' },
      { ...route, path: '/below/*' },
      {
        ...route,
        path: '/secret/*',
        recognize: by({ kind: 'header', header: 'X-Platform', prefix: 'Bearer ' }, SECRET),
      },
      { ...route, path: '/signed', recognize: by({}, 'an-older-secret-of-it', SECRET) },
      { ...route, path: '/standard', recognize: by({ kind: 'standard-webhooks' }, KEY) },
      { ...route, path: '/no-key', recognize: by({ kind: 'header', header: 'X-Platform', prefix: '' }) },
    ])
  })
  after(async () => {
    await stage.stop()
    await app.close()
  })
  /** What became of one request: the code of a delivery, or why it was none. */
  async function became(send: () => Promise<unknown>): Promise<unknown> {
    const [ended, others] = [stage.ended.length, stage.others.length]
    await send()
    await until('its end', () => stage.ended.length + stage.others.length > ended + others)
    expect(stage.ended.length + stage.others.length).to.equal(ended + others + 1)
    expect(stage.results).to.have.length(stage.ended.length)
    expect(stage.inFlight()).to.equal(0)
    return stage.ended.length > ended ? stage.ended.at(-1)!.code : stage.others.at(-1)
  }
  const sent = (path: string, options: Parameters<typeof deliver>[1] = {}) =>
    became(() => deliver(stage.origin, { path, ...options }))

  it('count for nothing with another method than the platform’s, or below its path', async () => {
    expect(await sent('/hooks/orders')).to.equal(200)
    expect(await sent('/hooks/orders?a=b')).to.equal(200)
    expect(await sent('/hooks/orders', { method: 'PUT' })).to.equal(200)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH'])
      expect(await sent('/hooks/orders', { method }), method).to.equal('method')
    expect(await sent('/below/orders')).to.equal('path')
    expect(await sent('/below/')).to.equal('path')
    const attempts = stage.attempts.length
    expect(await sent('/hooks/orders', { method: 'GET', headers: { 'x-answer': '500' } })).to.equal('method')
    expect(stage.attempts.length, 'attempts').to.equal(attempts)
    for (const path of [
      '/hooks/orders/',
      '//hooks/orders',
      '/hooks//orders',
      '/HOOKS/orders',
      '/hooks/order%73',
      '/hooks/orders;a',
    ])
      expect((await deliver(stage.origin, { path }))?.status, path).to.equal(404)
  })

  it('count for nothing where the application refuses them with 401 or 403, or they hang up at any stage', async () => {
    for (const status of ['401', '403'])
      expect(await sent('/hooks/orders', { headers: { 'x-answer': status } }), status).to.equal('unauthorized')
    for (const status of ['400', '500'])
      expect(await sent('/hooks/orders', { headers: { 'x-answer': status } })).to.equal(Number(status))
    const head = 'POST /hooks/orders HTTP/1.1\r\nHost: x\r\n'
    for (const text of [
      `${head}Content-Length: 10\r\n\r\n`,
      `${head}Content-Length: 10\r\n\r\nabc`,
      `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
      `${head}Content-Length: 3\r\nX-Answer: never\r\n\r\nabc`,
    ]) {
      const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1').on('error', () => {})
      const hangUp = async () => {
        socket.write(text)
        await until('the request', () => stage.inFlight() === 1)
        socket.destroy()
      }
      expect(await became(hangUp), text).to.equal('hang_up')
    }
  })

  it('count for nothing without the secret that the platform sends', async () => {
    expect(await sent('/secret/orders', { headers: { 'X-Platform': `Bearer ${SECRET}` } })).to.equal(200)
    const answers = { 'X-Platform': `Bearer ${SECRET}`, 'x-answer': '401' }
    expect(await sent('/secret/orders', { headers: answers }), 'the platform itself is refused').to.equal(401)
    const forged: Record<string, string | string[]>[] = [
      {},
      { 'X-Platform': '' },
      { 'X-Platform': 'Bearer ' },
      { 'X-Platform': SECRET },
      { 'X-Platform': `bearer ${SECRET}` },
      { 'X-Platform': `Bearer ${SECRET}x` },
      { 'X-Platform': `Bearer ${SECRET.toUpperCase()}` },
      { 'X-Platform': [`Bearer ${SECRET}`, 'x'] },
      { 'X-Platform': ['x', `Bearer ${SECRET}`] },
      { X_Platform: `Bearer ${SECRET}` },
      { 'X-Platform-': `Bearer ${SECRET}` },
      { 'X-Platform': '__proto__' },
    ]
    for (const headers of forged) {
      expect(await sent('/secret/a', { headers }), JSON.stringify(headers)).to.equal('unsigned')
      const refused = { ...headers, 'x-answer': '403' }
      expect(await sent('/secret/a', { headers: refused }), JSON.stringify(refused)).to.equal('unauthorized')
    }
    expect(await sent('/secret/a', { method: 'GET', headers: { 'X-Platform': `Bearer ${SECRET}` } })).to.equal('method')
    for (const headers of [{}, { 'X-Platform': '' }] as Record<string, string>[])
      expect(await sent('/no-key', { headers }), 'no secret could be read').to.equal('unsigned')
    // Fields of a trailer are none of the header's.
    const trailer = `POST /secret/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Platform: Bearer ${SECRET}\r\n\r\n`
    expect(await became(() => rawRequest(stage.origin, trailer))).to.equal('unsigned')
  })

  it('count for nothing without the platform’s signature over this body, however it arrives', async () => {
    const signed = (value: string, more = {}) => sent('/signed', { headers: { 'X-Signature': value }, ...more })
    expect(await signed(signature())).to.equal(200)
    expect(await signed(`${signature()},v1=00`)).to.equal(200)
    expect(await signed(signature('')), 'of another body').to.equal('unsigned')
    for (const value of [
      '',
      'v1=',
      signature(BODY, now(), 'another-secret-of-it'),
      signature(BODY, now() - 400),
      signature(BODY, now() + 400),
      signature().slice(0, -1),
      signature().replace('t=', 't=1'),
      signature().replace('v1=', 'v0='),
    ])
      expect(await signed(value), value).to.equal('unsigned')
    expect(await signed(signature(`${BODY} `))).to.equal('unsigned')
    const large = 'x'.repeat(3_000_000)
    expect(await signed(signature(large), { body: large }), 'no copy of it is kept').to.equal(200)
    expect(await signed(signature(large), { body: `${large.slice(1)}y` })).to.equal('unsigned')
    const pieces = async function* () {
      for (const piece of BODY) yield Buffer.from(piece)
    }
    expect(await signed(signature(), { body: pieces() })).to.equal(200)

    const standard = (headers: Record<string, string>) => sent('/standard', { headers })
    const message = signStandardWebhook({ id: 'msg_1', timestamp: now(), body: BODY }, [{ kind: 'hmac', secret: KEY }])
    const svix = Object.fromEntries(
      Object.entries(message).map(([name, value]) => [name.replace('webhook', 'svix'), value]),
    )
    expect(await standard(message)).to.equal(200)
    expect(await standard(svix)).to.equal(200)
    expect(await standard({ ...message, ...svix }), 'both spellings').to.equal('unsigned')
    expect(await standard({ ...message, 'webhook-id': 'msg_2' })).to.equal('unsigned')
    expect(await standard({ ...message, 'webhook-timestamp': `${now() + 1}` })).to.equal('unsigned')
    expect(await standard({})).to.equal('unsigned')
  })

  it('are told from a platform that waited for too long by what identifies it', async () => {
    for (const [headers, expected] of [
      [`X-Platform: Bearer ${SECRET}`, 'client_closed'],
      ['X-Platform: Bearer x', 'unsigned'],
    ] as const) {
      const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1').on('error', () => {})
      const hangUp = async () => {
        await new Promise((done) => socket.once('connect', done))
        socket.write(
          `POST /secret/a HTTP/1.1\r\nHost: x\r\nX-Answer: never\r\n${headers}\r\nContent-Length: 3\r\n\r\nabc`,
        )
        await until('the request', () => stage.inFlight() === 1)
        socket.destroy()
      }
      expect(await became(hangUp), headers).to.equal(expected)
    }
  })

  it('change nothing with requests that reach no route', async () => {
    const before = [stage.ended.length, stage.others.length]
    for (const request of [
      `POST http://127.0.0.1:${app.port}/hooks/orders HTTP/1.1\r\nHost: x`,
      'TRACE /hooks/orders HTTP/1.1\r\nHost: x',
      'CONNECT x:80 HTTP/1.1\r\nHost: x',
      'POST /hooks/orders HTTP/1.1\r\nHost: x\r\nHost: y',
      'POST * HTTP/1.1\r\nHost: x',
    ])
      expect(
        statusesIn(await rawRequest(stage.origin, `${request}\r\nConnection: close\r\n\r\n`)),
        request,
      ).to.have.length(1)
    expect([stage.ended.length, stage.others.length]).to.deep.equal(before)
  })
})
