import type { RequestListener } from 'node:http'
import { expect } from 'chai'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'

/** Deliveries per second to each replica. */
const RATE = 50
/** Milliseconds that Kubernetes takes to remove the pod from the endpoints of its Service. */
const REMOVAL = 4_000
/** Milliseconds: longer than new deliveries are accepted. */
const SLOW = 7_000

describe('a replica of the proxy that is told to stop', function () {
  this.timeout(60_000)
  let app: Listening
  const received: string[] = []
  let timer: NodeJS.Timeout | undefined
  const answer: RequestListener = (request, response) => {
    received.push(String(request.headers['webhook-id']))
    request.resume().once('end', () => setTimeout(() => response.end('ok'), request.url!.endsWith('slow') ? SLOW : 5))
  }
  before(async () => {
    app = await http(answer)
  })
  after(async () => {
    clearInterval(timer)
    await stopServices()
    await app.close()
  })

  it('loses no delivery: it serves new ones until it is removed from the endpoints, and answers what is in flight', async () => {
    const away = await freePort()
    const start = () =>
      startService({
        config: {
          endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
          proxy: {
            port: 0,
            routes: [
              { endpoint: 'orders', path: '/hooks/*', upstream: `http://127.0.0.1:${app.port}` },
              {
                endpoint: 'orders',
                path: '/away',
                upstream: `http://127.0.0.1:${away}`,
                retry: 'safe',
                patience: '20s',
              },
            ],
          },
        },
      })
    const [leaving, staying] = await Promise.all([start(), start()])
    const originOf = (service: typeof leaving) =>
      `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`
    const origins = { leaving: originOf(leaving), staying: originOf(staying) }
    const endpoints = new Set(['leaving', 'staying'] as const)

    const lost: string[] = []
    let sent = 0
    let stoppedAt: number | undefined
    /** Answers of the replica that leaves after it was told to, and whether they end their connection. */
    const late: (string | undefined)[] = []
    const pending: Promise<void>[] = []
    const send = async (to: keyof typeof origins, path = '/hooks/orders') => {
      const id = `${sent++}`
      const beganAt = performance.now()
      const answer = await deliver(origins[to], { path, headers: { 'webhook-id': id } })
      if (answer?.status !== 200) lost.push(`${to} ${path} ${id}: ${answer?.status}`)
      if (to === 'leaving' && stoppedAt !== undefined && beganAt > stoppedAt + 500)
        late.push(answer?.headers['connection'])
    }
    pending.push(send('leaving', '/hooks/slow'), send('leaving', '/away'))
    // Connections are kept open and used again, as an ingress does.
    timer = setInterval(() => {
      for (const to of endpoints) pending.push(send(to))
    }, 1_000 / RATE)
    await until('the flow', () => sent > 50)

    stoppedAt = performance.now()
    leaving.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, REMOVAL))
    endpoints.delete('leaving')
    // A delivery still waits for its application.
    const back = await http(answer, '127.0.0.1', away)
    expect(await leaving.exited).to.deep.equal({ code: 0, signal: null })
    clearInterval(timer)
    await Promise.all(pending)
    await back.close()

    expect(lost).to.deep.equal([])
    expect(late.length, 'deliveries served after SIGTERM').to.be.above((RATE * REMOVAL) / 1_000 / 2)
    expect(new Set(late)).to.deep.equal(new Set(['close']))
    expect(received).to.have.length(sent)
    expect(new Set(received).size, 'duplicated').to.equal(sent)
    expect(leaving.stderr).to.deep.equal([])
  })
})
