import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { provenAt } from '../../../src/service/recorded-source.ts'
import { parseStandardWebhookKey, type StandardWebhookKey } from '../../../src/signature/standard-webhook-keys.ts'
import { signStandardWebhook } from '../../../src/signature/standard-webhooks.ts'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { until } from '../../support/temp.ts'

const SECRET = `whsec_${Buffer.from('secret-of-the-signed-source').toString('base64')}`
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
  ['svix-like', { auth: { kind: 'standard-webhooks' }, map: { ...withoutTime, id: 'header:webhook-id' } }, true, true],
  // Once its id is forgotten, it could be sent again for ever.
  ['id-alone', { auth: hmac, map: withoutTime }, false, false],
  ['old', { auth: hmac, map }, false, false],
  ['future', { auth: hmac, map }, false, false],
  ['no-id', { auth: hmac, map: withoutId }, false, false],
  ['unsigned-id', { auth: { ...hmac, unsignedHeaders: ['X-Id'] }, map: { ...map, id: 'header:X-Id' } }, false, false],
  ['token', { auth: { kind: 'header', header: 'X-Sign' }, map }, false, false],
  ['open', { auth: 'none', map }, false, false],
]
const AGES: Readonly<Record<string, number>> = { old: 3_600_000, future: -3_600_000 }

const REFS = ['delivered', 'recovered', 'disabled', 'held delivered', 'held recovered', 'held disabled']

describe('provenAt()', () => {
  it('is when a success happened; none where it may be an old one, or is from the future', () => {
    const now = 1_700_000_000_000
    const of = (replay: 'time' | 'id' | 'none', type: 'recovered' | 'delivered', time?: number) =>
      provenAt({ replay }, { type, id: '1', ref: 'orders', ...(time !== undefined && { time }) }, now)
    const [minute, day] = [60_000, 86_400_000]
    for (const type of ['recovered', 'delivered'] as const) {
      expect(of('none', type, now), type).to.equal(undefined)
      expect(provenAt({ replay: 'time' }, { type, ref: 'orders', time: now }, now), type).to.equal(undefined)
      expect([of('time', type), of('id', type)], type).to.deep.equal([now, undefined])
      for (const replay of ['time', 'id'] as const) {
        expect(of(replay, type, now - 4 * minute), type).to.equal(now - 4 * minute)
        expect(of(replay, type, now + 4 * minute), type).to.equal(now)
        for (const time of [now + 6 * minute, now + 3 * day, 9e15, -9e15])
          expect(of(replay, type, time)).to.equal(undefined)
      }
      expect(of('time', type, now - 3 * day)).to.equal(now - 3 * day)
      expect(of('id', type, now - 25 * 3_600_000)).to.equal(undefined)
    }
    expect([of('id', 'recovered', now - day / 2), of('id', 'delivered', now - day / 2)]).to.deep.equal([
      now - day / 2,
      undefined,
    ])
  })
})

describe('a success that could be an old one which somebody sent again', () => {
  let service: Service
  before(async () => {
    const sources = SOURCES.map(([name, section]) => {
      const isOpen = name === 'open'
      return [name, { kind: 'generic', ...section, ...(!isOpen && { secrets: [{ env: 'SECRET' }] }) }]
    })
    const endpoints = SOURCES.flatMap(([name]) =>
      REFS.map((what) => ({ name: `${name} ${what}`, refs: [`${name}:${what}`] })),
    )
    service = await startService({
      config: { sources: Object.fromEntries(sources), endpoints, incidents: { quietTime: '2s', goodProbes: 1 } },
      env: { SECRET },
    })
  })
  after(stopServices)

  /** @param ahead seconds of the sender's clock */
  const sign = (source: string, type: string, ref: string, ahead = 0) => {
    const age = type === 'delivered' || type === 'recovered' ? (AGES[source] ?? 0) : 0
    const body = JSON.stringify({ type, ref, id: randomUUID(), at: Date.now() - age })
    const timestamp = Math.floor(Date.now() / 1_000) + ahead
    const time = `${timestamp}`
    const signed = source === 'signed-time' ? `${time}.${body}` : body
    const signature = source === 'token' ? SECRET : createHmac('sha256', SECRET).update(signed).digest('hex')
    const headers = {
      'Content-Type': 'application/json',
      ...(source === 'svix-like'
        ? signStandardWebhook({ id: randomUUID(), timestamp, body }, [
            parseStandardWebhookKey(SECRET) as StandardWebhookKey,
          ])
        : { 'X-Sign': signature, 'X-Time': time, 'X-Id': randomUUID() }),
    }
    return async () => {
      const { status } = await fetch(`${service.ingest}/webhooks/${source}`, { method: 'POST', headers, body })
      expect(status, `${source} ${type}`).to.equal(202)
    }
  }
  // Signed times are whole seconds: one of the same second as the failure could be older.
  const send = (source: string, type: string, ref: string) => sign(source, type, ref, 1)()
  const incidentOf = async (endpoint: string) => {
    const { body } = await answer(fetch(`${service.admin}/api/v1/incidents?endpoint=${encodeURIComponent(endpoint)}`))
    return body.incidents[0]
  }
  const endOf = (endpoint: string) =>
    until(`the end of ${endpoint}`, async () => {
      const incident = await incidentOf(endpoint)
      return incident.state === 'closed' && incident
    })

  it('is counted and noted, but closes no incident as proven and ends no disabling', async () => {
    // Genuine, signed before the failure, and held back until after it.
    const held: (() => Promise<void>)[] = []
    for (const [source] of SOURCES)
      for (const type of ['delivered', 'recovered']) held.push(sign(source, type, `held ${type}`))
    for (const [source] of SOURCES) held.push(sign(source, 'recovered', 'held disabled'))
    await sleep(5)
    for (const [source] of SOURCES)
      for (const ref of REFS) await send(source, ref.endsWith('disabled') ? 'disabled' : 'lost', ref)
    for (const send of held) await send()
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
        const closed = await endOf(`${source} ${type}`)
        expect(closed.resolution, `${source} ${type}`).to.equal(isProof ? 'proven' : 'unproven')
        expect(closed.lossWindow.fromProof, `${source} ${type}`).to.equal(null)
        const old = await endOf(`${source} held ${type}`)
        expect(old.resolution, `${source} held ${type}`).to.equal('unproven')
      }
      const metrics = await scrape(service.admin)
      const disabled = sum(metrics, 'webhook_endpoint_disabled', `endpoint="${source} disabled"`)
      expect(disabled, `${source} disabled`).to.equal(recoveries ? 0 : 1)
      expect(sum(metrics, 'webhook_endpoint_disabled', `endpoint="${source} held disabled"`), source).to.equal(1)
      expect(sum(metrics, 'webhook_source_signals_total', `source="${source}"`, '"recovered"'), source).to.equal(4)
      const deliveriesTotal = sum(metrics, 'webhook_endpoint_deliveries_total', `"${source}"`, '"success"')
      expect(deliveriesTotal, source).to.equal(2)
      for (const [endpoint, isProof] of [
        [`${source} recovered`, recoveries],
        [`${source} held recovered`, false],
      ] as const) {
        const { id } = await incidentOf(endpoint)
        const { timeline } = (await answer(fetch(`${service.admin}/api/v1/incidents/${id}`))).body
        expect(timeline.at(-1).unproven, endpoint).to.equal(isProof ? undefined : true)
      }
    }
  })
})
