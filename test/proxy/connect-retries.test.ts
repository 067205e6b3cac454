import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { createConnectGate } from '../../src/proxy/connect-gate.ts'
import { selfSigned } from '../support/certificates.ts'
import { deliver } from '../support/proxy-stage.ts'
import { blackHole, http, rawTls } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'
import { MODES, useStages } from './stages.ts'

describe('retries of the proxy', () => {
  const { apps, stageFor } = useStages()

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

    it('answers 503 at once, too, when packets have got lost for longer than patience', async () => {
      const hole = await blackHole()
      apps.push(hole)
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${hole.port}`, patience: 1_500 })
      const took = async () => {
        const started = performance.now()
        expect((await deliver(stage.origin))?.status).to.equal(503)
        return performance.now() - started
      }
      expect(await took()).to.be.at.least(1_490)
      // Connecting began a little later than the delivery.
      await sleep(500)
      const later: Promise<number>[] = []
      for (let delivery = 0; delivery < 20; delivery++) {
        later.push(took())
        await sleep(60)
      }
      expect(Math.max(...(await Promise.all(later))), 'none waits for its own patience').to.be.below(1_400)
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
      const stage = await stageFor('safe', { upstream: `http://127.0.0.1:${await freePort()}`, patience: 3_000 })
      const answers = await Promise.all(Array.from({ length: 300 }, () => deliver(stage.origin)))
      expect(new Set(answers.map((answer) => answer?.status))).to.deep.equal(new Set([503]))
      await until('the ends', () => stage.ended.length === 300)
      // Refused at once, and tried again until patience was over.
      const results = ['connect not_allowed', 'connect failed']
      const retries = stage.retries()
      expect(results.map((each) => retries.filter((it) => it === each).length)).to.deep.equal([44, 256])
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
          // What fails does so within it, also on a busy machine.
          const stage = await stageFor(mode, { upstream, patience: isHole ? 200 : 1_000 })
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
})
