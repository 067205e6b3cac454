import { createHmac, randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { until } from '../../support/temp.ts'

const SECRET = 'secret-of-the-signed-source'
const map = {
  type: '/type',
  lost: ['lost'],
  disabled: ['disabled'],
  recovered: ['recovered'],
  delivered: ['delivered'],
  ref: '/ref',
  id: '/id',
  time: '/at',
}
const hmac = { kind: 'hmac', header: 'X-Sign' }
const { id: _, ...withoutId } = map
const { time: __, ...withoutTime } = map
/** Sources by what keeps a captured report from being sent again, and whether a delivery, or a recovery, of each is proof. */
const SOURCES: readonly [name: string, section: object, deliveries: boolean, recoveries: boolean][] = [
  ['id-and-time', { auth: hmac, map }, true, true],
  [
    'signed-time',
    { auth: { ...hmac, signed: '{timestamp}.{body}', timestampHeader: 'X-Time' }, map: withoutTime },
    true,
    true,
  ],
  ['id-alone', { auth: hmac, map: withoutTime }, false, true],
  ['old', { auth: hmac, map }, false, true],
  ['ancient', { auth: hmac, map }, false, false],
  ['no-id', { auth: hmac, map: withoutId }, false, false],
  ['unsigned-id', { auth: { ...hmac, unsignedHeaders: ['X-Id'] }, map: { ...map, id: 'header:X-Id' } }, false, false],
  ['token', { auth: { kind: 'header', header: 'X-Sign' }, map }, false, false],
  ['open', { auth: 'none', map }, false, false],
]
const AGES: Readonly<Record<string, number>> = { old: 3_600_000, ancient: 3 * 86_400_000 }

describe('a success that could be an old one which somebody sent again', () => {
  let service: Service
  before(async () => {
    const sources = SOURCES.map(([name, section]) => {
      const isOpen = name === 'open'
      return [name, { kind: 'generic', ...section, ...(!isOpen && { secrets: [{ env: 'SECRET' }] }) }]
    })
    const endpoints = SOURCES.flatMap(([name]) =>
      ['delivered', 'recovered', 'disabled'].map((what) => ({ name: `${name} ${what}`, refs: [`${name}:${what}`] })),
    )
    service = await startService({
      config: { sources: Object.fromEntries(sources), endpoints, incidents: { quietTime: '2s', goodProbes: 1 } },
      env: { SECRET },
    })
  })
  after(stopServices)

  const send = async (source: string, type: string, ref: string) => {
    const age = type === 'delivered' || type === 'recovered' ? (AGES[source] ?? 0) : 0
    const body = JSON.stringify({ type, ref, id: randomUUID(), at: Date.now() - age })
    const time = `${Math.floor(Date.now() / 1_000)}`
    const signed = source === 'signed-time' ? `${time}.${body}` : body
    const signature = source === 'token' ? SECRET : createHmac('sha256', SECRET).update(signed).digest('hex')
    const headers = { 'Content-Type': 'application/json', 'X-Sign': signature, 'X-Time': time, 'X-Id': randomUUID() }
    const { status } = await fetch(`${service.ingest}/webhooks/${source}`, { method: 'POST', headers, body })
    expect(status, `${source} ${type}`).to.equal(202)
  }
  const incidentOf = async (endpoint: string) => {
    const { body } = await answer(fetch(`${service.admin}/api/v1/incidents?endpoint=${encodeURIComponent(endpoint)}`))
    return body.incidents[0]
  }

  it('is counted and noted, but closes no incident as proven and ends no disabling', async () => {
    for (const [source] of SOURCES) {
      await send(source, 'lost', 'delivered')
      await send(source, 'lost', 'recovered')
      await send(source, 'disabled', 'disabled')
    }
    for (const [source] of SOURCES) {
      await send(source, 'delivered', 'delivered')
      await send(source, 'recovered', 'recovered')
      await send(source, 'recovered', 'disabled')
    }
    for (const [source, , deliveries, recoveries] of SOURCES) {
      for (const [type, isProof] of [
        ['delivered', deliveries],
        ['recovered', recoveries],
      ] as const) {
        const closed = await until(`the end of ${source} ${type}`, async () => {
          const incident = await incidentOf(`${source} ${type}`)
          return incident.state === 'closed' && incident
        })
        expect(closed.resolution, `${source} ${type}`).to.equal(isProof ? 'proven' : 'unproven')
        expect(closed.lossWindow.fromProof, `${source} ${type}`).to.equal(null)
      }
      const metrics = await scrape(service.admin)
      const disabled = sum(metrics, 'webhook_endpoint_disabled', `endpoint="${source} disabled"`)
      expect(disabled, `${source} disabled`).to.equal(recoveries ? 0 : 1)
      expect(sum(metrics, 'webhook_source_signals_total', `source="${source}"`, '"recovered"'), source).to.equal(2)
      const deliveriesTotal = sum(metrics, 'webhook_endpoint_deliveries_total', `"${source}"`, '"success"')
      expect(deliveriesTotal, source).to.equal(1)
      const { id } = await incidentOf(`${source} recovered`)
      const { timeline } = (await answer(fetch(`${service.admin}/api/v1/incidents/${id}`))).body
      expect(timeline.at(-1).unproven, source).to.equal(recoveries ? undefined : true)
    }
  })
})
