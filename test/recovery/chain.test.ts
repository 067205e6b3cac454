import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { HOOK_SECRET, type HookReceiver, hookReceiver, type ReceivedEvent } from '../support/hook-receiver.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import type { Listening } from '../support/sockets.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { application, type Invoice, platform } from './chain-stage.ts'

const JOB = join(import.meta.dirname, '../../examples/recovery/recover-retm.mjs')
const API_TOKEN = 'api-token-of-the-test-0123456789'
const RECOVERY_TOKEN = 'recovery-token-of-the-test-01234'
const TENANTS = ['burger-house', 'cafe', 'pizza', 'sushi'] as const
describe('from a fault to restored data', function () {
  this.timeout(120_000)
  const open: Pick<Listening, 'close'>[] = []
  const jobs = new Set<ChildProcess>()
  afterEach(async () => {
    for (const job of jobs) job.kill('SIGKILL')
    await stopServices()
    for (const each of open.splice(0)) await each.close()
    removeTempFolders()
  })

  /** 500 deliveries of which 37 are lost, the reports of them, and the incident's events. */
  async function stage() {
    const invoices = new Map<string, Invoice[]>(TENANTS.map((tenant) => [tenant, []]))
    const retm = await platform(invoices)
    const app = await application()
    const receiver: HookReceiver = await hookReceiver()
    open.push(retm, app, receiver)
    const secrets = tempFolder()
    mkdirSync(join(secrets, 'tenants'))
    for (const tenant of TENANTS) writeFileSync(join(secrets, 'tenants', tenant), `token-of-${tenant}\n`)
    writeFileSync(join(secrets, 'service-token'), RECOVERY_TOKEN)
    const service = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        endpoints: [{ name: 'orders', event: 'order.created', urls: [app.url], probe: { interval: '10s' } }],
        outbound: { allow: ['127.0.0.1'] },
        incidents: { quietTime: '2s', goodProbes: 2 },
        sources: { retm: { tokens: TENANTS.map((tenant, index) => ({ tenant, env: `TENANT_${index}` })) } },
        hooks: [{ name: 'backfill', url: receiver.url, events: ['incident.closed'], secret: { env: 'HOOK_SECRET' } }],
        recovery: { token: { env: 'RECOVERY_TOKEN' } },
      },
      env: {
        API_TOKEN,
        RECOVERY_TOKEN,
        HOOK_SECRET,
        ...Object.fromEntries(TENANTS.map((tenant, index) => [`TENANT_${index}`, `token-of-${tenant}`])),
      },
    })
    await until(
      'a good probe',
      async () => sum(await scrape(service.admin), 'webhook_endpoint_up', 'endpoint="orders"') === 1,
    )
    await deliverAll({ app, invoices, service })
    const closed = await until('incident.closed', () => receiver.events[0])
    return { retm, app, service, closed, secrets }
  }

  interface Delivering {
    readonly app: Awaited<ReturnType<typeof application>>
    readonly invoices: Map<string, Invoice[]>
    readonly service: Service
  }

  /** The platform delivers; where the application is down, it gives up and reports. */
  async function deliverAll({ app, invoices, service }: Delivering): Promise<void> {
    for (let index = 0; index < 500; index++) {
      const tenant = TENANTS[index % TENANTS.length]!
      const isLost = index >= 200 && index < 237
      if (index === 200 || index === 237) app.fail(isLost)
      const invoice = { reference: `${tenant}-${index}`, timestamp: new Date().toISOString() }
      invoices.get(tenant)!.unshift(invoice)
      const { status } = await fetch(app.url, { method: 'POST', body: JSON.stringify(invoice) })
      expect(status).to.equal(isLost ? 503 : 200)
      if (!isLost) continue
      const failed = await report(
        service.ingest,
        { code: 503, endpoint: app.url, message: 'Service Unavailable' },
        { Authorization: `Bearer token-of-${tenant}` },
      )
      expect(failed.status).to.equal(202)
    }
    expect(app.stored.size).to.equal(463)
  }

  /** A Job as JobSink starts it: the event is a file. @returns its exit code, and what it wrote */
  async function run(
    { retm, app, service, secrets }: Awaited<ReturnType<typeof stage>>,
    event: ReceivedEvent,
    { killAfter, rate = 5_000 }: { killAfter?: number; rate?: number } = {},
  ): Promise<{ code: number | null; err: string }> {
    const { headers, body } = event
    const file = join(secrets, 'event')
    writeFileSync(
      file,
      JSON.stringify({ specversion: '1.0', id: headers['ce-id'], type: headers['ce-type'], data: body }),
    )
    const job = spawn(process.execPath, [
      JOB,
      `--event=${file}`,
      `--deliver=${app.url}`,
      `--api=${retm.url}`,
      `--tokens=${join(secrets, 'tenants')}`,
      `--state=${join(secrets, 'state')}`,
      `--service=${service.admin}`,
      `--service-token=${join(secrets, 'service-token')}`,
      `--rate=${rate}`,
    ])
    jobs.add(job)
    let err = ''
    job.stderr.on('data', (chunk) => {
      err += chunk
    })
    const ended = once(job, 'close')
    if (killAfter !== undefined) {
      await until('the middle of the job', () => app.restored() >= killAfter)
      job.kill('SIGKILL')
    }
    await ended
    jobs.delete(job)
    return { code: job.exitCode, err }
  }

  const incidentOf = async ({ service, closed }: Awaited<ReturnType<typeof stage>>) =>
    (
      await answer(
        fetch(`${service.admin}/api/v1/incidents/${closed.body.data.id}`, {
          headers: { Authorization: `Bearer ${API_TOKEN}` },
        }),
      )
    ).body

  const restoredAll = async (staged: Awaited<ReturnType<typeof stage>>) => {
    const { app, service } = staged
    expect(app.stored.size).to.equal(500)
    expect([...app.stored.values()].filter((count) => count !== 1)).to.deep.equal([])
    expect(app.restored()).to.equal(37)
    expect((await incidentOf(staged)).recovery).to.deep.include({ status: 'finished', restored: 37 })
    const exposed = await scrape(service.admin)
    expect(sum(exposed, 'webhook_incident_recovery_state', 'endpoint="orders"', 'state="finished"')).to.equal(1)
    // What the alert WebhookRecoveryOverdue is made from.
    expect(exposed).not.to.match(/^webhook_incident_recovery_oldest_open_timestamp_seconds\{/m)
  }

  it('restores 37 of 500 deliveries once each, although one tenant is refused at first', async () => {
    const staged = await stage()
    const { retm, closed } = staged
    expect(closed.body.data).to.deep.include({
      failures: 37,
      resolution: 'proven',
      tenants: [...TENANTS],
      tenantsComplete: true,
    })
    expect(closed.body.data.lossWindow).to.include({ fromProof: 'path', untilProof: 'path' })
    expect((await incidentOf(staged)).recovery).to.include({ status: 'open' })
    retm.refused.add('pizza')
    const first = await run(staged, closed)
    expect(first.code, first.err).to.equal(1)
    const { recovery } = await incidentOf(staged)
    expect(recovery).to.include({ status: 'failed' })
    expect(recovery.detail).to.match(/^not restored: pizza \(401 from 127\.0\.0\.1/)
    expect(recovery.tenants[0]).to.include({ tenant: 'pizza', status: 'failed' })
    const requests = retm.requests()
    retm.refused.clear()
    const second = await run(staged, closed)
    expect(second.code, second.err).to.equal(0)
    // The tenants that were restored are not read again: 125 invoices are 5 pages.
    expect(retm.requests() - requests).to.equal(5)
    await restoredAll(staged)
    const third = await run(staged, closed)
    expect(third.code, third.err).to.equal(0)
    await restoredAll(staged)
  })

  it('restores them once each although the job is killed midway', async () => {
    const staged = await stage()
    await run(staged, staged.closed, { killAfter: 12, rate: 300 })
    expect(staged.app.restored()).to.be.within(12, 36)
    expect((await incidentOf(staged)).recovery).to.include({ status: 'running' })
    const second = await run(staged, staged.closed)
    expect(second.code, second.err).to.equal(0)
    await restoredAll(staged)
  })
})
