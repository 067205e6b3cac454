import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { http, type Listening } from '../support/sockets.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples/recovery')
const JOB = join(EXAMPLES, 'recover-retm.mjs')
const ID = '019f0000-0000-7000-8000-000000000001'
const AT = (minute: number) => new Date(Date.UTC(2026, 10, 24, 2, minute)).toISOString()

/** The job against a platform, an application and a service that a test plays. */
describe('examples/recovery', function () {
  this.timeout(60_000)
  const servers: Listening[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
    removeTempFolders()
  })

  interface Play {
    readonly tenants: readonly string[]
    /** Minutes after 02:00 of each tenant's invoices. */
    readonly minutes: readonly number[]
    readonly incident?: object
    readonly args?: readonly string[]
    /** Instead of the answer to a request for a page. */
    readonly page?: (tenant: string, origin: string) => { status: number; body?: object } | undefined
    readonly type?: string
  }

  async function play({ tenants, minutes, incident = {}, args = [], page, type = 'webhook.incident.closed' }: Play) {
    const delivered: { key: string; body: { reference: string } }[] = []
    // biome-ignore lint/suspicious/noExplicitAny: a report is looked at field by field
    const reports: any[] = []
    const tokens: string[] = []
    const server = await http(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      const [, kind = '', tenant = ''] = request.url!.split('/')
      if (kind === 'application') {
        delivered.push({ key: String(request.headers['idempotency-key']), body: JSON.parse(text) })
        return void response.writeHead(201).end()
      }
      if (kind === 'api' && request.method === 'GET') return void response.writeHead(404).end('{}')
      if (kind === 'api') {
        reports.push(JSON.parse(text))
        return void response.writeHead(200).end('{}')
      }
      tokens.push(String(request.headers.authorization))
      const data = minutes.map((minute) => ({ reference: `${tenant}-${minute}`, timestamp: AT(minute) }))
      const { status, body = { data } } = page?.(tenant, `http://${request.headers.host}`) ?? { status: 200 }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    })
    servers.push(server)
    const origin = `http://127.0.0.1:${server.port}`
    const folder = tempFolder()
    mkdirSync(join(folder, 'tokens'))
    for (const tenant of tenants) writeFileSync(join(folder, 'tokens', tenant), `token-of-${tenant}`)
    const request = (resource: string, documented: boolean) => ({
      resource,
      method: 'GET',
      url: `https://$RETM_BUSINESS_ID.retm.sa/api/v2/${resource}/list`,
      headers: { Accept: 'application/json' },
      documented,
    })
    const data = {
      id: ID,
      endpoint: 'orders',
      closedAt: AT(50),
      firstFailureAt: AT(20),
      reopened: 0,
      tenants,
      tenantsComplete: true,
      lossWindow: { from: AT(10), fromProof: 'path', until: AT(40), untilProof: 'path' },
      recovery: { status: 'open', task: null, closedAt: AT(50) },
      recoveryRequests: [request('invoices', true), request('orders', false)],
      ...incident,
    }
    const job = spawn(process.execPath, [
      JOB,
      `--event=${JSON.stringify({ type, timestamp: AT(50), data })}`,
      `--deliver=${origin}/application`,
      `--api=${origin}/platform/{tenant}`,
      `--service=${origin}`,
      `--tokens=${join(folder, 'tokens')}`,
      `--state=${join(folder, 'state')}`,
      '--rate=5000',
      '--attempts=1',
      ...args,
    ])
    let [out, err] = ['', '']
    job.stdout.on('data', (chunk) => {
      out += chunk
    })
    job.stderr.on('data', (chunk) => {
      err += chunk
    })
    const code = await new Promise<number | null>((resolve) => job.on('close', resolve))
    return { code, out, err, delivered, reports, tokens, folder }
  }

  it('restores 99 tenants although the token of one is refused, and names that one', async () => {
    const tenants = Array.from({ length: 100 }, (_, index) => `tenant-${index}`)
    const { code, reports, delivered } = await play({
      tenants,
      minutes: [20],
      page: (tenant) => (tenant === 'tenant-42' ? { status: 401 } : undefined),
    })
    expect(code).to.equal(1)
    expect(delivered).to.have.lengthOf(99)
    const { status, restored, detail, tenants: results, task, closedAt } = reports.at(-1)
    expect({ status, restored, task, closedAt }).to.deep.equal({
      status: 'failed',
      restored: 99,
      task: `${ID}-closed-1`,
      closedAt: AT(50),
    })
    expect(detail).to.match(/^not restored: tenant-42 \(401 /)
    expect(results).to.have.lengthOf(100)
    expect(results.filter((each: { status: string }) => each.status === 'failed')).to.have.lengthOf(1)
  })

  it('keeps what falls within the window and its margin, and sends each tenant’s own token', async () => {
    const { code, delivered, tokens, reports } = await play({ tenants: ['cafe'], minutes: [0, 4, 6, 20, 44, 46, 59] })
    expect(code).to.equal(0)
    expect(delivered.map(({ body }) => body.reference)).to.deep.equal(['cafe-6', 'cafe-20', 'cafe-44'])
    expect(delivered[0]!.key).to.equal('retm:cafe:invoices:cafe-6')
    expect(tokens).to.deep.equal(['Bearer token-of-cafe'])
    expect(reports.map(({ status }) => status)).to.deep.equal(['running', 'finished'])
  })

  it('says that the start of the window is unknown, and takes --from', async () => {
    const incident = { lossWindow: { from: null, fromProof: null, until: AT(40), untilProof: 'quiet' } }
    const unknown = await play({ tenants: ['cafe'], minutes: [20], incident })
    expect(unknown.code).to.equal(2)
    expect(unknown.err).to.match(/start of the window is unknown.*--from/)
    expect(unknown.reports.at(-1)).to.include({ status: 'failed' })
    expect(unknown.reports.at(-1).detail).to.match(/--from/)
    expect(unknown.delivered).to.deep.equal([])
    const given = await play({ tenants: ['cafe'], minutes: [5, 20], incident, args: ['--from=5m', '--margin=1m'] })
    expect(given.delivered.map(({ body }) => body.reference)).to.deep.equal(['cafe-20'])
  })

  it('prints with --dry-run what it would restore, and changes nothing', async () => {
    const { code, out, delivered, reports, folder } = await play({
      tenants: ['cafe'],
      minutes: [20],
      args: ['--dry-run'],
    })
    expect(code).to.equal(0)
    const line = JSON.parse(out)
    expect(line.key).to.equal('retm:cafe:invoices:cafe-20')
    expect(line.body).to.include({ business_refrence: 'cafe', event: 'order.created', reference: 'cafe-20' })
    expect([delivered, reports]).to.deep.equal([[], []])
    expect(existsSync(join(folder, 'state'))).to.equal(false)
  })

  it('reads the other resources only with --undocumented, and every tenant with a token if not all are named', async () => {
    const incident = { tenants: ['cafe'], tenantsComplete: false }
    const { delivered } = await play({ tenants: ['cafe', 'sushi'], minutes: [20], incident, args: ['--undocumented'] })
    expect(delivered.map(({ key }) => key)).to.deep.equal([
      'retm:cafe:invoices:cafe-20',
      'retm:cafe:orders:cafe-20',
      'retm:sushi:invoices:sushi-20',
      'retm:sushi:orders:sushi-20',
    ])
  })

  it('does not send a tenant’s token to another host', async () => {
    const { code, reports, tokens } = await play({
      tenants: ['cafe'],
      minutes: [20],
      page: (_, origin) => ({
        status: 200,
        body: {
          data: [{ reference: 'x', timestamp: AT(20) }],
          next_page_url: origin.replace('127.0.0.1', 'localhost'),
        },
      }),
    })
    expect(code).to.equal(1)
    expect(tokens).to.have.lengthOf(1)
    expect(reports.at(-1).tenants[0].detail).to.match(/another host/)
  })

  it('has nothing to do for other events, and where nothing was lost', async () => {
    const opened = await play({ tenants: ['cafe'], minutes: [20], type: 'webhook.incident.opened' })
    expect([opened.code, opened.delivered, opened.reports]).to.deep.equal([0, [], []])
    const incident = { recovery: { status: 'not_needed', task: null, closedAt: AT(50) } }
    const none = await play({ tenants: ['cafe'], minutes: [20], incident })
    expect([none.code, none.delivered]).to.deep.equal([0, []])
  })

  it('names an incident that does not exist, and ends with the code that its Jobs do not repeat', async () => {
    const { code, err } = await play({ tenants: ['cafe'], minutes: [20], args: [`--incident=${ID}`] })
    expect(err).to.match(new RegExp(`has no incident ${ID}: take the id of one that it lists`))
    expect(code).to.equal(2)
    for (const name of ['job', 'jobsink']) {
      const { spec } = parse(readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8'))
      const { podFailurePolicy, template } = spec.job?.spec ?? spec
      const [{ name: containerName }] = template.spec.containers
      const onExitCodes = { containerName, operator: 'In', values: [code] }
      expect(podFailurePolicy.rules, name).to.deep.equal([{ action: 'FailJob', onExitCodes }])
      // Kubernetes refuses the policy with any other.
      expect(template.spec.restartPolicy, name).to.equal('Never')
    }
  })
})
