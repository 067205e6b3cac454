import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { createConnectGate } from '../../src/proxy/connect-gate.ts'
import type { Route } from '../../src/proxy/proxy.ts'
import { selfSigned } from '../support/certificates.ts'
import { deliver, type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { blackHole, http, type Listening, raw, rawTls } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'

const MODES = ['none', 'safe', 'idempotent'] as const
type Mode = (typeof MODES)[number]

describe('retries of the proxy', () => {
  const apps: Listening[] = []
  const stages: ProxyStage[] = []
  afterEach(async () => {
    for (const stage of stages.splice(0)) await stage.stop()
    for (const app of apps.splice(0)) await app.close()
  })

  const stageFor = async (retry: Mode, route: Partial<Route> & { upstream: string }) => {
    const stage = await startProxyStage({ retry, ...route })
    stages.push(stage)
    return stage
  }
  const serve = async (app: Promise<Listening>) => {
    apps.push(await app)
    return `http://127.0.0.1:${apps.at(-1)!.port}`
  }

  /** An application whose first request meets `first`; all others are answered 200. */
  const once = async (first: (request: IncomingMessage, response: ServerResponse) => void) => {
    const requests: { headers: IncomingMessage['headers']; raw: string[]; body: string; at: number }[] = []
    const upstream = await serve(
      http(async (request, response) => {
        const seen = { headers: request.headers, raw: request.rawHeaders, body: '', at: performance.now() }
        requests.push(seen)
        if (requests.length === 1) {
          first(request, response)
          request.on('data', (chunk) => {
            seen.body += chunk
          })
          return
        }
        for await (const chunk of request) seen.body += chunk
        response.end('good')
      }),
    )
    return { upstream, requests }
  }

  describe('of what may have reached the application', () => {
    const rows: Record<
      string,
      {
        first: (request: IncomingMessage, response: ServerResponse) => void
        status: number
        reason: string
        statuses?: number[]
      }
    > = {
      'a reset before the response': {
        first: (request) => request.socket.resetAndDestroy(),
        status: 502,
        reason: 'reset',
      },
      'an end before the response': { first: (request) => request.socket.end(), status: 502, reason: 'reset' },
      '503': { first: (_, response) => response.writeHead(503).end('later'), status: 503, reason: 'status' },
      '502': { first: (_, response) => response.writeHead(502).end(), status: 502, reason: 'status' },
      '504': { first: (_, response) => response.writeHead(504).end(), status: 504, reason: 'status' },
    }
    for (const [name, { first, status, reason }] of Object.entries(rows)) {
      for (const mode of MODES) {
        const isRetried = mode === 'idempotent'
        it(`${isRetried ? 'repeats' : 'does not repeat'} ${name}, with ${mode}`, async () => {
          const { upstream, requests } = await once(first)
          const stage = await stageFor(mode, { upstream })
          const answer = await deliver(stage.origin, { body: 'the body' })
          expect(answer?.status).to.equal(isRetried ? 200 : status)
          expect(requests).to.have.lengthOf(isRetried ? 2 : 1)
          if (isRetried) {
            expect(requests[1]!.headers['webhook-attempt']).to.equal('2')
            expect(requests[1]!.raw.join().replace(',webhook-attempt,2', '')).to.equal(requests[0]!.raw.join())
            expect(requests[1]!.body).to.equal('the body')
            expect(requests[1]!.at - requests[0]!.at).to.be.at.least(20)
          }
          expect(stage.retries()).to.deep.equal([`${reason} ${isRetried ? 'saved' : 'not_allowed'}`])
          expect(stage.codes()).to.deep.equal([answer!.status])
        })
      }
    }

    for (const [name, first, status] of [
      ['500', (_: IncomingMessage, response: ServerResponse) => response.writeHead(500).end('broken'), 500],
      ['429', (_: IncomingMessage, response: ServerResponse) => response.writeHead(429).end(), 429],
      ['half a response header', (request: IncomingMessage) => request.socket.end('HTTP/1.1 200 OK\r\nConte'), 502],
      ['garbage', (request: IncomingMessage) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 502],
    ] as const) {
      it(`repeats ${name} in no mode`, async () => {
        for (const mode of MODES) {
          const { upstream, requests } = await once(first)
          const stage = await stageFor(mode, { upstream })
          expect((await deliver(stage.origin))?.status, mode).to.equal(status)
          expect(requests, mode).to.have.lengthOf(1)
        }
      })
    }

    it('repeats listed statuses, with idempotent', async () => {
      const { upstream, requests } = await once((_, response) => response.writeHead(429).end())
      const stage = await stageFor('idempotent', { upstream, statuses: [429] })
      expect((await deliver(stage.origin))?.status).to.equal(200)
      expect(requests).to.have.lengthOf(2)
    })

    it('never repeats once a response has begun, and breaks it off where the application did', async () => {
      for (const mode of MODES) {
        const { upstream, requests } = await once((request, response) => {
          response.writeHead(200, { 'Content-Length': 100 })
          response.write('half')
          setTimeout(() => request.socket.destroy(), 30)
        })
        const stage = await stageFor(mode, { upstream })
        expect(await deliver(stage.origin), mode).to.equal(undefined)
        expect(requests, mode).to.have.lengthOf(1)
        await until('the end', () => stage.ended.length === 1)
        expect(stage.ended[0]).to.include({ ok: false, code: 'incomplete' })
      }
    })

    it('gives a slow attempt up only if another may still begin, and never with none and safe', async () => {
      const slow = (ms: number) => (_: IncomingMessage, response: ServerResponse) =>
        void setTimeout(() => response.end('slow'), ms)
      for (const mode of ['none', 'safe'] as const) {
        const { upstream, requests } = await once(slow(350))
        const stage = await stageFor(mode, { upstream, patience: 200 })
        expect((await deliver(stage.origin))?.body.toString(), mode).to.equal('slow')
        expect(requests).to.have.lengthOf(1)
      }
      const early = await once(slow(5_000))
      const stage = await stageFor('idempotent', { upstream: early.upstream, patience: 400 })
      expect((await deliver(stage.origin))?.body.toString()).to.equal('good')
      expect(stage.retries()).to.deep.equal(['timeout saved'])
      expect(stage.attempts.map(({ code }) => code)).to.deep.equal(['timeout', 200])
      const late = await once(slow(500))
      const patient = await stageFor('idempotent', { upstream: late.upstream, patience: 200, attemptTimeout: 190 })
      expect((await deliver(patient.origin))?.body.toString()).to.equal('slow')
    })

    it('does not repeat a request of more than 64 KiB, but delivers it', async () => {
      const { upstream, requests } = await once((_, response) => response.writeHead(503).end())
      const stage = await stageFor('idempotent', { upstream })
      expect((await deliver(stage.origin, { body: Buffer.alloc(65_537) }))?.status).to.equal(503)
      expect(requests).to.have.lengthOf(1)
      expect(stage.retries()).to.deep.equal(['status not_allowed'])
      expect((await deliver(stage.origin, { body: Buffer.alloc(300_000, 1) }))?.status).to.equal(200)
      expect(requests.at(-1)!.body).to.have.lengthOf(300_000)
    })

    it('repeats bodies that arrive in pieces, byte for byte', async () => {
      const { upstream, requests } = await once((request) => {
        request.once('data', () => request.socket.resetAndDestroy())
      })
      const stage = await stageFor('idempotent', { upstream })
      async function* pieces() {
        for (const piece of ['one ', 'two ', 'three']) {
          yield Buffer.from(piece)
          await sleep(20)
        }
      }
      expect((await deliver(stage.origin, { body: pieces() }))?.status).to.equal(200)
      expect(requests.at(-1)!.body).to.equal('one two three')
    })

    it('keeps to the budget: a fifth of the deliveries and ten per second', async () => {
      let requests = 0
      const upstream = await serve(
        http((request, response) => {
          requests += 1
          request.resume()
          response.writeHead(503).end()
        }),
      )
      const stage = await stageFor('idempotent', { upstream, patience: 2_000 })
      const started = performance.now()
      const answers = await Promise.all(Array.from({ length: 200 }, () => deliver(stage.origin)))
      expect(answers.every((answer) => answer?.status === 503)).to.equal(true)
      const most = 200 * 1.2 + 10 + (10 * (performance.now() - started)) / 1_000
      expect(requests).to.be.within(210, most)
    })
  })

  describe('of what never reached the application', () => {
    it('waits for an application that refuses connections, and is answered by it, with safe and idempotent', async () => {
      for (const mode of ['safe', 'idempotent'] as const) {
        const port = await freePort()
        const stage = await stageFor(mode, { upstream: `http://127.0.0.1:${port}`, patience: 5_000 })
        const answers = Promise.all(
          Array.from({ length: 50 }, (_, index) => deliver(stage.origin, { body: `${index}` })),
        )
        await until('them to wait', () => stage.inFlight() === 50)
        await sleep(100)
        const bodies: string[] = []
        const app = await http(
          async (request, response) => {
            let body = ''
            for await (const chunk of request) body += chunk
            expect(request.headers).not.to.have.any.keys('webhook-attempt')
            bodies.push(body)
            response.end()
          },
          '127.0.0.1',
          port,
        )
        apps.push(app)
        expect(new Set((await answers).map((answer) => answer?.status))).to.deep.equal(new Set([200]))
        expect(
          bodies.map(Number).sort((a, b) => a - b),
          mode,
        ).to.deep.equal(Array.from({ length: 50 }, (_, index) => index))
        expect(new Set(stage.retries())).to.deep.equal(new Set(['connect saved']))
      }
    })

    it('makes one attempt to connect every 25 to 50 ms for all that wait', async () => {
      let attempts = 0
      let over = 0
      const gate = createConnectGate(() => {
        attempts += 1
        gate.failed(performance.now())
      })
      const started = performance.now()
      gate.failed(started)
      for (let index = 0; index < 64; index++)
        gate.wait({ bytes: 1, patience: 600, onConnected() {}, onPatienceOver: () => void over++ })
      await until('the end of the wait', () => over === 64)
      expect(attempts).to.be.within(2, (performance.now() - started) / 25 + 1)
      await sleep(120)
      const after = attempts
      await sleep(120)
      expect(attempts, 'attempts for nobody').to.equal(after)
    })

    it('answers 503 once patience is over, and at once when connecting has failed for longer than that', async () => {
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${await freePort()}`, patience: 1_000 })
      const took = async () => {
        const started = performance.now()
        const answer = await deliver(stage.origin)
        return { status: answer?.status, retryAfter: answer?.headers['retry-after'], ms: performance.now() - started }
      }
      const first = await took()
      expect(first).to.include({ status: 503, retryAfter: '1' })
      expect(first.ms).to.be.at.least(990)
      // By now connecting has failed for longer than the patience, whichever clock tick its first failure fell on.
      await sleep(50)
      const later = await Promise.all(Array.from({ length: 20 }, took))
      for (const { status, ms } of later) {
        expect(status).to.equal(503)
        expect(ms, 'none waits for its own patience').to.be.below(1_000)
      }
      expect(stage.retries()[0]).to.equal('connect failed')
    })

    it('answers 502 at once with none', async () => {
      const stage = await stageFor('none', { upstream: `http://127.0.0.1:${await freePort()}` })
      const started = performance.now()
      expect((await deliver(stage.origin))?.status).to.equal(502)
      expect(performance.now() - started).to.be.below(900)
      expect(stage.retries()).to.deep.equal(['connect not_allowed'])
    })

    it('lets at most 16 MiB wait', async () => {
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${await freePort()}`, patience: 2_000 })
      const started = performance.now()
      let early = 0
      const size = 128 * 1_024
      const most = (16 * 1_048_576) / size
      await Promise.all(
        Array.from({ length: most + 22 }, async () => {
          const answer = await deliver(stage.origin, { body: Buffer.alloc(size) })
          expect(answer?.status).to.equal(503)
          if (performance.now() - started < 1_900) early += 1
        }),
      )
      expect(early).to.equal(22)
    })

    it('counts what waits in bytes, and no longer what has ended its wait', () => {
      const gate = createConnectGate(() => {})
      const waiting = { patience: 60_000, onConnected() {}, onPatienceOver() {} }
      const end = gate.wait({ ...waiting, bytes: 16 * 1_048_576 - 1 })
      expect(gate.wait({ ...waiting, bytes: 2 })).to.equal(undefined)
      const small = gate.wait({ ...waiting, bytes: 1 })
      expect(small).to.be.a('function')
      expect(gate.wait({ ...waiting, bytes: 1 })).to.equal(undefined)
      end!()
      expect(gate.wait({ ...waiting, bytes: 16 * 1_048_576 - 1 })).to.be.a('function')
      gate.close()
    })

    it('lets at most 256 wait', async () => {
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${await freePort()}`, patience: 1_000 })
      const started = performance.now()
      const early: number[] = []
      await Promise.all(
        Array.from({ length: 300 }, () =>
          deliver(stage.origin).then((answer) => {
            expect(answer?.status).to.equal(503)
            if (performance.now() - started < 900) early.push(1)
          }),
        ),
      )
      expect(early).to.have.lengthOf(44)
      expect(stage.inFlight()).to.equal(0)
    })

    it('delivers to the application again as soon as it is back, however long it was away', async () => {
      const port = await freePort()
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${port}`, patience: 100 })
      expect((await deliver(stage.origin))?.status).to.equal(503)
      await sleep(200)
      apps.push(
        await http((request, response) => request.resume().once('end', () => response.end()), '127.0.0.1', port),
      )
      expect((await deliver(stage.origin))?.status).to.equal(200)
    })

    it('does the same for a name that does not resolve, a TLS handshake that fails, and packets that get lost', async function () {
      this.timeout(30_000)
      const tls = await rawTls(await selfSigned({}), () => {})
      const hole = await blackHole()
      apps.push(tls, hole)
      for (const upstream of [
        'http://no-such-host.invalid',
        `https://127.0.0.1:${tls.port}`,
        `http://127.0.0.1:${hole.port}`,
      ]) {
        for (const mode of MODES) {
          // The one attempt lasts for the whole patience; with none, until the delivery's own limit.
          const isHole = upstream.endsWith(`:${hole.port}`)
          if (mode === 'none' && isHole) continue
          const stage = await stageFor(mode, { upstream, patience: 200 })
          // Each look-up occupies a thread of the four that there are.
          const count = upstream.endsWith('.invalid') ? 4 : 64
          const answers = await Promise.all(Array.from({ length: count }, () => deliver(stage.origin)))
          const status = mode === 'none' ? 502 : 503
          const result = mode === 'none' || isHole ? 'not_allowed' : 'failed'
          const name = `${upstream}, ${mode}`
          expect(new Set(answers.map((answer) => answer?.status)), name).to.deep.equal(new Set([status]))
          await until('the ends', () => stage.ended.length === count)
          expect(new Set(stage.retries()), name).to.deep.equal(new Set([`connect ${result}`]))
          expect(stage.inFlight()).to.equal(0)
        }
      }
    })

    it('holds no connection for platforms that hang up on an application that does not answer the handshake', async () => {
      const hole = await blackHole()
      apps.push(hole)
      const stage = await stageFor('none', { upstream: `http://127.0.0.1:${hole.port}` })
      const open = () =>
        process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'TCPConnectWrap').length
      const before = open()
      for (let round = 0; round < 3; round++)
        await Promise.all(Array.from({ length: 64 }, () => deliver(stage.origin, { signal: AbortSignal.timeout(100) })))
      await until('the ends', () => stage.inFlight() === 0 && stage.ended.length === 192)
      expect(new Set(stage.codes())).to.deep.equal(new Set(['client_closed']))
      await until('the sockets to be closed', () => open() < before + 20)
    })
  })

  describe('of what was sent on a connection that had ended', () => {
    it('uses none that is older than the application keeps it, or that has no Keep-Alive for more than a second', async () => {
      for (const [header, pause, connections] of [
        ['Keep-Alive: timeout=5\r\n', 1_300, 1],
        ['', 1_300, 2],
        ['Keep-Alive: timeout=1\r\n', 0, 2],
      ] as const) {
        const app = await raw((socket) =>
          socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${header}Content-Length: 0\r\n\r\n`)),
        )
        apps.push(app)
        const stage = await stageFor('none', { upstream: `http://127.0.0.1:${app.port}` })
        await deliver(stage.origin)
        await sleep(pause)
        await deliver(stage.origin)
        expect(app.accepted(), `${header} ${pause}`).to.equal(connections)
      }
    })
  })
})
