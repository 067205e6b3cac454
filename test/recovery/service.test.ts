import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type CloudEvent, HTTP } from 'cloudevents'
import { stringify } from 'yaml'
import { runCommand } from '../support/cli.ts'
import { HOOK_SECRET, type HookReceiver, hookReceiver } from '../support/hook-receiver.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { faultsOf } from '../support/openapi.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

const API_TOKEN = 'api-token-of-the-test-0123456789'
const RECOVERY_TOKEN = 'recovery-token-of-the-test-01234'
const NOBODY = '00000000-0000-7000-8000-000000000000'

describe('hooks and recoveries of the service', function () {
  this.timeout(60_000)
  let service: Service
  let receiver: HookReceiver

  before(async () => {
    receiver = await hookReceiver()
    service = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' }, externalUrl: 'https://ops.example/webhooks/' },
        endpoints: [
          { name: 'orders', event: 'order.created', team: 'shop', urls: ['https://shop.example/hooks/*'] },
          { name: 'menu', team: 'kitchen', urls: ['https://kitchen.example/*'] },
        ],
        hooks: [{ name: 'backfill', url: receiver.url, teams: ['shop'], secret: { env: 'HOOK_SECRET' } }],
        recovery: { token: { env: 'RECOVERY_TOKEN' } },
      },
      env: { API_TOKEN, RECOVERY_TOKEN, HOOK_SECRET, LOG_LEVEL: 'info' },
    })
  })
  after(async () => {
    await stopServices()
    await receiver.close()
    removeTempFolders()
  })

  const call = (
    path: string,
    { token = API_TOKEN, body, method = 'GET' }: { token?: string; body?: unknown; method?: string } = {},
  ) =>
    answer(
      fetch(`${service.admin}/api/v1/${path}`, {
        method: body === undefined ? method : 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
  const recovery = (id: string, body: unknown, token = RECOVERY_TOKEN) =>
    call(`incidents/${id}/recovery`, { body, token })
  const fail = async (url = 'https://shop.example/hooks/orders'): Promise<string> =>
    (await answer(report(service.ingest, { code: 503, endpoint: url, message: 'x' }))).body.id
  const close = async (id: string) => {
    const { status } = await call(`incidents/${id}/resolve`, { body: { reason: 'fixed' } })
    expect(status).to.equal(200)
  }
  const incident = async (id: string) => (await call(`incidents/${id}`)).body

  it('sends an incident’s events, and follows its recovery to the end', async () => {
    const id = await fail()
    await close(id)
    await until('both events', () => receiver.events.length === 2)
    const [opened, closed] = receiver.events
    expect([opened!.id, closed!.id]).to.deep.equal([`${id}-opened-1`, `${id}-closed-1`])
    const event = HTTP.toEvent({ headers: closed!.headers, body: closed!.text }) as CloudEvent<{ data: unknown }>
    expect(event).to.include({
      type: 'webhook.incident.closed',
      subject: 'orders',
      source: 'https://ops.example/webhooks',
    })
    const { data } = closed!.body
    expect(data).to.deep.include({
      id,
      endpoint: 'orders',
      team: 'shop',
      event: 'order.created',
      failures: 1,
      state: 'closed',
    })
    expect(data.recovery).to.include({ status: 'open', task: null })
    expect(data.links.recovery).to.equal(`https://ops.example/webhooks/api/v1/incidents/${id}/recovery`)
    expect(data.recoveryRequests[0].headers.Authorization).to.equal('Bearer $RETM_TOKEN')

    const { body: requested } = await call(`incidents/${id}/recover`, { method: 'POST', token: RECOVERY_TOKEN })
    expect(requested.recovery).to.include({ status: 'requested', task: `${id}-requested-1` })
    await until('the request', () => receiver.events.length === 3)
    expect(receiver.events[2]!.body.type).to.equal('webhook.recovery.requested')
    expect(receiver.events[2]!.body.data.recovery.task).to.equal(requested.recovery.task)

    const { task } = requested.recovery
    const { closedAt } = requested
    expect((await recovery(id, { task, status: 'running', restored: 3 })).body.recovery.status).to.equal('running')
    const tenants = [
      { tenant: 'burger-house', status: 'finished', restored: 12 },
      { tenant: 'pizza', status: 'failed', detail: 'token rejected' },
    ]
    const failed = await recovery(id, { task, status: 'failed', restored: 12, detail: 'one tenant', tenants, closedAt })
    expect(failed.body.recovery).to.deep.include({ status: 'failed', restored: 12, detail: 'one tenant' })
    expect(failed.body.recovery.tenants[0]).to.deep.equal({
      tenant: 'pizza',
      status: 'failed',
      restored: null,
      detail: 'token rejected',
    })
    const page = await fetch(`${service.admin}/api/v1/incidents/${id}`, {
      headers: { Authorization: `Bearer ${API_TOKEN}`, Accept: 'text/plain' },
    })
    expect((await page.text()).replaceAll(/ +/g, ' '))
      .to.include(`recovery failed, 12 restored, task ${task}, one tenant`)
      .and.include('missing pizza: token rejected')
    const exposed = await scrape(service.admin)
    expect(sum(exposed, 'webhook_incident_recovery_state', 'endpoint="orders"', 'state="failed"')).to.equal(1)
    expect(sum(exposed, 'webhook_incident_recovery_oldest_open_timestamp_seconds', 'endpoint="orders"')).to.equal(
      Date.parse(closedAt) / 1_000,
    )
    const end = { task, status: 'finished', restored: 13, closedAt }
    const finished = await recovery(id, end)
    expect(finished).to.deep.include({ status: 200 })
    expect(finished.body.recovery).to.deep.include({ status: 'finished', restored: 13 })
    expect((await recovery(id, end)).body).to.deep.equal(finished.body)
    expect((await incident(id)).recovery).to.deep.equal(finished.body.recovery)
    const after = await scrape(service.admin)
    expect(sum(after, 'webhook_incident_recovery_state', 'state="finished"')).to.equal(1)
    expect(sum(after, 'webhook_incident_recovery_state', 'state="failed"')).to.equal(0)
    expect(after).not.to.match(/^webhook_incident_recovery_oldest_open_timestamp_seconds\{/m)
    expect(sum(after, 'webhook_hook_deliveries_total', 'event="incident.closed"', 'result="success"')).to.equal(1)
    expect(sum(after, 'webhook_hook_oldest_pending_seconds', 'hook="backfill"')).to.equal(0)
  })

  it('opens the recovery again when the incident is reopened, whatever comes from the earlier closing', async () => {
    await fail()
    // The first test's incident was closed a moment ago: this failure reopened it.
    const [reopened] = (await call('incidents?state=open&endpoint=orders')).body.incidents
    expect(reopened.recovery).to.include({ status: 'open' })
    expect((await recovery(reopened.id, { task: 'late', status: 'finished' })).body.recovery.status).to.equal('open')
    expect((await call(`incidents/${reopened.id}/recover`, { method: 'POST' })).body.code).to.equal('conflict')
    const first = reopened.recovery.closedAt
    await close(reopened.id)
    const stale = await recovery(reopened.id, { task: 'stale', status: 'finished', restored: 1, closedAt: first })
    expect(stale.status).to.equal(200)
    expect(stale.body.recovery).to.include({ status: 'open' })
    expect(stale.body.recovery.history.at(-1)).to.include({ task: 'stale', status: 'finished' })
    await until('its events', () => receiver.events.some((event) => event.id === `${reopened.id}-closed-2`))
    expect(
      (await call('incidents?recovery=unfinished')).body.incidents.map((each: { id: string }) => each.id),
    ).to.deep.equal([reopened.id])
    expect(
      (await recovery(reopened.id, { task: 'job', status: 'finished', restored: 2 })).body.recovery.status,
    ).to.equal('finished')
  })

  it('has no recovery where no hook matches, and none of an incident without failures', async () => {
    const sent = receiver.events.length
    const id = await fail('https://kitchen.example/x')
    await close(id)
    expect((await incident(id)).recovery).to.equal(null)
    expect((await recovery(id, { task: 'x', status: 'running' })).body).to.deep.include({ code: 'conflict' })
    expect(receiver.events).to.have.lengthOf(sent)
  })

  it('lets in either token, the recovery token only there, and nobody else', async () => {
    const [{ id }] = (await call('incidents?endpoint=orders')).body.incidents
    const report = { task: 'job', status: 'finished', restored: 2 }
    expect((await recovery(id, report, API_TOKEN)).status).to.equal(200)
    expect((await recovery(id, report, 'another-token-of-the-test-0123456')).status).to.equal(401)
    for (const path of ['incidents', `incidents/${id}`, 'failures', 'endpoints', 'openapi.json'])
      expect((await call(path, { token: RECOVERY_TOKEN })).status, path).to.equal(401)
    expect((await call(`incidents/${id}/resolve`, { token: RECOVERY_TOKEN, body: { reason: 'x' } })).status).to.equal(
      401,
    )
    const open = await fetch(`${service.admin}/api/v1/incidents/${id}/recovery`, { method: 'POST' })
    expect(open.status).to.equal(401)
  })

  it('refuses what is wrong, and names it', async () => {
    const [{ id, closedAt }] = (await call('incidents?endpoint=orders')).body.incidents
    const refused = async (body: unknown, status: number, code: string, pointer?: string) => {
      const it = await recovery(id, body)
      expect([it.status, it.body.code], JSON.stringify(body)).to.deep.equal([status, code])
      if (pointer) expect(it.body.errors.map((each: { pointer: string }) => each.pointer)).to.include(pointer)
    }
    await refused({ task: 'x', status: 'open' }, 400, 'invalid_request', '/status')
    for (const restored of [-1, 1.5, 1e21])
      await refused({ task: 'x', status: 'running', restored }, 400, 'invalid_request', '/restored')
    await refused({ task: 'two words', status: 'running' }, 400, 'invalid_request', '/task')
    await refused({ task: 'x', status: 'running', closedAt: 'yesterday' }, 400, 'invalid_request', '/closedAt')
    await refused([], 400, 'invalid_request')
    for (const never of ['2099-01-01T00:00:00Z', '2020-01-01T00:00:00.000Z']) {
      await refused({ task: 'x', status: 'finished', closedAt: never }, 409, 'conflict')
      const { body } = await recovery(id, { task: 'x', status: 'finished', closedAt: never })
      expect(body.detail).to.include(`did not close at ${new Date(never).toISOString()}; it closed at ${closedAt}`)
    }
    expect((await recovery(NOBODY, { task: 'x', status: 'running' })).status).to.equal(404)
    expect((await recovery('nonsense', { task: 'x', status: 'running' })).status).to.equal(404)
    expect((await call(`incidents/${NOBODY}/recover`, { method: 'POST' })).status).to.equal(404)
    expect((await call('incidents?recovery=lost')).status).to.equal(400)
    expect((await incident(id)).closedAt).to.equal(closedAt)
  })

  it('can be listed, requested and noted on the command line', async () => {
    const file = join(tempFolder(), 'config.yaml')
    const admin = { apiToken: { env: 'API_TOKEN' } }
    writeFileSync(file, stringify({ admin, recovery: { enabled: true, token: { env: 'RECOVERY_TOKEN' } } }))
    const run = (...args: readonly string[]) =>
      runCommand(['recovery', ...args, '--service', service.admin, '--config', file], { API_TOKEN, RECOVERY_TOKEN })
    const [{ id }] = (await call('incidents?endpoint=orders')).body.incidents
    expect(await run('list')).to.deep.equal({ code: 0, out: 'no recovery is open\n', err: '' })
    const requested = await run('request', id, '--reason', 'one is missing')
    expect(requested.out).to.include(`${id}  requested   orders  closed `)
    expect(requested.out).to.match(/; task [0-9a-f-]{36}-requested-\d; one is missing\n$/)
    const listed = await run('list', '--json')
    expect(JSON.parse(listed.out)).to.deep.include({ id, endpoint: 'orders' })
    const done = await run('done', id, '--restored', '1', '--detail', 'by hand')
    expect(done.out).to.match(/ {2}finished {4}orders .*; 1 restored; task manual-\d+; by hand\n$/)
    expect((await run('done', id, '--restored', '1', '--detail', 'by hand')).out).to.equal(done.out)
    expect((await run('list', '--all')).out).to.include(id)
    expect(await run('request', NOBODY)).to.include({ code: 1, out: '' })
    for (const [args, expected] of [
      [['done', 'nonsense'], /recovery done takes the id of one incident/],
      [['list', id], /recovery list takes options only/],
      [['list', '--reason', 'x'], /recovery list takes no --reason/],
      [['done', id, '--restored', 'all'], /--restored takes a number/],
      [[], /recovery takes one of list, request, done/],
    ] as const) {
      const refused = await run(...args)
      expect(refused).to.include({ code: 2, out: '' })
      expect(refused.err).to.match(expected)
    }
  })

  it('answers and sends what its API document says', async () => {
    const { body: document } = await call('openapi.json')
    const [{ id }] = (await call('incidents?endpoint=orders')).body.incidents
    const { Incident } = document.components.schemas
    const listed = (await call('incidents')).body.incidents
    for (const each of listed) expect(faultsOf(document, Incident, each)).to.deep.equal([])
    const { body } = await recovery(id, { task: 'job', status: 'finished', restored: 2 })
    expect(faultsOf(document, Incident, body)).to.deep.equal([])
    expect(Object.keys(document.webhooks)).to.include.members(['webhook.incident.closed', 'webhook.recovery.overdue'])
    for (const event of receiver.events) {
      const { schema } = document.webhooks[event.body.type].post.requestBody.content['application/json']
      expect(faultsOf(document, schema, event.body), event.id).to.deep.equal([])
    }
    expect(faultsOf(document, Incident, { ...body, recovery: { status: 'lost' } })).not.to.deep.equal([])
    expect(receiver.invalid()).to.equal(0)
  })
})
