import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { requireHelm } from '../helm/support/helm.ts'
import { JOB, NAMESPACE } from '../rules/series.ts'
import { report } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { stopServices } from '../support/service.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'
import type { Message } from './inbox.ts'
import { renderWalks, toldWalk, type Walk } from './notes.ts'
import { blocksUnder, commandsOf, linksOf, openDashboard, openDoc, paste, type Ran } from './person.ts'
import { dropped, expired, healthy, type Way } from './shop.ts'
import { MERCHANT_TOKEN, openStage, type Stage } from './stage.ts'

const PAGE = join(import.meta.dirname, '../../docs/walkthrough.md')
const API_TOKEN = 'admin-token-of-the-walk-0123456789'
const TIMED_OUT = 'Operation timed out after 30001 milliseconds with 0 bytes received'
const DASHBOARD_LINK = 'Dashboard'

/**
 * From the text of a notification alone to the fix, as someone who has never seen the product: each link is opened, each
 * command is pasted. What is read on the way becomes docs/walkthrough.md: `UPDATE_WALK=1 mocha test/walk` writes it.
 */
describe('a newcomer’s walk, from the notification to the fix', function () {
  this.timeout(60_000)
  const walks: Partial<Record<'certificate' | 'firewall', Walk>> = {}
  let tools = ''
  let stage: Stage
  let ways: Pick<Way, 'close'>[] = []

  before(async function () {
    await requireHelm(this)
    const programs = []
    for (const name of ['curl', 'jq', 'openssl'] as const) programs.push(await requireProgram(this, name))
    tools = programs.map(({ path }) => dirname(path)).join(delimiter)
  })
  afterEach(async () => {
    await stage?.close()
    await Promise.all(ways.map((way) => way.close()))
    ways = []
    await stopServices()
  })
  const opened = <W extends Pick<Way, 'close'>>(way: W): W => {
    ways.push(way)
    return way
  }

  /** What a person's shell knows. */
  const shell = (more: Record<string, string> = {}) => ({ PATH: `${stage.path}${delimiter}${tools}`, ...more })
  const incident = async (endpoint: string) => {
    const query = new URLSearchParams({ limit: '1', endpoint })
    const response = await fetch(`${stage.service.admin}/api/v1/incidents?${query}`, {
      headers: { Authorization: `Bearer ${API_TOKEN}` },
    })
    return ((await response.json()) as { incidents: Record<string, unknown>[] }).incidents[0]!
  }
  /** Reports a failure; with `looked` Prometheus hears of it when the endpoint has been looked at, as it mostly is in life. */
  async function fail(endpoint: string, body: object, { looked }: { looked: boolean }): Promise<void> {
    if (looked) stage.gate.shut()
    const answer = await report(stage.service.ingest, body, { Authorization: `Bearer ${MERCHANT_TOKEN}` })
    expect(answer.status).to.equal(202)
    if (looked) await until('the verdict', async () => (await incident(endpoint))['verdict'])
    stage.gate.open()
  }
  const told = (by: Message['by'], endpoint: string, word: string) =>
    until(`a message of ${endpoint}`, () =>
      stage.inbox.messages.find((it) => it.by === by && it.title.includes(endpoint) && it.text.includes(word)),
    )

  /** Every link of a firing chat message resolves. @returns the page of the cause that it leads to */
  async function followLinks(message: Message, endpoint: string): Promise<string> {
    const links = linksOf(message.text)
    expect(openDoc(links.get('Runbook')!)).to.include('# WebhookEndpointFailing')
    const section = openDoc(links.get('Cause')!)
    const dashboard = await openDashboard(links.get(DASHBOARD_LINK)!, stage.prometheus)
    expect(dashboard.failed).to.deep.equal([])
    const { openedAt, cause } = await incident(endpoint)
    expect(dashboard.range.from * 1_000, 'the range begins before the incident').to.be.below(
      Date.parse(String(openedAt)),
    )
    expect(dashboard.shown.get('Cause')?.map(({ name }) => name)).to.deep.equal([cause])
    expect(dashboard.shown.get('State')?.[0]?.value, 'failing now').to.equal(1)
    const api = links.get('Incident')
    if (api) {
      const page = await fetch(api, { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
      expect(page.status).to.equal(200)
      expect(page.headers.get('content-type')).to.include('text/html')
      const html = await page.text()
      for (const [, link] of html.matchAll(/<a href="([^"]+)"/g)) {
        const { status } = await fetch(link!.replaceAll('&#38;', '&'))
        expect(status, link).to.equal(200)
      }
    }
    return section
  }

  /** Pastes every block under the two headings of the runbook, as they are; the last one closes by hand and is for elsewhere. */
  async function followRunbook(
    endpoint: string,
    env: Record<string, string>,
    only: (block: string) => boolean = () => true,
  ): Promise<Map<string, Ran>> {
    const text = openDoc(linksOf((await told('slack', endpoint, 'CRITICAL')).text).get('Runbook')!)
    const [labels, reach, api] = blocksUnder(text, 'Set-up')
    const settings = `${labels}\n${reach}`
    // This one runs in Kubernetes.
    const diagnosis = blocksUnder(text, 'Diagnosis').filter((block) => !block.startsWith('npx '))
    const mitigation = blocksUnder(text, 'Mitigation').slice(0, 1)
    const port = await freePort()
    const values: Record<string, string> = { NAMESPACE, JOB, ENDPOINT: endpoint }
    const set = settings
      .replaceAll(/\b(NAMESPACE|JOB|ENDPOINT)=\S+/g, (_, name: string) => `${name}=${values[name]}`)
      .replaceAll('9464', `${port}:9464`)
      .replace(`127.0.0.1:${port}:9464`, `127.0.0.1:${port}`)
      .replace('sleep 2', 'sleep 0.5')
    const begin = stage.external ? set.replace(/^API=.*$/m, `API=${stage.external}`) : `${set}\ntrap 'kill $!' EXIT`
    const ran = new Map<string, Ran>()
    for (const block of [...diagnosis, ...mitigation].filter(only))
      ran.set(block, await paste(`${begin}\n${api}\nset -o pipefail\n${block}`, env))
    return ran
  }
  const isProbe = (block: string) => block.includes('probe "$ENDPOINT"')
  const probeOf = (ran: Map<string, Ran>) => [...ran].find(([block]) => isProbe(block))!

  it('leads from an expired certificate to a renewed one, by links', async function () {
    const way = opened(await expired())
    const folder = tempFolder()
    writeFileSync(join(folder, 'ca.pem'), way.ca)
    const url = `https://localhost:${way.port}/hooks/orders`
    stage = await openStage(this, {
      external: true,
      endpoints: [
        {
          name: 'orders',
          event: 'order.created',
          team: 'sales',
          urls: [url],
          probe: { caFile: join(folder, 'ca.pem') },
        },
      ],
    })
    const body = { code: 60, endpoint: url, message: 'SSL certificate problem: certificate has expired' }
    await fail('orders', body, { looked: true })

    const page = await told('email', 'orders', 'CRITICAL')
    const chat = await told('slack', 'orders', 'CRITICAL')
    expect(chat.titleLink).to.equal(linksOf(chat.text).get('Runbook'))
    expect(page.title).to.equal('orders: deliveries failing, TLS failure (team sales)')
    expect(page.text).to.include('The platform saw a TLS failure (code 60). Confirmed by a probe')
    expect(page.text).to.include('order.created').and.include('CRITICAL since ')
    expect(await followLinks(chat, 'orders')).to.include('certificate of $HOST has expired')
    expect(linksOf(page.text).get('Incident')).to.equal(linksOf(chat.text).get('Incident'))

    const [check] = commandsOf(page.text)
    expect(commandsOf(chat.text)[0]).to.equal(check)
    const before = await paste(check!, shell())
    expect(before.code).to.equal(0)
    expect(Date.parse(/notAfter=(.*)/.exec(before.stdout)![1]!)).to.be.below(Date.now())
    const read = await paste(
      `curl --silent --header 'Accept: text/plain' '${linksOf(page.text).get('Incident')}'`,
      shell(),
    )
    expect(read.stdout).to.match(
      /^order\.created to orders: The platform saw a TLS failure \(code \d+: “.*”\)\. Certificate of localhost expired 40 minutes ago, confirmed by a probe/,
    )
    expect(read.stdout).to.include(check!).and.include('cmctl renew').and.include('SSL certificate problem')
    const diagnosis = await followRunbook('orders', shell())
    const [probe, down] = probeOf(diagnosis)
    expect(down.code).to.equal(1)
    for (const [block, { code, stderr }] of diagnosis)
      if (block !== probe) expect(code, `${block}\n${stderr}`).to.equal(0)
    expect([...diagnosis.values()].at(-1)!.stdout).to.match(/^ *1 burger-house$/m)

    await way.fix()
    const after = await paste(check!, shell())
    expect(Date.parse(/notAfter=(.*)/.exec(after.stdout)![1]!)).to.be.above(Date.now())
    const up = probeOf(await followRunbook('orders', shell(), isProbe))[1]
    expect(up.code).to.equal(0)
    expect(up.stdout).to.match(/^up: /)
    const resolved = await told('email', 'orders', 'RESOLVED')
    expect(resolved.title).to.match(/^Resolved/)
    expect(resolved.text).to.match(
      /Lost: deliveries from .* until .* UTC at the latest\.\r?\n.*invoices \(GET \/api\/v2\/invoices\/list\)/,
    )
    const closed = await paste(
      `curl --silent --header 'Accept: text/plain' '${linksOf(resolved.text).get('Incident')}'`,
      shell(),
    )
    expect(closed.stdout)
      .to.match(/^state +closed at/m)
      .and.match(/^ends +closed on proof$/m)
    expect(closed.stdout).to.match(/^lost +from .* until \d{4}-/m)
    const fix = 'Renew it and reload what terminates TLS.'
    walks.certificate = toldWalk(
      { page, check: check!, before, read, opened: 'click', probe: probe!, down, fix, after, up, resolved, closed },
      { port: way.port, scheme: 'https', admin: stage.service.admin },
    )
  })

  it('leads from a path that drops to an open one, by port-forward and with a token', async function () {
    const way = opened(await dropped())
    const inside = opened(await healthy())
    const url = `http://localhost:${way.port}/hooks/menu`
    stage = await openStage(this, {
      external: false,
      apiToken: API_TOKEN,
      endpoints: [
        {
          name: 'menu',
          event: 'menu.updated',
          team: 'sales',
          urls: [url],
          // Longer than the page takes, so that this one comes before the first look is over.
          probe: { timeout: '2s', internalUrl: `http://127.0.0.1:${inside.port}/hooks/menu` },
        },
      ],
    })
    await fail('menu', { code: 28, endpoint: url, message: TIMED_OUT }, { looked: false })

    const page = await told('email', 'menu', 'CRITICAL')
    expect(page.text).to.include('Not probed yet').and.include('Check: Open the incident')
    await until('the verdict', async () => (await incident('menu'))['verdict'])
    const chat = await told('slack', 'menu', 'CRITICAL')
    await followLinks(chat, 'menu')
    expect(linksOf(chat.text).has('Incident'), 'no link without an external URL').to.equal(false)
    expect(openDoc(linksOf(page.text).get('Cause')!)).to.include('# timeout')
    const command = await stage.command('menu')
    const port = await freePort()
    const pasted = command.replaceAll('9464:9464', `${port}:9464`).replaceAll('127.0.0.1:9464', `127.0.0.1:${port}`)
    expect((await paste(pasted, shell())).stdout, 'without the token it says what is missing').to.include(
      'credential_missing',
    )
    const read = await paste(pasted, shell({ TOKEN: API_TOKEN }))
    expect(read.code).to.equal(0)
    expect(read.stdout).to.match(
      /^menu\.updated to menu: The platform saw a timeout \(code 28: “.*”\)\. The application answers internally .*, but the public path is broken: .* \(phase connect\)/,
    )
    const [check] = commandsOf(read.stdout)
    expect(check).to.match(/^curl /)
    const before = await paste(check!, shell())
    expect(before.code, 'nothing answers').to.equal(28)
    const diagnosis = await followRunbook('menu', shell({ TOKEN: API_TOKEN }))
    const [probe, down] = probeOf(diagnosis)
    expect(down.code).to.equal(1)
    for (const [block, { code, stderr }] of diagnosis)
      if (block !== probe) expect(code, `${block}\n${stderr}`).to.equal(0)

    await way.fix()
    const after = await paste(check!, shell())
    expect(after.code).to.equal(0)
    expect(after.stdout).to.match(/^HTTP\/1\.1 204/)
    const [, up] = probeOf(await followRunbook('menu', shell({ TOKEN: API_TOKEN }), isProbe))
    expect(up.code).to.equal(0)
    const resolved = await told('email', 'menu', 'RESOLVED')
    expect(resolved.text).to.include('menu (GET /api/v2/menu/list)')
    const closed = await paste(pasted, shell({ TOKEN: API_TOKEN }))
    expect(closed.stdout).to.match(/^ends +closed on proof$/m)
    const fix = 'Open the path: undo the change of the firewall.'
    walks.firewall = toldWalk(
      {
        page,
        check: check!,
        before,
        read,
        opened: 'command',
        probe: probe!,
        down,
        fix,
        after,
        up,
        resolved,
        closed,
      },
      { port: way.port, scheme: 'http', admin: stage.service.admin },
    )
  })

  it('says where only the platform cannot get through, and that a probe cannot prove the end of it', async function () {
    const well = opened(await healthy())
    const url = `http://localhost:${well.port}/hooks/invoices`
    const nobody = opened(await dropped())
    const lost = `http://localhost:${nobody.port}/hooks/customers`
    stage = await openStage(this, {
      external: true,
      endpoints: [
        { name: 'invoices', event: 'order.created', team: 'books', urls: [url] },
        { name: 'customers', team: 'crm', urls: [lost], probe: { timeout: '200ms', internalUrl: lost } },
      ],
    })
    await fail('invoices', { code: 28, endpoint: url, message: TIMED_OUT }, { looked: true })
    await fail('customers', { code: 28, endpoint: lost, message: TIMED_OUT }, { looked: true })
    const page = await told('email', 'invoices', 'CRITICAL')
    expect(page.text).to.match(/^Check: .*access log/m)
    expect(await followLinks(await told('slack', 'invoices', 'CRITICAL'), 'invoices')).to.include('# timeout_up')
    const both = await told('slack', 'customers', 'CRITICAL')
    expect(await followLinks(both, 'customers')).to.include('# timeout_connect')
    const resolved = await told('email', 'invoices', 'RESOLVED')
    expect(resolved.text).to.include('A probe goes another way than the platform')
    const closed = await fetch(linksOf(resolved.text).get('Incident')!, { headers: { Accept: 'text/plain' } })
    expect(await closed.text()).to.match(/^ends +closed on proof\. A probe goes another way/m)
  })

  it('is told in docs/walkthrough.md as it went; UPDATE_WALK=1 writes it', function () {
    const { certificate, firewall } = walks
    if (!certificate || !firewall) return this.skip()
    const text = renderWalks({ certificate, firewall })
    if (process.env['UPDATE_WALK'] === '1') writeFileSync(PAGE, text)
    // Line by line, so that a failure shows which one.
    expect(readFileSync(PAGE, 'utf8').split('\n')).to.deep.equal(text.split('\n'))
  })
})
