import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { fakeClock } from '../support/faketime.ts'
import { scrape, sum } from '../support/http.ts'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'

/** Seconds. */
const DAY = 86_400

describe('the proxy and a clock that jumps while deliveries are in progress', () => {
  const apps: Listening[] = []
  afterEach(async () => {
    await stopServices()
    for (const app of apps.splice(0)) await app.close()
  })

  it('neither ends nor repeats nor times one by the wall clock', async function () {
    this.timeout(60_000)
    const clock = await fakeClock(this)
    let requests = 0
    const slow = await http((request, response) => {
      requests += 1
      request.resume()
      setTimeout(() => response.end('slow'), 1_500)
    })
    apps.push(slow)
    const port = await freePort()
    const service = await startService({
      env: clock.env,
      config: {
        endpoints: ['slow', 'away'].map((name) => ({ name, urls: [`https://shop.example/${name}`] })),
        proxy: {
          port: 0,
          routes: [
            {
              endpoint: 'slow',
              path: '/slow',
              upstream: `http://127.0.0.1:${slow.port}`,
              retry: 'idempotent',
              patience: '20s',
            },
            { endpoint: 'away', path: '/away', upstream: `http://127.0.0.1:${port}`, retry: 'safe', patience: '20s' },
          ],
        },
      },
    })
    const origin = `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`
    const metric = async (...pieces: string[]) => sum(await scrape(service.admin), pieces[0]!, ...pieces.slice(1))
    const answers = ['/slow', '/away'].map((path) => deliver(origin, { path }))
    await until('both to be in flight', async () => (await metric('webhook_endpoint_deliveries_in_flight')) === 2)
    for (const seconds of [DAY, -DAY, 0]) {
      clock.set(seconds)
      await sleep(300)
    }
    apps.push(await http((request, response) => request.resume().once('end', () => response.end()), '127.0.0.1', port))
    expect((await Promise.all(answers)).map((answer) => answer?.status)).to.deep.equal([200, 200])
    expect(requests).to.equal(1)
    await until('both to be counted', async () => (await metric('webhook_endpoint_deliveries_total')) === 2)
    expect(await metric('webhook_endpoint_delivery_retries_total')).to.equal(1)
    expect(await metric('webhook_endpoint_delivery_retries_total', 'endpoint="away"', 'result="saved"')).to.equal(1)
    expect(await metric('webhook_endpoint_delivery_duration_seconds_sum')).to.be.within(1.5, 30)
  })
})
