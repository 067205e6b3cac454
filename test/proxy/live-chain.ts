import { expect } from 'chai'
import { FASTER, type Notification } from '../rules/live.ts'
import { scrape, sum } from '../support/http.ts'
import { stopServices } from '../support/service.ts'
import { removeTempFolders, until } from '../support/temp.ts'
import {
  application,
  broken,
  manager,
  NAMES,
  type Name,
  platforms,
  prometheus,
  repairErrorWebhook,
  service,
  sink,
  userAgents,
} from './chain-stage.ts'

/**
 * `npm run test:chain`: the whole chain of an early warning, with the real service and its proxy, Prometheus and
 * Alertmanager, 40 times as fast as in life (a scrape and an evaluation every 375 ms instead of 15 s). The platform sends ten
 * events per second to each of three endpoints, and repeats what fails after 6 s and after another 6 s (4 minutes each in life).
 *
 * - orders: fails until the platform has given up on some of its deliveries, then recovers;
 * - menu: is fixed as soon as the early warning's notification arrives, so that nothing is lost;
 * - stock: fails as orders does, but the platform's error webhook does not arrive.
 */
const GAVE_UP = /gave up|given up|gives up|will not retry|does not retry|lost deliveries/i

const story: { readonly at: number; readonly name: Name; readonly what: string }[] = []
const tell = (name: Name, what: string, at = Date.now()): number => {
  story.push({ at, name, what })
  return at
}
const alertOf = (name: Name, alertname: string, status: 'firing' | 'resolved', since = 0) => {
  const isIt = ({ alerts, at }: Notification) =>
    at >= since &&
    alerts.some((it) => it.labels['alertname'] === alertname && it.labels['endpoint'] === name && it.status === status)
  return until(`${alertname} of ${name}, ${status}`, () => sink.notifications.find(isIt), 60_000)
}
/** One after the other: the listener answers few readers at a time. */
let reading: Promise<unknown> = Promise.resolve()
function read(path: string, accept: string): Promise<string> {
  const one = reading.then(async () => {
    const response = await fetch(`${service.admin}${path}`, { headers: { accept } })
    const text = await response.text()
    expect(response.status, text).to.equal(200)
    return text
  })
  reading = one.catch(() => {})
  return one
}
// biome-ignore lint/suspicious/noExplicitAny: a parsed answer is looked at field by field
const incidentsOf = async (name: Name): Promise<any[]> =>
  JSON.parse(await read(`/api/v1/incidents?endpoint=${name}`, 'application/json')).incidents
const closedOf = (name: Name) =>
  until(`the end of ${name}`, async () => (await incidentsOf(name)).find(({ closedAt }) => closedAt !== null), 60_000)

/** All that the service says about the endpoint now: pages, texts, API. */
async function words(name: Name): Promise<string> {
  const [{ id }] = await incidentsOf(name)
  const asked = [
    ['/', 'text/html'],
    [`/endpoints/${name}`, 'text/html'],
    [`/incidents/${id}`, 'text/html'],
    [`/api/v1/incidents/${id}`, 'text/plain'],
    [`/api/v1/incidents/${id}`, 'application/json'],
  ] as const
  const texts = await Promise.all(asked.map(([path, accept]) => read(path, accept)))
  return [...texts, ...service.stdout.filter((line) => line.includes(`"${name}"`))].join('\n')
}
/** The notifications that name the endpoint. */
const notified = (name: Name, before = Number.POSITIVE_INFINITY): string =>
  sink.notifications
    .filter(({ at }) => at < before)
    .flatMap(({ alerts }) => alerts.filter(({ labels }) => labels['endpoint'] === name))
    .map((alert) => JSON.stringify(alert))
    .join('\n')

/** From the fault to the notification; nothing is lost until then. */
async function warned(name: Name): Promise<{ readonly faultAt: number; readonly notifiedAt: number }> {
  const faultAt = tell(name, 'the application begins to answer 503')
  broken.add(name)
  const { at: notifiedAt, receiver } = await alertOf(name, 'WebhookEndpointFailing', 'firing')
  tell(name, `${receiver} is notified`, notifiedAt)
  const [incident] = await incidentsOf(name)
  tell(name, 'third failed delivery in a row: the incident opens', Date.parse(incident.openedAt))
  expect(incident, 'opened by the proxy').to.deep.include({ failures: 0, sources: ['proxy'], state: 'open' })
  const said = await words(name)
  expect(platforms[name].givenUp, 'no give-up before the notification').to.deep.equal([])
  expect(said, 'before any lost delivery').not.to.match(GAVE_UP)
  expect(notified(name)).to.include('none reported lost').and.not.match(GAVE_UP)
  return { faultAt, notifiedAt }
}

async function recovered(name: Name, { faultAt }: { readonly faultAt: number }) {
  broken.delete(name)
  const fixedAt = tell(name, 'the application is fixed')
  const closed = await closedOf(name)
  const closedAt = tell(name, 'deliveries alone have closed the incident', Date.parse(closed.closedAt))
  const resolved = await alertOf(name, 'WebhookEndpointFailing', 'resolved', fixedAt)
  tell(name, `${resolved.receiver} is notified that it is resolved`, resolved.at)
  expect(closed).to.deep.include({ resolution: 'proven', reopened: 0 })
  const { from, fromProof, until: end, untilProof } = closed.lossWindow
  expect([fromProof, untilProof]).to.deep.equal(['delivery', 'delivery'])
  expect(Date.parse(from)).to.be.within(faultAt - 3_000, faultAt + 200)
  expect(Date.parse(end)).to.be.within(fixedAt - 200, closedAt)
  for (const { firstAttemptAt, lastAttemptAt } of platforms[name].givenUp) {
    expect(firstAttemptAt, 'in the loss window').to.be.at.least(Date.parse(from) - 200)
    expect(lastAttemptAt, 'in the loss window').to.be.at.most(Date.parse(end) + 200)
  }
  expect(closed.failures).to.equal(platforms[name].givenUp.filter(({ reportedAt }) => reportedAt).length)
  return closed
}

const firstGivenUp = (name: Name) =>
  until(`the first delivery to ${name} that the platform gives up on`, () => platforms[name].givenUp[0], 60_000)

async function orders(): Promise<void> {
  const times = await warned('orders')
  const { reportedAt } = await firstGivenUp('orders')
  tell('orders', 'the platform’s first error webhook arrives', reportedAt!)
  expect(times.notifiedAt, 'notified before the first error webhook').to.be.below(reportedAt!)
  const { openedAt } = await until('the count of lost deliveries', async () =>
    (await incidentsOf('orders')).find(({ failures }) => failures >= 5),
  )
  expect(Date.parse(openedAt), 'the report joined the incident of the warning').to.be.below(times.notifiedAt)
  const { failures } = await recovered('orders', times)
  expect(failures).to.be.at.least(5)
  expect(await words('orders'), 'after lost deliveries').to.include(`${failures}`)
}

async function menu(): Promise<void> {
  const { failures } = await recovered('menu', await warned('menu'))
  expect(failures, 'lost').to.equal(0)
  expect(`${await words('menu')}\n${notified('menu')}`, 'although nothing was lost').not.to.match(GAVE_UP)
}

async function stock(): Promise<void> {
  const times = await warned('stock')
  tell(
    'stock',
    'the platform has given up, and its error webhook is broken',
    (await firstGivenUp('stock')).lastAttemptAt,
  )
  const missing = await alertOf('stock', 'WebhookReportMissing', 'firing')
  tell('stock', `${missing.receiver} is notified that a report is missing`, missing.at)
  repairErrorWebhook()
  tell('stock', 'the error webhook is repaired')
  const resolved = await alertOf('stock', 'WebhookReportMissing', 'resolved')
  tell('stock', `${resolved.receiver} is notified that reports arrive again`, resolved.at)
  await recovered('stock', times)
}

// The last good moment is written once a second.
await until('good deliveries', () => NAMES.every((name) => platforms[name].succeededAt.length > 20))
const began = Date.now()
let failed: unknown
try {
  await Promise.all([orders(), menu(), stock()])
  await Promise.all(NAMES.map((name) => platforms[name].stop()))
  const metrics = await scrape(service.admin)
  expect(sum(metrics, 'webhook_endpoint_probes_total'), 'probes').to.equal(0)
  expect(
    [...userAgents].filter((agent) => agent !== ''),
    'anything but deliveries',
  ).to.deep.equal([])
  for (const name of ['orders', 'stock', 'menu'] as const) {
    const alerts = sink.notifications.flatMap((it) => it.alerts).filter(({ labels }) => labels['endpoint'] === name)
    const firing = new Set(alerts.map(({ labels }) => labels['alertname']))
    expect([...firing].sort(), name).to.deep.equal([
      'WebhookEndpointFailing',
      ...(name === 'stock' ? ['WebhookReportMissing'] : []),
    ])
  }
} catch (error) {
  failed = error
}
for (const name of NAMES) {
  const { givenUp, failedAt, sent } = platforms[name]
  console.log(`\n${name}: ${sent()} events, ${failedAt.length} failed attempts, ${givenUp.length} given up`)
  for (const { at, what } of story.filter((it) => it.name === name).sort((a, b) => a.at - b.at))
    console.log(`${((at - began) / 1_000).toFixed(2).padStart(8)} s  ${what}`)
}
console.log(`\nEverything is ${FASTER} times as fast as in life.`)
if (failed) console.error(failed)
await prometheus.stop()
await manager.stop()
await stopServices()
await application.close()
await sink.close()
removeTempFolders()
process.exit(failed ? 1 : 0)
