import { END_WITHIN, INCIDENTS, MINUTE, type Play, type Scene, wait } from './scene.ts'
import type { Outage, Platform, Story } from './story.ts'
import { type Answer, application, type Installation, installation, PUBLIC } from './world.ts'

const PORT = 8_000
const SECOND = 1_000
const MANY = Array.from({ length: 20 }, (_, index) => `family-${index + 1}`)
const SLOTS: Readonly<Record<string, readonly string[]>> = {
  sales: ['orders', 'refunds'],
  loyalty: ['coupons'],
  customers: ['customers'],
  menu: ['menu'],
  billing: ['invoices'],
  auth: ['sessions'],
  partners: ['partner'],
  family: MANY,
}
export const TEAMS = Object.keys(SLOTS)
const [FIRST, REFUSING] = [PUBLIC[0]!, PUBLIC[1]!]
const urlOf = (name: string): string => `http://${name === 'invoices' ? 'two' : 'one'}.example:${PORT}/${name}`
const pagerOf = (team: string): RegExp => new RegExp(`^${team}-pager$`)

/** Eight teams, twenty-eight endpoints, a neighbour who invents URLs, and a stranger in front of the proxy. */
export const shop: Play = {
  name: 'shop',
  async open(): Promise<Scene> {
    const app = await application(FIRST, PORT)
    const other = await application(REFUSING, PORT)
    const it = installation(
      'shop',
      {
        incidents: INCIDENTS,
        sources: {
          retm: { auth: 'none' },
          partners: {
            kind: 'generic',
            auth: 'none',
            map: { type: '/type', disabled: ['disabled'], recovered: ['enabled'], ref: '/endpoint', id: '/id' },
          },
        },
        proxy: {
          host: '127.0.1.9',
          port: 8081,
          routes: [{ endpoint: 'orders', path: '/orders', upstream: app.origin }],
        },
        endpoints: Object.entries(SLOTS).flatMap(([team, names]) =>
          names.map((name) => ({
            name,
            team,
            severity: 'critical',
            ...(name === 'partner' ? { refs: ['partners:partner'] } : { urls: [urlOf(name)] }),
          })),
        ),
      },
      { host: '127.0.1.8' },
    )
    const deliver = (method: string) =>
      fetch('http://127.0.1.9:8081/orders', { method, ...(method === 'POST' && { body: '{}' }) }).then(
        (response) => response.text(),
        () => undefined,
      )

    return {
      receiver: it,
      async play(story) {
        const fails = (name: string, answer: Answer | null, platform: Omit<Platform, 'url' | 'pages'>): Outage => {
          if (answer !== null) app.answers.set(`/${name}`, answer)
          const team = TEAMS.find((each) => SLOTS[each]!.includes(name))!
          return story.fails(it, name, { url: urlOf(name), pages: pagerOf(team), ...platform })
        }
        const fix = (name: string, outage: Outage) => {
          app.answers.delete(`/${name}`)
          outage.fixed()
        }
        await Promise.all([
          sales(fails, fix, deliver, story),
          sameAnswer('coupons', 404, 'Not Found', fails),
          sameAnswer('customers', 401, 'Unauthorized', fails),
          sameAnswer('menu', 413, 'Payload Too Large', fails),
          refused(other, fails),
          headIsOdd(fails, fix),
          disabled(it, story),
          manyAtOnce(fails, fix),
          neighbour(it, story),
        ])
      },
    }
  },
}

type Fails = (name: string, answer: Answer | null, platform: Omit<Platform, 'url' | 'pages'>) => Outage
type Fix = (name: string, outage: Outage) => void

/** Orders answers GET and fails POST, and a stranger's GETs pass the proxy; refunds of the same team fails three minutes later. */
async function sales(fails: Fails, fix: Fix, deliver: (method: string) => Promise<unknown>, story: Story) {
  const unavailable = { code: 503, message: 'Service Unavailable' }
  const orders = fails('orders', { POST: 503, GET: 200, HEAD: 200 }, unavailable)
  story.tell('shop/orders: a stranger sends GET through the proxy, and gets 200')
  const stranger = setInterval(() => void deliver('GET'), 5 * SECOND)
  const platform = setInterval(() => void deliver('POST'), 20 * SECOND)
  await wait(3 * MINUTE)
  const refunds = fails('refunds', 503, unavailable)
  await wait(2 * MINUTE)
  fix('refunds', refunds)
  await wait(4 * MINUTE)
  clearInterval(stranger)
  fix('orders', orders)
  for (let sent = 0; sent < 8; sent++) {
    await deliver('POST')
    await wait(10 * SECOND)
  }
  clearInterval(platform)
  await wait(END_WITHIN)
}

/** The application answers every method with the status that the platform got, and goes on to do so. */
async function sameAnswer(name: string, code: number, message: string, fails: Fails): Promise<void> {
  const outage = fails(name, code, { code, message })
  await wait(MINUTE)
  outage.stopReports()
  await wait(10 * MINUTE)
}

/** The port refuses; the platform gives up soon, and nothing is repaired. */
async function refused(app: { down(): Promise<void> }, fails: Fails): Promise<void> {
  await app.down()
  const outage = fails('invoices', null, { code: 0, message: 'connect: connection refused' })
  await wait(MINUTE)
  outage.stopReports()
  await wait(11 * MINUTE)
}

/** HEAD is answered 500 by an application that only knows POST; the platform got 401. */
async function headIsOdd(fails: Fails, fix: Fix): Promise<void> {
  const outage = fails('sessions', { HEAD: 500, GET: 401, POST: 401 }, { code: 401, message: 'Unauthorized' })
  await wait(4 * MINUTE)
  fix('sessions', outage)
  await wait(END_WITHIN)
}

async function disabled(it: Installation, story: Story): Promise<void> {
  const send = async (type: string, id: string) => {
    const body = JSON.stringify({ type, endpoint: 'partner', id })
    await fetch(`${it.admin.replace('9464', '8080')}/webhooks/partners`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    })
  }
  await wait(MINUTE)
  story.tell('shop/partner: the platform disables the endpoint')
  story.expect(it, 'partner', { alerts: /^WebhookEndpointDisabled$/, receiver: pagerOf('partners') })
  const outage = { namespace: 'shop', endpoint: 'partner', from: Date.now() }
  story.broken.push(outage)
  await send('disabled', 'd1')
  await wait(4 * MINUTE)
  await send('enabled', 'e1')
  Object.assign(outage, { until: Date.now() })
  story.tell('shop/partner: the platform enables it again')
  await wait(END_WITHIN)
}

/** Twenty endpoints of one team within a minute: their ends are announced one by one. */
async function manyAtOnce(fails: Fails, fix: Fix): Promise<void> {
  await wait(2 * MINUTE)
  const outages: Outage[] = []
  for (const name of MANY) {
    outages.push(fails(name, 502, { code: 502, message: 'Bad Gateway' }))
    await wait(2.5 * SECOND)
  }
  await wait(3 * MINUTE)
  for (const [index, name] of MANY.entries()) {
    fix(name, outages[index]!)
    await wait(3 * SECOND)
  }
  await wait(END_WITHIN)
}

/** Someone with a token reports URLs that no one configured. */
async function neighbour(it: Installation, story: Story): Promise<void> {
  await wait(MINUTE)
  story.tell('shop: someone with a token begins to invent 300 URLs')
  for (let sent = 0; sent < 300; sent++) {
    await it.report(`https://invented-${sent}.example/hooks`, 500, 'invented')
    await wait(400)
  }
}
