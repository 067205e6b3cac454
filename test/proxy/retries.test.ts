import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { deliver } from '../support/proxy-stage.ts'
import { http, raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { MODES, useStages } from './stages.ts'

describe('retries of the proxy', () => {
  const { apps, stageFor, serve, once } = useStages()

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

    it('does not take a platform that sends slowly for a slow application', async () => {
      const { upstream, requests } = await once(async (request, response) => {
        for await (const _ of request);
        response.end('good')
      })
      // Long enough for an answer on a busy machine, and shorter than the body takes.
      const stage = await stageFor('idempotent', { upstream, attemptTimeout: 500, patience: 10_000 })
      async function* slowly() {
        for (let piece = 0; piece < 16; piece++) {
          yield Buffer.from('.')
          await sleep(50)
        }
      }
      expect((await deliver(stage.origin, { body: slowly() }))?.status).to.equal(200)
      expect(requests).to.have.lengthOf(1)
      expect(stage.retries()).to.deep.equal([])
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
      expect(requests.at(-1)!.raw.join().replace(',webhook-attempt,2', '')).to.equal(requests[0]!.raw.join())
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
