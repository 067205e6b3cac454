import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { CloudEvent, HTTP } from 'cloudevents'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { SENDERS } from './configuration.ts'
import { SAMPLES } from './samples.ts'
import type { Sample } from './samples-events.ts'
import { SECRETS, SIGNERS, secretsOf } from './signing.ts'

/** The table that CI shows. */
const rows: string[][] = []

describe('what each sender publishes, signed by its own library and sent to a running service', () => {
  let service: Service
  before(async () => {
    service = await startService({ config: SENDERS, env: { ...SECRETS } })
  })
  after(async () => {
    await stopServices()
    const table = rows.map((row) => `| ${row.join(' | ')} |`)
    console.log(
      ['', '| sender | sample | result | endpoint | code | cause |', '| - | - | - | - | - | - |', ...table, ''].join(
        '\n',
      ),
    )
  })

  const post = (source: string, body: string, headers: Record<string, string>) =>
    answer(fetch(`${service.ingest}/webhooks/${source}`, { method: 'POST', headers, body }))
  const send = ({ sender, body, headers = {} }: Sample, secret = secretsOf(sender)[0]!) => {
    const isForm = body instanceof URLSearchParams
    const text = isForm ? `${body}` : typeof body === 'string' ? body : JSON.stringify(body)
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
    // A signed time is in whole seconds: what ends a disabling of the same second could be older.
    const at = new Date(Date.now() + 1_000)
    return post(sender, text, { 'Content-Type': type, ...SIGNERS[sender]!(text, secret, at), ...headers })
  }
  const failureOf = async (id: string) => (await answer(fetch(`${service.admin}/api/v1/failures/${id}`))).body

  const signals = async (source: string, signal: string) =>
    sum(await scrape(service.admin), 'webhook_source_signals_total', `source="${source}"`, `signal="${signal}"`)

  for (const sample of SAMPLES) {
    const { sender, name, expected } = sample
    it(`${sender}: ${name}`, async () => {
      const before = typeof expected === 'string' ? await signals(sender, expected) : 0
      const { status, body } = await send(sample)
      expect(status, JSON.stringify(body)).to.equal(202)
      if (typeof expected === 'string') {
        expect(body).to.deep.include({ ids: [], ignored: 1 })
        expect((await signals(sender, expected)) - before).to.equal(1)
        rows.push([sender, name, expected, '', '', ''])
        return
      }
      const failure = await failureOf(body.id)
      expect(failure).to.include({ source: sender, ...expected })
      rows.push([sender, name, 'lost', failure.endpoint, `${failure.code}`, failure.cause])
    })
  }

  it('opens incidents for what was lost or disabled, and none for what a person switched off', async () => {
    const metrics = await scrape(service.admin)
    for (const endpoint of ['orders', 'outpost endpoint', 'svix endpoint', 'knative orders', 'pubsub:orders-sub'])
      expect(sum(metrics, 'webhook_incident_open', `endpoint="${endpoint}"`), endpoint).to.equal(1)
    expect(sum(metrics, 'webhook_incident_open', 'svix:ep_manual')).to.equal(0)
    expect(sum(metrics, 'webhook_endpoint_disabled', '"outpost"', '"outpost endpoint"')).to.equal(1)
    // It was disabled, and enabled again.
    expect(sum(metrics, 'webhook_endpoint_disabled', '"svix"', '"svix endpoint"')).to.equal(0)
    expect(sum(metrics, 'webhook_endpoint_deliveries_total', '"convoy"', '"orders"', '"success"')).to.equal(1)
  })

  it('stores no business data and no secrets of a preset', async () => {
    const journal = new DatabaseSync(`${service.folder}/journal.db`, { readOnly: true })
    const raws = journal.prepare('SELECT raw FROM failures').all()
    journal.close()
    const texts = raws.map(({ raw }) => Buffer.from(raw as Uint8Array).toString())
    expect(texts.length).to.be.greaterThan(20)
    for (const secret of ['endpoint-secret-that', '4111111111111111', 'NDExMTExMTEx', 'eyJjYXJk', 'ord_123'])
      expect(texts.join('\n')).not.to.include(secret)
  })

  it('accepts both of two secrets at once', async () => {
    for (const source of Object.keys(SENDERS.sources)) {
      const [, next] = secretsOf(source)
      const sample = SAMPLES.find(({ sender, expected }) => sender === source && expected !== 'ignored')!
      if (next === undefined) continue
      expect((await send(sample, next)).status, source).to.equal(202)
    }
  })

  it('reads what the library of CloudEvents sends, in binary, structured and batch mode', async () => {
    const event = (id: string) =>
      new CloudEvent({
        id,
        source: '/orders',
        type: 'com.example.order',
        data: { order: 1 },
        knativeerrordest: 'http://orders.shop.svc.cluster.local:3000/mypath',
        knativeerrorcode: 429,
      })
    for (const mode of ['binary', 'structured'] as const) {
      const message = HTTP[mode](event(mode))
      const { status, body } = await post('knative', String(message.body), message.headers as Record<string, string>)
      expect(status, mode).to.equal(202)
      expect(await failureOf(body.id)).to.include({ code: 429, cause: 'rate_limited', endpoint: 'knative orders' })
    }
    const batch = [event('one'), { ...event('two').toJSON(), id: undefined }, event('three')]
    const { status, body } = await post('knative', JSON.stringify(batch), {
      'Content-Type': 'application/cloudevents-batch+json',
    })
    expect(status).to.equal(202)
    expect(body.ids).to.have.length(2)
    expect(body.rejected).to.have.length(1)
    expect(body.rejected[0]).to.include({ index: 1, pointer: '/1/id' })
    const none = await post('knative', '[{}, 5]', { 'Content-Type': 'application/cloudevents-batch+json' })
    expect(none.status).to.equal(400)
    expect(none.body.code).to.equal('invalid_batch')
  })

  it('never answers 413 to a dead letter in binary mode', async () => {
    const { headers } = SAMPLES.find(({ sender }) => sender === 'knative')!
    const { status } = await post('knative', 'x'.repeat(3_000_000), { ...headers, 'ce-id': 'large' })
    expect(status).to.equal(202)
  })

  it('answers a known id 202 as a duplicate, also with other content and after a restart', async () => {
    const at = new Date()
    const body = (code: number) =>
      JSON.stringify({
        type: 'webhook.delivery.failed',
        timestamp: at.toISOString(),
        data: { endpoint: 'https://shop.example/again', code },
      })
    const sendNotice = (to: Service, code: number) => {
      const text = body(code)
      const headers = SIGNERS['standard-webhooks']!(text, secretsOf('standard-webhooks')[0]!, at, 'msg_again')
      return answer(
        fetch(`${to.ingest}/webhooks/standard-webhooks`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...headers },
          body: text,
        }),
      )
    }
    const first = await sendNotice(service, 500)
    const again = await sendNotice(service, 404)
    expect([first.status, again.status]).to.deep.equal([202, 202])
    expect(again.body.id).to.equal(first.body.id)
    const url = `sqlite:${service.folder}/journal.db`
    await service.stop()
    service = await startService({ config: { ...SENDERS, journal: { url } }, env: { ...SECRETS } })
    const restarted = await sendNotice(service, 410)
    expect(restarted.status).to.equal(202)
    expect(restarted.body.id).to.equal(first.body.id)
    const metrics = await scrape(service.admin)
    expect(sum(metrics, 'webhook_exporter_reports_total', 'standard-webhooks', '"duplicate"')).to.equal(1)
    expect((await failureOf(first.body.id)).code).to.equal(500)
  })
})
