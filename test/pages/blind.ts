import { END_WITHIN, INCIDENTS, MINUTE, type Play, wait } from './scene.ts'
import { application, type Blindness, installation, PUBLIC } from './world.ts'

/**
 * A receiver that cannot see its endpoints, two hosts: the platform reports one, the other works. What is reported pages,
 * the other does not, and that the receiver is blind is said. Nothing that the receiver could not see counts as recovered.
 */
const blind = (name: string, blindness: Blindness, offset: number): Play => ({
  name,
  async open() {
    const hosts = [PUBLIC[6]!, PUBLIC[7]!]
    const apps = [await application(hosts[0]!, 8_002 + offset), await application(hosts[1]!, 8_002 + offset)]
    const urls = ['seven', 'eight'].map((host) => `http://${host}.example:${8_002 + offset}/hooks`)
    const probe = { interval: '30s', timeout: '5s' }
    const endpoints = [
      { name: 'orders', severity: 'critical', urls: [urls[0]], probe },
      { name: 'menu', severity: 'critical', urls: [urls[1]], probe },
    ]
    const it = installation(
      name,
      { incidents: INCIDENTS, endpoints, sources: { retm: { auth: 'none' } } },
      { host: '', blind: blindness },
    )
    return {
      receiver: it,
      async play(story) {
        apps[0]!.answers.set('/hooks', 503)
        // Its own network has been broken from the start.
        story.expect(it, '', { alerts: /^WebhookEgressDown$/, receiver: /./, within: 8 * MINUTE })
        const outage = story.fails(it, 'orders', {
          url: urls[0]!,
          code: 503,
          message: 'Service Unavailable',
          pages: /^webhooks-pager$/,
        })
        await wait(3 * MINUTE)
        outage.stopReports()
        // It may close now, but must say that nothing proves it.
        await wait(7 * MINUTE)
        it.restoreNetwork()
        story.tell(`${name}: its network is restored`)
        apps[0]!.answers.delete('/hooks')
        outage.fixed()
        await wait(END_WITHIN)
      },
    }
  },
})

export const blindReceivers: readonly Play[] = [
  blind('blind-no-route', 'no route', 0),
  blind('blind-no-resolver', 'no resolver', 1),
  blind('blind-dropped', 'dropped packets', 2),
]
