import { END_WITHIN, INCIDENTS, MINUTE, type Play, wait } from './scene.ts'
import { application, installation, PUBLIC } from './world.ts'

/** A receiver that is killed while an incident is open, and one that stays away for some minutes. */
const restarted = (name: string, address: string, port: number, away: number): Play => ({
  name,
  async open() {
    const app = await application(PUBLIC[4]!, port)
    const url = `http://five.example:${port}/orders`
    const other = { name: 'menu', severity: 'critical', urls: [`http://five.example:${port}/menu`] }
    const endpoint = { name: 'orders', severity: 'critical', urls: [url] }
    const it = installation(
      name,
      { incidents: INCIDENTS, endpoints: [endpoint, other], sources: { retm: { auth: 'none' } } },
      { host: address },
    )
    return {
      receiver: it,
      async play(story) {
        app.answers.set('/orders', 500)
        const outage = story.fails(it, 'orders', {
          url,
          code: 500,
          message: 'Internal Server Error',
          pages: /^webhooks-pager$/,
        })
        await wait(2 * MINUTE)
        story.tell(`${name}: the receiver is killed`)
        await it.stop('SIGKILL')
        if (away > 0)
          story.expect(it, '', { alerts: /^WebhookReceiverDown$/, receiver: /^webhooks-pager$/, within: 4 * MINUTE })
        const gone = { namespace: name, endpoint: '', from: Date.now() }
        story.broken.push(gone)
        await wait(away)
        await it.start()
        Object.assign(gone, { until: Date.now() })
        story.tell(`${name}: the receiver starts again`)
        await wait(4 * MINUTE)
        app.answers.delete('/orders')
        outage.fixed()
        await wait(END_WITHIN)
      },
    }
  },
})

export const restarts: readonly Play[] = [
  restarted('killed', '127.0.1.4', 8_010, 0),
  restarted('away', '127.0.1.5', 8_011, 5 * MINUTE),
]
