import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  CANARY_HEADERS,
  CANARY_REPORT,
  canaryAnswer,
  canaryIsValid,
  signCanary,
} from '../../src/domain/report/canary.ts'
import { runCommand } from '../support/cli.ts'
import { fakeClock } from '../support/faketime.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { Way } from './canary-way.ts'

const SECRET = 'canary-secret-of-the-test-0123456'
const TOKEN = 'merchant-token'
const NOW = Date.now()

const portOf = (origin: string) => Number(new URL(origin).port)
const runs = (text: string, result: string, cause: string) =>
  sample(text, `webhook_canary_runs_total{result="${result}",cause="${cause}"}`) ?? 0
const canaryHeaders = (nonce: string, at: number, secret = SECRET) => {
  const signed = signCanary(secret, nonce, at)
  return {
    Authorization: `Bearer ${TOKEN}`,
    [CANARY_HEADERS.nonce]: signed.nonce,
    [CANARY_HEADERS.time]: signed.time,
    [CANARY_HEADERS.signature]: signed.signature,
  }
}

describe('canaryIsValid()', () => {
  const nonce = 'abcdefghijklmnopqrst'
  const signed = signCanary(SECRET, nonce, NOW)
  it('takes what the secret signed, for five minutes either way', () => {
    for (const off of [0, 299_000, -299_000]) expect(canaryIsValid(SECRET, signed, NOW + off), `${off}`).to.equal(true)
    for (const off of [302_000, -302_000]) expect(canaryIsValid(SECRET, signed, NOW + off), `${off}`).to.equal(false)
  })
  it('refuses another secret, another nonce, another time, and an empty secret', () => {
    expect(canaryIsValid('another', signed, NOW)).to.equal(false)
    expect(canaryIsValid(SECRET, { ...signed, nonce: `${nonce}x` }, NOW)).to.equal(false)
    expect(canaryIsValid(SECRET, { ...signed, time: String(Number(signed.time) + 1) }, NOW)).to.equal(false)
    expect(canaryIsValid('', signCanary('', nonce, NOW), NOW)).to.equal(false)
    expect(canaryIsValid(SECRET, signCanary(SECRET, 'short', NOW), NOW)).to.equal(false)
  })
  it('answers with what the request does not carry', () => {
    expect(canaryAnswer(SECRET, nonce)).not.to.equal(signed.signature)
  })
})

describe('the canary', () => {
  let way: Way
  let others: Server[] = []
  let env: Record<string, string>
  beforeEach(async () => {
    way = new Way()
    await way.open()
    env = { THE_TOKEN: TOKEN, THE_SECRET: SECRET }
  })
  afterEach(async () => {
    await way.cut()
    await stopServices()
    for (const server of others) {
      server.closeAllConnections()
      server.close()
    }
    others = []
  })

  const config = (journal = `sqlite:${join(tempFolder(), 'journal.db')}`) => ({
    journal: { url: journal },
    sources: { retm: { tokens: [{ tenant: 'cafe', env: 'THE_TOKEN' }] } },
    canary: { url: way.url, interval: '1s', token: { env: 'THE_TOKEN' }, secret: { env: 'THE_SECRET' } },
  })
  const start = async (journal?: string): Promise<Service> => {
    const service = await startService({ config: config(journal), env })
    way.target = portOf(service.ingest)
    return service
  }
  const scraped = (service: Service, what: string, test: (text: string) => boolean) =>
    until(what, async () => {
      const text = await scrape(service.admin)
      return test(text) && text
    })
  /** Something else that answers where the service should. */
  const impostor = async (body: string, status = 202): Promise<number> => {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(status, { 'Content-Type': 'application/json', Location: way.url }).end(body)
    })
    others.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  it('comes back through the public URL, and is no failure', async () => {
    const service = await start()
    const text = await scraped(service, 'two successes', (body) => runs(body, 'success', 'none') >= 2)
    expect(sample(text, 'webhook_exporter_reports_total{source="retm",outcome="canary",reason="none"}')).to.be.at.least(
      2,
    )
    expect(sample(text, 'webhook_canary_round_trip_seconds')).to.be.above(0)
    expect(text).not.to.match(/webhook_delivery_failures_total\{/)
    expect(text).not.to.match(/webhook_incident_open\{/)
    expect((await answer(fetch(`${service.admin}/api/v1/failures`))).body.failures).to.deep.equal([])
  })

  it('fails while the way is cut, keeps the time of its last success over a kill -9, and comes back', async () => {
    const journal = `sqlite:${join(tempFolder(), 'journal.db')}`
    const last = 'webhook_canary_last_success_timestamp_seconds'
    let service = await start(journal)
    await scraped(service, 'a success', (body) => runs(body, 'success', 'none') >= 1)
    await way.cut()
    const failing = await scraped(
      service,
      'a failure',
      (body) => runs(body, 'failure', 'connection_refused') + runs(body, 'failure', 'unknown') >= 1,
    )
    const known = sample(failing, last)!
    await service.stop('SIGKILL')
    service = await startService({ config: config(journal), env })
    way.target = portOf(service.ingest)
    const restored = await scraped(service, 'the time', (body) => sample(body, last) !== undefined)
    expect(sample(restored, last)).to.equal(known)
    await way.open()
    await scraped(service, 'success again', (body) => sample(body, last)! > known)
  })

  it('does not take an answer for a success that anyone could give', async () => {
    const service = await start()
    const first = await scraped(service, 'a success', (body) => runs(body, 'success', 'none') >= 1)
    expect(first).to.be.a('string')
    for (const body of ['', '{}', '{"id":"0192"}', '{"canary":"forged"}', 'x'.repeat(100_000)]) {
      way.target = await impostor(body)
      const before = await scrape(service.admin)
      await scraped(
        service,
        `a failure by ${body.slice(0, 20)}`,
        (text) => runs(text, 'failure', 'protocol') > runs(before, 'failure', 'protocol'),
      )
    }
    way.target = await impostor('', 307)
    await scraped(service, 'a redirect not followed', (text) => runs(text, 'failure', 'redirect') >= 1)
  })

  it('counts from when it was first configured where it never came back, and is bounded in time', async () => {
    const journal = `sqlite:${join(tempFolder(), 'journal.db')}`
    const last = 'webhook_canary_last_success_timestamp_seconds'
    way.delay = 60_000
    let service = await start(journal)
    const text = await scraped(service, 'a time-out', (body) => runs(body, 'failure', 'timeout') >= 1)
    const configured = sample(text, last)!
    await service.stop('SIGKILL')
    service = await start(journal)
    const again = await scraped(service, 'the time', (body) => sample(body, last) !== undefined)
    expect(sample(again, last)).to.equal(configured)
  })

  it('has no success in the future once the clock was set back, also where it fails since', async function () {
    const clock = await fakeClock(this)
    clock.set(3_600)
    const service = await startService({ config: config(), env: { ...env, ...clock.env } })
    way.target = portOf(service.ingest)
    await scraped(service, 'a success', (body) => runs(body, 'success', 'none') >= 1)
    await way.cut()
    clock.set(0)
    const last = 'webhook_canary_last_success_timestamp_seconds'
    await scraped(service, 'a time that is over', (body) => sample(body, last)! <= Date.now() / 1_000)
  })

  it('has no metrics where it is not configured', async () => {
    const service = await startService()
    expect(await scrape(service.admin)).not.to.match(/webhook_canary_/)
  })

  it('is taken once, also after a restart; with a wrong signature never, and never as a failure', async () => {
    const options = { config: { ...config(), canary: { ...config().canary, interval: '1d' } }, env }
    let service = await startService(options)
    const headers = canaryHeaders('nonce-nonce-nonce-1', Date.now())
    const first = await answer(report(service.ingest, CANARY_REPORT, headers))
    expect(first.status).to.equal(202)
    expect(first.body).to.deep.equal({ canary: canaryAnswer(SECRET, 'nonce-nonce-nonce-1') })
    const refused = async (status: number, code: string, given: Record<string, string>) => {
      const it = await answer(report(service.ingest, CANARY_REPORT, given))
      expect([it.status, it.body.code]).to.deep.equal([status, code])
    }
    await refused(409, 'canary_replayed', headers)
    await service.stop('SIGKILL')
    service = await startService(options)
    await refused(409, 'canary_replayed', headers)
    await refused(403, 'canary_invalid', canaryHeaders('nonce-nonce-nonce-2', Date.now(), 'another'))
    await refused(403, 'canary_invalid', canaryHeaders('nonce-nonce-nonce-3', Date.now() - 400_000))
    await refused(403, 'canary_invalid', {
      Authorization: `Bearer ${TOKEN}`,
      [CANARY_HEADERS.nonce]: 'nonce-nonce-nonce-4',
    })
    await refused(401, 'credential_unknown', {
      ...canaryHeaders('nonce-nonce-nonce-5', Date.now()),
      Authorization: 'Bearer wrong',
    })
    expect((await answer(fetch(`${service.admin}/api/v1/failures`))).body.failures).to.deep.equal([])
    const text = await scrape(service.admin)
    expect(
      sample(text, 'webhook_exporter_reports_total{source="retm",outcome="rejected",reason="canary_invalid"}'),
    ).to.equal(3)
    expect(
      sample(text, 'webhook_exporter_reports_total{source="retm",outcome="rejected",reason="canary_replayed"}'),
    ).to.equal(1)
  })

  it('is refused where none is configured', async () => {
    const service = await startService()
    const it = await answer(report(service.ingest, CANARY_REPORT, canaryHeaders('nonce-nonce-nonce-6', Date.now())))
    expect([it.status, it.body.code]).to.deep.equal([403, 'canary_invalid'])
  })

  it('is not sent before a new pod can be in its Service', async () => {
    const before = performance.now()
    const service = await startService({ config: { ...config(), canary: { ...config().canary, interval: '2s' } }, env })
    way.target = portOf(service.ingest)
    await scraped(service, 'a success', (body) => runs(body, 'success', 'none') >= 1)
    expect(way.first! - before).to.be.at.least(2_000)
    expect(await scrape(service.admin)).to.match(/^webhook_canary_runs_total\{result="failure",[^}]*\} 0$/m)
  })

  it('goes once from the command line, with an exit code', async () => {
    const service = await startService({ config: { ...config(), canary: { ...config().canary, interval: '1d' } }, env })
    way.target = portOf(service.ingest)
    const verify = async (secret: string, ...args: string[]) => {
      const { code, out } = await runCommand(
        [
          'verify',
          '--only-receive',
          '--ingest',
          way.url,
          ...args,
          '--json',
          '--config',
          join(service.folder, 'config.yaml'),
        ],
        { ...env, THE_SECRET: secret },
      )
      return { code, hops: JSON.parse(out || '{}').hops }
    }
    const good = await verify(SECRET)
    expect(good.code).to.equal(0)
    expect(good.hops).to.have.length(1)
    expect(good.hops[0]).to.include({ name: 'canary came back', status: 'ok', detail: '202, signed' })
    const wrong = await verify('another-canary-secret-of-the-test-01')
    expect(wrong.code).to.equal(1)
    expect(wrong.hops[0].detail).to.include('it was answered 403')
    expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total')).to.equal(0)
    await way.cut()
    expect(await verify(SECRET)).to.deep.include({ code: 1 })
  })
})
