import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { scrape, sum } from '../support/http.ts'
import { type Nginx, startNginx } from '../support/nginx.ts'
import { type Program, requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { freePort, tempFolder } from '../support/temp.ts'

/** How many reports each test sends; `npm run test:proxies` sends 10,000. */
const REPORTS = Number(process.env['PROXY_REPORTS'] ?? 600)
const BURST = Math.max(100, REPORTS / 40)

const recorded = async (service: Service) => sum(await scrape(service.admin), 'webhook_delivery_failures_total')
const portOf = (service: Service) => Number(new URL(service.ingest).port)

describe('behind nginx, which keeps connections open and does not repeat a POST', function () {
  this.timeout(30_000 + REPORTS * 30)
  let program: Program
  let nginx: Nginx
  before(async function () {
    program = await requireProgram(this, 'nginx')
  })
  afterEach(async () => {
    await nginx?.stop()
    await stopServices()
  })

  /** Sends reports in bursts, so that many connections become idle at once and are used again after `gap` milliseconds. */
  async function bursts(gap: (round: number) => number): Promise<Map<number, number>> {
    const statuses = new Map<number, number>()
    for (let sent = 0, round = 0; sent < REPORTS; round++) {
      const size = Math.min(BURST, REPORTS - sent)
      for (const status of await Promise.all(Array.from({ length: size }, () => nginx.post())))
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      sent += size
      await sleep(gap(round))
    }
    return statuses
  }

  it('loses no report at any gap if our timeout is above its own', async () => {
    const service = await startService({ config: { ingest: { port: 0, keepAliveTimeout: '2s' } } })
    nginx = await startNginx(program, { ports: [portOf(service)], keepAlive: '1s' })
    // Around its timeout, and around ours, which Node extends by a second.
    const statuses = await bursts((round) => [1_000, 2_000, 3_000][round % 3]! - 50 + (round % 7) * 15)
    expect([...statuses]).to.deep.equal([[202, REPORTS]])
    expect(await recorded(service)).to.equal(REPORTS)
  })

  it('records every report even if our timeout is below its own, although nginx then answers some 502', async () => {
    const service = await startService({ config: { ingest: { port: 0, keepAliveTimeout: '1s' } } })
    nginx = await startNginx(program, { ports: [portOf(service)], keepAlive: '60s' })
    const statuses = await bursts((round) => 1_950 + (round % 11) * 10)
    expect([...statuses.keys()].filter((status) => status !== 202 && status !== 502)).to.deep.equal([])
    expect(await recorded(service)).to.equal(REPORTS)
    console.log(`      answered: ${JSON.stringify(Object.fromEntries(statuses))}`)
  })

  it('loses no report while two services are restarted in turn', async function () {
    // Where processors are scarce the system may stop the process just before it stops listening; the connections that come
    // meanwhile are reset with what they carry (src/http/shared/drain.ts). It was seen in one of some ten whole runs, once
    // twice in a row.
    this.retries(3)
    const replicas = await Promise.all(
      [1, 2].map(async () => {
        const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
        const config = { ingest: { port: await freePort() } }
        const start = () => startService({ env, config })
        return { start, service: await start() }
      }),
    )
    nginx = await startNginx(program, { ports: replicas.map(({ service }) => portOf(service)), keepAlive: '60s' })
    const statuses = new Map<number, number>()
    let sent = 0
    let restarts = 0
    const isOver = () => sent >= REPORTS && restarts >= 2
    const send = async () => {
      while (!isOver()) {
        sent++
        const status = await nginx.post()
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        // Some connections are used all the time, some rarely.
        await sleep(Math.random() ** 4 * 500)
      }
    }
    const restart = async () => {
      for (; !isOver(); restarts++) {
        const replica = replicas[restarts % 2]!
        expect(await replica.service.stop()).to.deep.equal({ code: 0, signal: null })
        replica.service = await replica.start()
      }
    }
    await Promise.all([restart(), ...Array.from({ length: 30 }, send)])
    expect(
      [...statuses],
      nginx.errors
        .join('')
        .split('\n')
        .filter((line) => !/refused/.test(line))
        .slice(0, 5)
        .join('\n'),
    ).to.deep.equal([[202, sent]])
    expect((await recorded(replicas[0]!.service)) + (await recorded(replicas[1]!.service))).to.equal(sent)
    console.log(`      ${sent} reports, ${restarts} restarts`)
  })
})
