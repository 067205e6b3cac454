import { END_WITHIN, INCIDENTS, MINUTE, type Play, wait } from './scene.ts'
import { application, installation, PRIVATE, PUBLIC } from './world.ts'

/** The README's example: one endpoint, and nothing else that this receiver could reach to learn whether it sees. */
const reported = (name: string, host: string, url: string, receiver: string): Play => ({
  name,
  async open() {
    const app = await application(host, 8_001)
    const endpoint = { name: 'orders', severity: 'critical', urls: [url], probe: { interval: '30s', timeout: '5s' } }
    const it = installation(
      name,
      { incidents: INCIDENTS, endpoints: [endpoint], sources: { retm: { auth: 'none' } } },
      { host: receiver },
    )
    return {
      receiver: it,
      async play(story) {
        await wait(MINUTE)
        await app.down()
        const outage = story.fails(it, 'orders', {
          url,
          code: 0,
          message: 'connect ECONNREFUSED',
          pages: /^webhooks-pager$/,
        })
        await wait(2 * MINUTE)
        outage.stopReports()
        // Longer than the quiet time: while probes fail, nothing may close it.
        await wait(4 * MINUTE)
        await app.up()
        outage.fixed()
        await wait(END_WITHIN)
      },
    }
  },
})

/** No report comes: only the scheduled probes see it. */
const unreported: Play = {
  name: 'one-unreported',
  async open() {
    const app = await application(PUBLIC[5]!, 8_001)
    const url = 'http://quiet.example:8001/orders'
    const endpoint = { name: 'orders', severity: 'critical', urls: [url], probe: { interval: '30s', timeout: '5s' } }
    const it = installation(
      'one-unreported',
      { incidents: INCIDENTS, endpoints: [endpoint], sources: { retm: { auth: 'none' } } },
      { host: '127.0.1.3' },
    )
    return {
      receiver: it,
      async play(story) {
        await wait(MINUTE)
        await app.down()
        story.tell('one-unreported/orders: refuses connections; no report')
        const outage = { namespace: 'one-unreported', endpoint: 'orders', from: Date.now() }
        story.broken.push(outage)
        story.expect(it, 'orders', {
          alerts: /^WebhookEndpointDown$/,
          receiver: /^webhooks-pager$/,
          within: 5 * MINUTE,
        })
        await wait(7 * MINUTE)
        await app.up()
        Object.assign(outage, { until: Date.now() })
        story.tell('one-unreported/orders: fixed')
        await wait(END_WITHIN)
      },
    }
  },
}

export const oneEndpoint: readonly Play[] = [
  reported('one-public', PUBLIC[3]!, 'http://four.example:8001/orders', '127.0.1.1'),
  reported('one-private', PRIVATE, `http://${PRIVATE}:8001/orders`, '127.0.1.2'),
  unreported,
]
