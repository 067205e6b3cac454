import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { deliver, startProxyStage } from '../support/proxy-stage.ts'
import { listening } from '../support/sockets.ts'

/** Deliveries for each mode; more with `npm run test:proxy`. */
const DELIVERIES = Number(process.env['PROXY_STALE'] ?? 200)
const CLIENTS = 4
const MODES = ['none', 'safe', 'idempotent'] as const

describe('the proxy and an application that closes idle connections at random', () => {
  it('loses few deliveries, with idempotent none, and repeats none with none and safe', async function () {
    this.timeout(120_000)
    const figures: Record<string, { sent: number; lost: number; duplicated: number; connections: number }> = {}
    for (const retry of MODES) {
      const requests = new Map<string, number>()
      const server = createServer(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        requests.set(body, (requests.get(body) ?? 0) + 1)
        response.end()
      })
      // Far more often than any real keep-alive timeout ends: within the milliseconds in which the next delivery comes.
      const closing = setInterval(() => server.closeIdleConnections(), 7)
      const app = await listening(server)
      const stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry })
      let lost = 0
      const client = async (name: number) => {
        for (let index = 0; index < DELIVERIES / CLIENTS; index++) {
          await sleep(Math.random() * 10)
          if ((await deliver(stage.origin, { body: `${name} ${index}` }))?.status !== 200) lost += 1
        }
      }
      await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)))
      const duplicated = [...requests.values()].filter((count) => count > 1).length
      figures[retry] = { sent: DELIVERIES, lost, duplicated, connections: app.accepted() }
      await stage.stop()
      clearInterval(closing)
      await app.close()
    }
    console.table(figures)
    const { none, safe, idempotent } = figures
    expect(none!.duplicated + safe!.duplicated, 'duplicated').to.equal(0)
    expect(idempotent!.lost, 'lost with idempotent').to.equal(0)
    // The connection was really in doubt.
    for (const { connections } of Object.values(figures)) expect(connections).to.be.above(DELIVERIES / 10)
    // How many depends on the load of the machine; a connection that ends costs one delivery at most.
    for (const { lost, connections } of [none!, safe!])
      expect(lost, 'lost').to.be.at.most(Math.min(connections, DELIVERIES / 2))
  })
})
