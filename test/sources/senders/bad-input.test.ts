import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { LIST_MAPPING } from './mapping.ts'

describe('what is not as a mapping expects it', () => {
  let service: Service
  before(async () => {
    service = await startService({
      config: {
        sources: {
          list: { kind: 'generic', auth: 'none', map: LIST_MAPPING },
          form: {
            kind: 'generic',
            auth: 'none',
            map: { endpoint: 'form:url', code: 'form:code', message: 'text:it failed' },
          },
          event: {
            kind: 'generic',
            auth: 'none',
            map: { type: 'header:ce-type', lost: ['x.failed'], id: 'header:ce-id', endpoint: '/data/url' },
          },
          one: { kind: 'generic', auth: 'none', map: { endpoint: '/url', message: '/error', code: '/code' } },
          convoy: { auth: 'none' },
        },
      },
    })
  })
  after(stopServices)

  const send = (source: string, body: unknown, headers: Record<string, string> = {}) =>
    answer(
      fetch(`${service.ingest}/webhooks/${source}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
  const failure = async (id: string) => (await answer(fetch(`${service.admin}/api/v1/failures/${id}`))).body
  const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

  it('is rejected alone in a list, with its place', async () => {
    const { status, body } = await send(
      'list',
      {
        type: 'failed',
        events: [
          { id: 1, url: 'https://shop.example/hooks', status: '503 Service Unavailable' },
          { id: 2, url: { of: 'the endpoint' } },
          { id: 3 },
          { id: 4, url: 'https://shop.example/hooks', status: 1.5 },
          { id: 5, url: 'https://shop.example/hooks', type: 'ok' },
          { id: 6, url: 'https://shop.example/hooks', type: 'else' },
          5,
        ],
      },
      { 'X-Tenant': 'cafe' },
    )
    expect(status).to.equal(202)
    expect(await failure(body.id)).to.include({ code: 503, tenant: 'cafe', url: 'https://shop.example/hooks' })
    expect(
      body.rejected.map(({ index, pointer }: { index: number; pointer: string }) => [index, pointer]),
    ).to.deep.equal([
      [1, '/events/1/url'],
      [2, '/events/2/url'],
      [3, '/events/3/status'],
      [6, '/events/6/url'],
    ])
  })

  it('is answered with the place where it is the only event', async () => {
    for (const [body, pointer, detail] of [
      [{ url: { a: 1 } }, '/url', 'is an object where a text is needed'],
      [{ url: ['a'] }, '/url', 'is a list where a text is needed'],
      [{ url: 42 }, '/url', 'is a number where a URL is needed'],
      [{ url: true }, '/url', 'is a boolean where a URL is needed'],
      [{}, '/url', 'is missing; it must name the endpoint'],
      [{ url: 'https://x.example', error: {} }, '/error', 'is an object where a text is needed'],
      [{ url: 'https://x.example', code: 2 ** 40 }, '/code', 'is not an integer from -2147483648 to 4294967295'],
      [{ url: 'x'.repeat(3_000) }, '/url', 'is longer than 2048 characters'],
    ] as const) {
      const { status, body: problem } = await send('one', body)
      expect([status, problem.code], pointer).to.deep.equal([422, 'invalid_report'])
      expect(problem.errors).to.deep.equal([{ pointer, detail }])
    }
    expect((await send('one', '{')).body.code).to.equal('invalid_json')
    expect(
      (await send('one', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), { 'Content-Type': 'image/png' })).status,
    ).to.equal(415)
    expect((await send('one', '['.repeat(100_000))).status).to.equal(400)
    expect((await send('list', { type: 'failed' })).body.errors[0]).to.deep.equal({
      pointer: '/events',
      detail: 'is missing; it must be a list',
    })
    expect((await send('list', { type: 'else' })).body).to.deep.include({ ids: [], ignored: 1 })
    const metrics = await scrape(service.admin)
    expect(sum(metrics, 'webhook_exporter_reports_total', '"one"', '"invalid_report"')).to.equal(8)
  })

  it('is a number in words, or an inherited member: neither is a value', async () => {
    const { body } = await send('one', { url: 'https://x.example/', code: 'ETIMEDOUT', error: 'after 5 s' })
    expect(await failure(body.id)).to.include({ code: 0, cause: 'timeout', message: 'ETIMEDOUT: after 5 s' })
    const { status } = await send('one', '{"__proto__": {"url": "https://x.example/"}}')
    expect(status).to.equal(422)
  })

  it('is too many events or fields: 413, before they are looked at', async () => {
    const events = Array.from({ length: 1_001 }, () => ({ type: 'else' }))
    expect((await send('list', { type: 'failed', events })).body).to.include({ status: 413, code: 'too_large' })
    expect((await send('form', 'a=1&'.repeat(200_000), FORM)).body).to.include({ status: 413, code: 'too_large' })
    expect((await send('one', ' '.repeat(2 ** 20 + 1))).status).to.equal(413)
    expect((await send('one', `{"url":"https://x.example/","pad":"${'x'.repeat(1_000_000)}"}`)).status).to.equal(202)
  })

  it('reads forms, and CloudEvents in each mode by one mapping', async () => {
    const form = await send('form', `${new URLSearchParams({ url: 'https://x.example/form', code: '504' })}`, FORM)
    expect(await failure(form.body.id)).to.include({ code: 504, url: 'https://x.example/form', message: 'it failed' })
    const attributes = { specversion: '1.0', id: '1', source: '/s', type: 'x.failed' }
    const url = 'https://x.example/event'
    const structured = { ...attributes, id: '2', data: { url } }
    const encoded = { ...attributes, id: '3', data_base64: Buffer.from(JSON.stringify({ url })).toString('base64') }
    const binary = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
    const answers = [
      await send('event', { url }, binary),
      await send('event', structured, { 'Content-Type': 'application/cloudevents+json' }),
      await send('event', [encoded], { 'Content-Type': 'application/cloudevents-batch+json' }),
    ]
    for (const { status, body } of answers) {
      expect(status, JSON.stringify(body)).to.equal(202)
      expect((await failure(body.id)).url).to.equal(url)
    }
    const faulty = await send('event', { ...structured, id: '' }, { 'Content-Type': 'application/cloudevents+json' })
    expect(faulty.body.errors[0].pointer).to.equal('/id')
  })

  it('is stored up to 64 KiB, or as far as a preset reads it', async () => {
    const ignored = await send('convoy', { event_type: 'x', data: 'y'.repeat(900_000) })
    expect(ignored.body).to.deep.include({ ids: [], ignored: 1 })
    const journal = new DatabaseSync(`${service.folder}/journal.db`, { readOnly: true })
    const { most } = journal.prepare('SELECT max(length(raw)) AS most FROM failures').get() as { most: number }
    journal.close()
    // The largest of these tests has a million bytes.
    expect(most).to.equal(65_536)
  })
})
