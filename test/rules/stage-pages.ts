import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { REPORT, report } from '../support/http.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { startService, stopServices } from '../support/service.ts'
import { freePort, removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { addressOf, close, FASTER, fastAlertmanager, fastRules, listen, type Notification, startSink } from './live.ts'
import { RULES } from './promtool.ts'
import { JOB, NAMESPACE } from './series.ts'

/**
 * `npm run stage:pages`: a bad week, staged in minutes with the real service, Prometheus and Alertmanager, at many times the
 * speed. Five endpoints of one team are dead all along, and someone with a token invents URLs; then another team has its
 * outages, one of them behind the proxy, its platform disables an endpoint, and the receiver is killed, and stopped for a
 * while. All rules are loaded. Prints who was notified of what, and when.
 */
const TEAM = 'sales'
const DEAD = ['a', 'b', 'c', 'd', 'e'].map((name) => `legacy-${name}`)
const OURS = ['orders', 'menu', 'refunds']
/** What its platform disables. */
const PARTNER = 'partner'
const context = { timeout: () => 0, skip: () => process.exit(0) } as unknown as Mocha.Context
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const up = new Set<string>(OURS)
const application = await listen(
  createServer((request, response) => {
    response.statusCode = up.has(request.url!.slice(1)) ? 204 : 503
    response.end()
  }),
)
const urlOf = (name: string): string => `${addressOf(application)}/${name}`
const sink = await startSink()
const manager = await startAlertmanager(
  context,
  fastAlertmanager(join(import.meta.dirname, '../../docs/alertmanager/alertmanager.yaml'), sink.url),
)
const admin = await freePort()
const journal = join(tempFolder(), 'journal.db')
const start = () =>
  startService({
    config: {
      admin: { port: admin },
      journal: { url: `sqlite:${journal}` },
      outbound: { allow: ['127.0.0.1/32'] },
      incidents: { quietTime: '3s', goodProbes: 2 },
      recovery: { enabled: true },
      sources: {
        retm: { auth: 'none' },
        sender: {
          kind: 'generic',
          auth: 'none',
          map: { type: '/type', disabled: ['disabled'], recovered: ['enabled'], ref: '/endpoint', id: '/id' },
        },
      },
      proxy: { port: 0, routes: [{ endpoint: 'orders', path: '/orders', upstream: addressOf(application) }] },
      endpoints: [
        ...OURS.map((name) => ({ name, team: TEAM, severity: 'critical', urls: [urlOf(name)] })),
        { name: PARTNER, team: TEAM, severity: 'critical', refs: [`sender:${PARTNER}`] },
        ...DEAD.map((name) => ({ name, team: 'legacy', severity: 'critical', urls: [urlOf(name)] })),
      ],
    },
  })
let service = await start()
const prometheus = await startPrometheus(context, {
  scrape: [{ job_name: JOB, static_configs: [{ targets: [`127.0.0.1:${admin}`], labels: { namespace: NAMESPACE } }] }],
  interval: `${15_000 / FASTER}ms`,
  ruleFiles: [...RULE_FILES.keys()].map((name) => fastRules(join(RULES, name), `http://127.0.0.1:${admin}`)),
  alertmanagers: [manager.address],
})
await until('a scrape', async () => (await prometheus.query(`up{job="${JOB}"}`)).some(({ value }) => value === 1))

const began = Date.now()
const story: { at: number; what: string }[] = []
const tell = (what: string): void => {
  story.push({ at: Date.now(), what })
}
const pagers = /-pager$/
const isPage = ({ receiver, status }: Notification): boolean => pagers.test(receiver) && status === 'firing'
const named = ({ alerts }: Notification, state: string): string[] =>
  alerts.filter(({ status }) => status === state).map(({ labels }) => labels['endpoint'] ?? labels['alertname']!)
/** What has been paged since a moment, by what it was about. */
const pagedSince = (at: number, of: string): Notification | undefined =>
  sink.notifications.find((it) => it.at >= at && isPage(it) && named(it, 'firing').includes(of))

const fail = async (url: string): Promise<void> => {
  await report(service.ingest, { ...REPORT, endpoint: url }).catch(() => undefined)
}
/** Deliveries to orders on their way through the proxy, all along. */
const deliver = async (): Promise<void> => {
  const { port } = service.log().find((line) => line['listener'] === 'proxy' && line['port'] !== undefined) ?? {}
  if (port !== undefined)
    await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: '{}' }).catch(() => undefined)
}
const deliveries = setInterval(() => void deliver(), 250)
tell('the five endpoints of team legacy fail, for good')
for (const name of DEAD) await fail(urlOf(name))
await until('the pages of team legacy', () => DEAD.every((name) => pagedSince(began, name)))
const legacyPages = sink.notifications.filter(isPage).length
const legacyDone = Date.now()

let invented = 0
const background = setInterval(() => {
  for (const name of DEAD) void fail(urlOf(name))
  if (invented < 40) void fail(`https://invented.example/${invented++}`)
}, 1_000)
tell('someone with a token begins to invent URLs, one a second')
await pause(5_000)

/** Pages that should come, by what they are about, each with the moment at which it happened. */
const expected: { what: string; at: number; until: number }[] = []
async function outage(name: string): Promise<void> {
  up.delete(name)
  const at = Date.now()
  tell(`${name} of team ${TEAM} fails`)
  await fail(urlOf(name))
  const page = await until(`the page of ${name}`, () => pagedSince(at, name), 30_000)
  tell(
    `${page.receiver} is paged: ${named(page, 'firing').join(', ')} (${((page.at - at) / 1_000).toFixed(1)} s after the report)`,
  )
  const one = { what: name, at, until: 0 }
  expected.push(one)
  const again = setInterval(() => void fail(urlOf(name)), 500)
  await pause(4_000)
  clearInterval(again)
  up.add(name)
  tell(`${name} is fixed`)
  await until(
    `the end of ${name}`,
    () => sink.notifications.find((it) => it.at > at && named(it, 'resolved').includes(name)),
    60_000,
  )
  one.until = Date.now()
  tell(`${name} is announced as resolved`)
}
await outage('orders')
tell('the receiver is killed, and starts again')
await service.stop('SIGKILL')
service = await start()
await pause(5_000)
await outage('menu')
const stopped = Date.now()
tell('the receiver is stopped')
await service.stop()
await until('the page of the receiver', () => pagedSince(stopped, 'WebhookReceiverDown'), 60_000)
expected.push({ what: 'WebhookReceiverDown', at: stopped, until: 0 })
await pause(8_000)
service = await start()
tell('the receiver starts again')
await until(
  'its end',
  () => sink.notifications.find((it) => it.at > stopped && named(it, 'resolved').includes('WebhookReceiverDown')),
  60_000,
)
await outage('refunds')

const signal = async (type: string): Promise<void> => {
  const response = await fetch(`${service.ingest}/webhooks/sender`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type, endpoint: PARTNER, id: type }),
  })
  if (response.status !== 202) throw new Error(`${type}: ${await response.text()}`)
}
const disabledAt = Date.now()
tell(`the platform disables ${PARTNER} of team ${TEAM}`)
await signal('disabled')
const page = await until('the page of what is disabled', () => pagedSince(disabledAt, PARTNER), 30_000)
const names = page.alerts.map(({ labels }) => labels['alertname'])
tell(
  `${page.receiver} is paged: ${names.join(', ')} (${((page.at - disabledAt) / 1_000).toFixed(1)} s after the notice)`,
)
expected.push({ what: PARTNER, at: disabledAt, until: 0 })
await pause(8_000)
tell(`the platform enables ${PARTNER} again`)
await signal('enabled')
await until(
  'the end of what was disabled',
  () => sink.notifications.find((it) => it.at > disabledAt && named(it, 'resolved').includes(PARTNER)),
  60_000,
)
tell(`${PARTNER} is announced as resolved`)
clearInterval(background)
clearInterval(deliveries)
await pause(3_000)

// One page per incident: what each message adds to what was announced before it.
const announced = new Set<string>(DEAD)
const pages: { at: number; what: string; receiver: string }[] = []
let repeats = 0
for (const it of sink.notifications.filter(({ receiver }) => pagers.test(receiver))) {
  const fresh = named(it, 'firing').filter((what) => !announced.has(what))
  if (it.at > legacyDone && it.status === 'firing' && fresh.length === 0 && named(it, 'firing').length > 0) repeats++
  for (const what of fresh) {
    announced.add(what)
    pages.push({ at: it.at, what, receiver: it.receiver })
  }
  for (const what of named(it, 'resolved')) if (!DEAD.includes(what)) announced.delete(what)
}
const wanted = expected.map(({ what }) => what)
const got = pages.map(({ what }) => what)
const without = (list: readonly string[], other: readonly string[]): string[] => {
  const left = [...other]
  return list.filter((it) => {
    const at = left.indexOf(it)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
const [wrong, missed] = [without(got, wanted), without(wanted, got)]
const laterLegacy = sink.notifications.filter(
  (it) => it.at > legacyDone && isPage(it) && named(it, 'firing').some((what) => DEAD.includes(what)),
).length
const chat = sink.notifications.filter(({ receiver }) => receiver === 'webhooks-chat')
const clock = (at: number): string => `${((at - began) / 1_000).toFixed(1).padStart(6)} s`
for (const { at, what } of story) console.log(`${clock(at)}  ${what}`)
console.log(
  `\nTeam legacy: ${legacyPages} notifications for ${DEAD.length} dead endpoints, then ${laterLegacy} more. Invented: ${invented} URLs, in ${chat.length} messages of webhooks-chat, no page.`,
)
console.log(
  `${wanted.length} incidents, ${got.length} pages (${(got.length / wanted.length).toFixed(2)} per incident), false ${wrong.length}, missed ${missed.length}, repeats ${repeats}; everything ${FASTER} times as fast as in life.`,
)
await prometheus.stop()
await manager.stop()
await stopServices()
await close(application as Server)
await sink.close()
removeTempFolders()
process.exit(wrong.length === 0 && missed.length === 0 ? 0 : 1)
