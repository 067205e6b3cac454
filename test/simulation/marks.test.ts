import { expect } from 'chai'
import { VERIFY_ENDPOINT } from '../../src/domain/report/failure.ts'
import { MARK_HEADER, readMark, signMark } from '../../src/domain/report/simulation.ts'
import { answer, REPORT, report, scrape, sum } from '../support/http.ts'
import { sample, series } from '../support/scrape.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const SECRET = 'simulation-secret-of-the-test-012345'
const NONCE = 'abcdefghijklmnopqrst'
const NOW = Date.now()
const BODY = JSON.stringify(REPORT)
let marks = 0
const mark = (purpose: 'simulation' | 'verification', at = NOW, secret = SECRET) => ({
  [MARK_HEADER]: signMark(secret, purpose, { nonce: `${NONCE}${++marks}`, at, body: BODY }),
})

describe('marks of reports that are not real', () => {
  it('are valid only with the secret, for their purpose and body, and for five minutes', () => {
    const body = Buffer.from(BODY)
    const of = { nonce: NONCE, at: NOW, body: BODY }
    const signed = signMark(SECRET, 'simulation', of)
    const valid = { nonce: NONCE, isCurrent: true }
    expect(readMark(SECRET, signed, body, NOW)).to.deep.equal({ ...valid, purpose: 'simulation' })
    const verification = signMark(SECRET, 'verification', of)
    expect(readMark(SECRET, verification, body, NOW)).to.deep.equal({ ...valid, purpose: 'verification' })
    for (const now of [NOW + 302_000, NOW - 302_000])
      expect(readMark(SECRET, signed, body, now)).to.deep.include({ isCurrent: false })
    for (const [secret, text] of [
      ['', signMark('', 'simulation', of)],
      ['another-secret-of-the-test-0123456', signed],
      [SECRET, signed.replace('simulation', 'verification')],
      [SECRET, signed.replace(NONCE, 'bbcdefghijklmnopqrst')],
      [SECRET, signMark(SECRET, 'simulation', { ...of, body: `${BODY} ` })],
      [SECRET, `${signed},`],
      [SECRET, 'true'],
    ] as const)
      expect(readMark(secret, text, body, NOW), text).to.equal(undefined)
  })
})

describe('simulated reports', () => {
  let service: Service
  before(async () => {
    service = await startService({
      config: {
        sources: { retm: { auth: 'none' } },
        endpoints: [{ name: 'orders', urls: [REPORT.endpoint] }],
        simulation: { secret: { env: 'SIMULATION_SECRET' } },
      },
      env: { SIMULATION_SECRET: SECRET },
    })
  })
  after(stopServices)

  const api = async (path: string) => (await answer(fetch(`${service.admin}${path}`))).body
  /** All that failures count in. */
  const counters = (text: string) =>
    text.split('\n').filter((line) => /^webhook_(delivery|endpoint|incident|exporter_series)/.test(line))

  it('are stored and marked, and leave counters, incidents and later reports with their id untouched', async () => {
    const before = counters(await scrape(service.admin))
    const headers = { 'Idempotency-Key': '"one"' }
    const simulated = await answer(report(service.ingest, REPORT, { ...headers, ...mark('simulation') }))
    expect(simulated.status).to.equal(202)
    const exposition = await scrape(service.admin)
    expect(counters(exposition)).to.deep.equal(before)
    expect(sum(exposition, 'webhook_exporter_reports_total', 'outcome="simulated"')).to.equal(1)
    expect(sum(exposition, 'webhook_exporter_reports_total', 'outcome="recorded"')).to.equal(0)
    expect((await api('/api/v1/incidents')).incidents).to.deep.equal([])
    expect(await api(`/api/v1/failures/${simulated.body.id}`)).to.include({ endpoint: 'orders', simulated: true })
    expect(await (await fetch(`${service.admin}/failures/${simulated.body.id}`)).text()).to.match(/Simulated/)

    const real = await answer(report(service.ingest, { ...REPORT, code: 404 }, headers))
    expect(real.body.id).not.to.equal(simulated.body.id)
    expect(await api(`/api/v1/failures/${real.body.id}`)).not.to.have.property('simulated')
  })

  it('are real with a mark that is unsigned, badly signed or for another body', async () => {
    const before = sum(await scrape(service.admin), 'webhook_delivery_failures_total', 'code="503"')
    for (const value of [
      'true',
      'simulation',
      ...[
        mark('simulation', NOW, 'another-secret-of-the-test-0123456'),
        // For other bodies: somebody captured them, to hide real reports.
        { [MARK_HEADER]: signMark(SECRET, 'simulation', { nonce: NONCE, at: NOW, body: `${BODY} ` }) },
        { [MARK_HEADER]: signMark(SECRET, 'verification', { nonce: NONCE, at: NOW, body: '' }) },
      ].map((headers) => headers[MARK_HEADER]!),
    ]) {
      const { body } = await answer(report(service.ingest, REPORT, { [MARK_HEADER]: value }))
      expect(await api(`/api/v1/failures/${body.id}`), value).to.include({ endpoint: 'orders' })
    }
    const text = await scrape(service.admin)
    expect(sum(text, 'webhook_delivery_failures_total', 'code="503"')).to.equal(before + 5)
    expect(sample(text, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    const warnings = () => service.log().filter(({ msg }) => /invalid simulation mark/.test(String(msg)))
    await until('the warnings', () => warnings().length === 5)
  })

  it('are refused with a mark that was used before, or is off the clock', async () => {
    const before = counters(await scrape(service.admin))
    const once = mark('simulation')
    expect((await report(service.ingest, REPORT, once)).status).to.equal(202)
    for (const headers of [once, mark('verification', NOW - 600_000), mark('simulation', NOW + 600_000)]) {
      const { body } = await answer(report(service.ingest, REPORT, headers))
      expect(body).to.include({ status: 409, code: 'simulation_replayed' })
    }
    expect(counters(await scrape(service.admin))).to.deep.equal(before)
  })

  it('go the whole way as verifications, as failures of their own endpoint', async () => {
    const info = series(await scrape(service.admin), 'webhook_endpoint_info').filter((line) =>
      line.includes(VERIFY_ENDPOINT),
    )
    expect(info).to.have.length(1)
    expect(info[0]).to.include('severity="none"')
    const { body } = await answer(report(service.ingest, REPORT, mark('verification')))
    expect(await api(`/api/v1/failures/${body.id}`)).to.include({ endpoint: VERIFY_ENDPOINT })
    const text = await scrape(service.admin)
    expect(sample(text, `webhook_incident_open{endpoint="${VERIFY_ENDPOINT}"}`)).to.equal(1)
    expect(sum(text, 'webhook_endpoint_failures_total', VERIFY_ENDPOINT)).to.equal(1)
    expect(series(text, 'webhook_endpoint_info').filter((line) => line.includes(VERIFY_ENDPOINT))).to.deep.equal(info)
    expect(await api(`/api/v1/endpoints/${VERIFY_ENDPOINT}`)).to.include({ severity: 'none', configured: false })
  })

  it('stay uncounted over a restart', async () => {
    const before = series(await scrape(service.admin), 'webhook_delivery_failures_total')
    const url = `sqlite:${service.folder}/journal.db`
    await service.stop()
    const again = await startService({ config: { sources: { retm: { auth: 'none' } }, journal: { url } } })
    const after = series(await scrape(again.admin), 'webhook_delivery_failures_total')
    const isCounted = (line: string) => !line.endsWith(' 0')
    expect(after.filter(isCounted)).to.deep.equal(before.filter(isCounted))
    await again.stop()
  })
})
