import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { NEW } from '../../grafana/alertmanager/templates.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { addressOf, close, listen } from './live.ts'
import { JOB, NAMESPACE, seconds } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
/** So many times faster than in life. */
const FASTER = 20
/** Milliseconds of an evaluation, at which alerts begin and end; Prometheus sends an alert again after five. */
const TICK = 15_000 / FASTER
const RESEND = 5
/** Prometheus sends a resolved alert again for so many evaluations. */
const RESOLVED_FOR = 60
const MINUTE = 4
const END = 14 * MINUTE

interface Life {
  readonly team: string
  readonly endpoint: string
  /** Evaluations since the beginning. */
  readonly from: number
  readonly until?: number
}

const life = (team: string, endpoint: string, from: number, until?: number): Life => ({
  team,
  endpoint,
  from,
  ...(until !== undefined && { until }),
})
const STORM = Array.from({ length: 20 }, (_, index) => `storm-${index}`)
const LIVES: readonly Life[] = [
  life('one', 'alone', 0),
  life('two', 'first', 0),
  life('two', 'later', 3 * MINUTE),
  // Twenty within a minute; one recovers at each evaluation from the fourth minute on.
  ...STORM.map((endpoint, index) => life('storm', endpoint, index % 5, 4 * MINUTE + index)),
  // One recovers while another still fails, and then a third fails.
  life('mixed', 'recovers', 0, 3 * MINUTE),
  life('mixed', 'stays', 0),
  life('mixed', 'third', 6 * MINUTE),
]

interface Message {
  readonly title: string
  readonly text: string
}

/** What Alertmanager really says, by the routes, intervals and templates of the example, twenty times as fast. */
describe('a team is notified', function () {
  this.timeout(120_000)
  const heard = new Map<string, Message[]>()
  const of = (team: string): Message[] => heard.get(team) ?? []
  /** Whether a message tells of an endpoint: not as one that still fails, and not in the address of a link. */
  const tellsOf = ({ text }: Message, endpoint: string): boolean =>
    new RegExp(`\\b${endpoint}\\b`).test(text.replaceAll(/Still failing.*|<[^|]*\|/g, ''))

  before(async function () {
    const server = await listen(
      createServer((request, response) => {
        let body = ''
        request.on('data', (chunk) => {
          body += chunk
        })
        request.on('end', () => {
          const [{ title, text }] = JSON.parse(body).attachments
          const team = /\(team (\w+)\)/.exec(title)![1]!
          heard.set(team, [...of(team), { title, text }])
          response.end('ok')
        })
      }),
    )
    const manager = await startAlertmanager(this, config(addressOf(server)))
    /** When each began and ended: as late as this machine was. */
    const moments = new Map<string, string>()
    const moment = (what: string): string => {
      const at = moments.get(what) ?? new Date().toISOString()
      moments.set(what, at)
      return at
    }
    const post = async (lives: readonly Life[], tick: number): Promise<void> => {
      if (lives.length === 0) return
      const body = lives.map(({ team, endpoint, until }) => ({
        labels: {
          alertname: 'WebhookEndpointFailing',
          severity: 'warning',
          namespace: NAMESPACE,
          job: JOB,
          team,
          endpoint,
        },
        annotations: annotations(endpoint),
        startsAt: moment(`${endpoint} began`),
        endsAt:
          until !== undefined && until <= tick
            ? moment(`${endpoint} ended`)
            : new Date(Date.now() + 1_000 * TICK).toISOString(),
      }))
      const { ok } = await fetch(`http://${manager.address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(ok).to.equal(true)
    }
    try {
      const began = Date.now()
      for (let tick = 0; tick < END; tick++) {
        await new Promise((resolve) => setTimeout(resolve, began + tick * TICK - Date.now()))
        const isDue = ({ from, until }: Life) =>
          until !== undefined && tick >= until
            ? tick - until < RESOLVED_FOR && (tick - until) % RESEND === 0
            : tick >= from && (tick - from) % RESEND === 0
        await post(LIVES.filter(isDue), tick)
      }
    } finally {
      await manager.stop()
      await close(server)
    }
  })
  after(removeTempFolders)

  it('once of one endpoint', () => {
    expect(of('one').map(({ title }) => title)).to.deep.equal(['alone: deliveries failing, timeout (team one)'])
  })

  it('of a second one, minutes later, by a message that reads as its own', () => {
    const [first, second, ...more] = of('two')
    expect(more).to.deep.equal([])
    expect(first!.title).to.equal('first: deliveries failing, timeout (team two)')
    expect(second!.title).to.equal('later: deliveries failing, timeout (team two)')
    for (const word of ['since 2026', 'later saw a timeout', 'look at later', 'incidents/later'])
      expect(second!.text).to.include(word)
    expect(second!.text).to.match(/\nStill failing: first\n$/)
    expect(second!.text).not.to.match(/look at first|first saw/)
  })

  it('at most twice of twenty endpoints within a minute, five of them in full in each', () => {
    const pages = of('storm').filter(({ text }) => !text.includes('RESOLVED'))
    expect(pages).to.have.length.within(1, 2)
    for (const endpoint of STORM)
      expect(
        pages.filter((page) => tellsOf(page, endpoint)),
        endpoint,
      ).to.have.length(1)
    expect(pages.at(-1)!.text.match(/look at/g)).to.have.length(5)
    expect(pages.at(-1)!.text).to.match(/\d+ in all\. The others: storm-/)
  })

  it('of each of the twenty recoveries, once', () => {
    const ends = of('storm').filter(({ text }) => text.includes('RESOLVED'))
    for (const endpoint of STORM)
      expect(
        ends.filter((end) => tellsOf(end, endpoint)),
        endpoint,
      ).to.have.length(1)
    expect(of('storm').length - ends.length).to.be.at.most(2)
  })

  it('of a recovery while another endpoint fails, with its loss and its end, and not again with the next failure', () => {
    const [began, recovered, third, ...more] = of('mixed')
    expect(more).to.deep.equal([])
    expect(began!.title).to.equal('2 × Webhook deliveries failing (team mixed)')
    expect(recovered!.title).to.equal('Resolved: recovers: deliveries failing, timeout (team mixed)')
    for (const word of [
      'Closed with proof: probes succeeded.',
      'Lost: deliveries from A until B.',
      'Read recovers again.',
    ])
      expect(recovered!.text).to.include(word)
    expect(recovered!.text).to.match(/\nStill failing: stays\n$/)
    expect(third!.title).to.equal('third: deliveries failing, timeout (team mixed)')
    expect(third!.text).not.to.match(/RESOLVED|recovers/)
  })
})

/** The example with one receiver of texts. */
function config(url: string): string {
  const example = parse(readFileSync(join(FOLDER, 'alertmanager.yaml'), 'utf8'))
  const templates = join(tempFolder(), 'webhooks.tmpl')
  const text = readFileSync(join(FOLDER, 'webhooks.tmpl'), 'utf8')
  writeFileSync(templates, text.replaceAll(`Seconds ${NEW}.0`, `Seconds ${NEW / FASTER}`))
  const route = example.route.routes[0]
  for (const key of ['group_wait', 'group_interval'])
    route[key] = `${Math.round((1_000 * seconds(route[key])) / FASTER)}ms`
  const slack = { api_url: url, send_resolved: true, channel: '#x', title: '{{ template "webhooks.title" . }}' }
  const receivers = (example.receivers as { name: string }[]).map(({ name }) => ({
    name,
    slack_configs: [{ ...slack, text: '{{ template "webhooks.slack" . }}' }],
  }))
  return stringify({ ...example, templates: [templates], receivers })
}

const annotations = (endpoint: string) => ({
  summary: 'Webhook deliveries failing',
  headline: 'deliveries failing, timeout',
  description: `${endpoint} saw a timeout.`,
  since: '2026-11-24 02:10:00 UTC',
  first_check: `look at ${endpoint}`,
  proof: 'Closed with proof: probes succeeded.',
  lost_since: 'A',
  lost_until: 'B',
  recovery: `Read ${endpoint} again.`,
  api_url: `https://ops.example/incidents/${endpoint}`,
  runbook_url: 'https://r.example/x.md',
})
