import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { requireHelm } from '../helm/support/helm.ts'
import { requireProgram } from '../support/programs.ts'
import { stopServices } from '../support/service.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'
import { API_TOKEN, isProbe, newcomer, probeOf } from './newcomer.ts'
import { renderWalks, toldWalk, type Walk } from './notes.ts'
import { commandsOf, linksOf, openDoc, paste } from './person.ts'
import { dropped, expired, healthy, type Way } from './shop.ts'
import { openStage, type Stage } from './stage.ts'

const PAGE = join(import.meta.dirname, '../../docs/walkthrough.md')
const TIMED_OUT = 'Operation timed out after 30001 milliseconds with 0 bytes received'

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
    const { shell, fail, told, followLinks, followRunbook } = newcomer(stage, tools)
    const body = { code: 60, endpoint: url, message: 'SSL certificate problem: certificate has expired' }
    await fail('orders', body, { looked: true })

    const page = await told('email', 'orders', 'CRITICAL')
    const chat = await told('slack', 'orders', 'CRITICAL')
    expect(chat.titleLink).to.equal(linksOf(chat.text).get('Runbook'))
    expect(page.title).to.equal('orders: deliveries failing, certificate expired (team sales)')
    expect(page.text).to.include('The platform saw an expired certificate (code 60). Confirmed by a probe')
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
      /^order\.created to orders: The platform saw an expired certificate \(code \d+: “.*”\)\. Certificate of localhost expired 4\d minutes ago, confirmed by a probe/,
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
      /Lost: deliveries from .* until .* UTC.*\r?\n.*invoices \(GET \/api\/v2\/invoices\/list\)/,
    )
    const closed = await paste(
      `curl --silent --header 'Accept: text/plain' '${linksOf(resolved.text).get('Incident')}'`,
      shell(),
    )
    expect(closed.stdout)
      .to.match(/^state +closed at/m)
      .and.match(/^ends +Closed with proof: probes succeeded from \S+ on$/m)
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
    const { shell, incident, fail, told, followLinks, followRunbook } = newcomer(stage, tools)
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
    expect(closed.stdout).to.match(/^ends +Closed with proof: probes succeeded from \S+ on$/m)
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
    const { fail, goOnFailing, told, followLinks } = newcomer(stage, tools)
    const timedOut = { code: 28, endpoint: url, message: TIMED_OUT }
    await fail('invoices', timedOut, { looked: true })
    const failing = opened(goOnFailing(timedOut))
    const lostToo = { code: 28, endpoint: lost, message: TIMED_OUT }
    await fail('customers', lostToo, { looked: true })
    const failingToo = opened(goOnFailing(lostToo))
    const page = await told('email', 'invoices', 'CRITICAL')
    expect(page.text).to.match(/^Check: .*access log/m)
    expect(await followLinks(await told('slack', 'invoices', 'CRITICAL'), 'invoices')).to.include('# timeout_up')
    await failing.close()
    const both = await told('slack', 'customers', 'CRITICAL')
    expect(await followLinks(both, 'customers')).to.include('# timeout_connect')
    await failingToo.close()
    const resolved = await told('email', 'invoices', 'RESOLVED')
    expect(resolved.text).to.include('A probe goes another way than the platform')
    const closed = await fetch(linksOf(resolved.text).get('Incident')!, { headers: { Accept: 'text/plain' } })
    expect(await closed.text()).to.match(
      /^ends +Closed with proof: probes succeeded from \S+ on\. A probe goes another way/m,
    )
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
