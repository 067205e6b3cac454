import { expect } from 'chai'
import { answer, report, scrape } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const TOKEN = 'api-token-of-the-test-0123456789'
const ENDPOINT = 'https://shop.example/hooks/orders'
const NOBODY = '00000000-0000-7000-8000-000000000000'

describe('/api/v1/incidents and /endpoints', () => {
  let service: Service
  const auth = { Authorization: `Bearer ${TOKEN}` }
  const get = (path: string) => answer(fetch(`${service.admin}/api/v1/${path}`, { headers: auth }))
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    answer(
      fetch(`${service.admin}/api/v1/${path}`, {
        method: 'POST',
        body,
        headers: { ...auth, 'Content-Type': 'application/json', ...headers },
      }),
    )
  const refused = async (
    response: Promise<{ status: number; body: { code?: string } }>,
    status: number,
    code: string,
  ) => {
    const it = await response
    expect([it.status, it.body.code]).to.deep.equal([status, code])
  }
  const fail = async (endpoint: string, code = 503) =>
    (await answer(report(service.ingest, { code, endpoint, message: '' }))).body.id

  before(async () => {
    service = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        endpoints: [
          {
            name: 'a/b c',
            event: 'order.created',
            team: 'orders',
            severity: 'warning',
            urls: ['https://named.example/*'],
          },
          { name: 'quiet', urls: ['https://quiet.example/*'] },
        ],
      },
      env: { API_TOKEN: TOKEN },
    })
  })
  after(stopServices)

  it('needs the token', async () => {
    for (const path of ['incidents', `incidents/${NOBODY}`, 'endpoints', 'endpoints/x'])
      expect((await answer(fetch(`${service.admin}/api/v1/${path}`))).status, path).to.equal(401)
  })

  it('shows an incident with its verdict, remedies, and what to read again', async () => {
    const id = await fail('https://named.example/orders', 401)
    const { body } = await until('the verdict', async () => {
      const it = await get(`incidents/${id}`)
      return it.body.verdict && it
    })
    expect(body).to.include({ id, endpoint: 'a/b c', state: 'open', cause: 'authentication', code: 401, failures: 1 })
    expect(body.verdicts).to.deep.equal([body.verdict])
    expect(body.verdict.checks).to.deep.equal(body.remedies.checks)
    expect(body.lossWindow).to.deep.equal({ from: null, fromProof: null, until: null, untilProof: null })
    expect(body.recoveryRequests.map(({ resource }: { resource: string }) => resource)).to.deep.equal([
      'invoices',
      'orders',
    ])
    expect(JSON.stringify(body.recoveryRequests)).to.include('Bearer $RETM_TOKEN')
    const { body: page } = await get(body.failuresUrl.slice('/api/v1/'.length))
    expect(page.failures.map((failure: { id: string }) => failure.id)).to.deep.equal([id])
  })

  it('has checks and a metric about the URL that is probed, while the first probe has not ended', async () => {
    const silent = await raw(() => {})
    const probed = `http://127.0.0.1:${silent.port}/health`
    const open = await startService({
      config: {
        outbound: { allow: ['127.0.0.1'] },
        endpoints: [{ name: 'slow', urls: ['https://slow.example/*'], probe: { url: probed, timeout: '1m' } }],
      },
    })
    const { body } = await answer(report(open.ingest, { code: 404, endpoint: 'https://slow.example/x' }))
    await until('the probe', () => silent.accepted() > 0)
    const incident = (await answer(fetch(`${open.admin}/api/v1/incidents/${body.id}`))).body
    expect(incident.verdict).to.equal(null)
    expect(incident.remedies.checks.join()).to.include(probed).and.not.include('slow.example')
    expect(await scrape(open.admin)).to.include(`rule="none",remedy="not_found",url="${probed}"} 1`)
    await silent.close()
  })

  describe('for people', () => {
    const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const read = async (path: string, accept: string) => {
      const response = await fetch(`${service.admin}/api/v1/${path}`, { headers: { ...auth, Accept: accept } })
      return {
        type: response.headers.get('content-type'),
        vary: response.headers.get('vary'),
        text: await response.text(),
      }
    }
    const message = '<b>it</b> & "more"'
    let id: string
    before(async () => {
      id = (await answer(report(service.ingest, { code: 28, endpoint: 'https://people.example/x', message }))).body.id
      await until('the verdict', async () => (await get(`incidents/${id}`)).body.verdict)
    })

    it('is JSON for whoever names nothing, or names it first', async () => {
      for (const accept of ['*/*', 'application/json', 'application/json, text/plain;q=0.5']) {
        const { type, vary } = await read(`incidents/${id}`, accept)
        expect([type, vary], accept).to.deep.equal(['application/json; charset=utf-8', 'Accept'])
      }
    })

    it('is JSON for whoever accepts none of its forms', async () => {
      for (const accept of ['application/xml', 'image/png', 'text/csv, application/pdf;q=0.5', 'nonsense'])
        for (const path of ['incidents', `incidents/${id}`])
          expect((await read(path, accept)).type, `${accept} ${path}`).to.equal('application/json; charset=utf-8')
    })

    it('takes the form that the query names, whatever is accepted', async () => {
      for (const path of ['incidents', `incidents/${id}`]) {
        for (const [format, type] of [
          ['json', 'application/json; charset=utf-8'],
          ['text', 'text/plain; charset=utf-8'],
          ['html', 'text/html; charset=utf-8'],
        ] as const)
          for (const accept of ['application/json', 'text/plain', BROWSER])
            expect((await read(`${path}?format=${format}`, accept)).type, `${path} ${format}`).to.equal(type)
      }
      await refused(get(`incidents/${id}?format=yaml`), 400, 'invalid_request')
    })

    it('is a text with what, since when, which team, why, what to do and how it ends', async () => {
      for (const path of [`incidents/${id}`, 'incidents?limit=1&endpoint=https%3A%2F%2Fpeople.example%2Fx']) {
        const { type, text } = await read(path, 'text/plain')
        expect(type).to.equal('text/plain; charset=utf-8')
        expect(text.split('\n')[0]).to.match(/^https:\/\/people\.example\/x: The platform saw/)
        for (const line of [
          /^state +open since \S+Z \(/m,
          /^reports +1, the last at /m,
          /^team +not configured$/m,
          /^platform +code 28: <b>it<\/b> & "more"$/m,
          /^lost +from an unknown moment before the first failure until now$/m,
          /^ends +automatically: no report until \S+ \(nothing is probed\)$/m,
          /^Check, in this order\n +1\. /m,
          /^Fix\n +1\. /m,
          /^Verify\n/m,
          /^ +curl .* "https:\/\/\$RETM_BUSINESS_ID\.retm\.sa\/api\/v2\/invoices\/list"$/m,
        ])
          expect(text).to.match(line)
      }
    })

    it('sends a browser to the page, with nothing of the report in its markup, and links that lead somewhere', async () => {
      const { type, text } = await read(`incidents/${id}`, BROWSER)
      expect(type).to.equal('text/html; charset=utf-8')
      expect(text).not.to.include('<b>')
      expect(text).to.include('&#60;b&#62;it')
      const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!.replaceAll('&#38;', '&'))
      expect(links).to.include.members([
        `/api/v1/incidents/${id}?format=json`,
        '/endpoints/https%3A%2F%2Fpeople.example%2Fx',
      ])
      for (const link of links)
        expect((await fetch(`${service.admin}${link}`, { headers: auth })).status, link).to.equal(200)
    })

    it('links only what we made, whatever a report says', async () => {
      const hostile =
        'see https://evil.example/api/v1/incidents/x and /api/v1/failures?x=1 or http://evil.example/api/v1/a'
      const of = 'https://linked.example/api/v1/orders'
      const { body } = await answer(report(service.ingest, { code: 500, endpoint: of, message: hostile }))
      for (const path of [`incidents/${body.id}`, 'incidents', `incidents?endpoint=${encodeURIComponent(of)}`]) {
        const { text } = await read(path, BROWSER)
        const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!)
        expect(links.length, path).to.be.at.least(2)
        for (const link of links) expect(link, path).to.match(/^(\/|#main$)/)
        expect(links.join(), path).not.to.include('evil')
        expect(links, path).not.to.include('/api/v1/failures?x=1')
      }
    })

    it('says in the past tense what a closed incident was, and when it closed', async () => {
      const of = 'https://past.example/x'
      const opened = await fail(of, 401)
      await until('the verdict', async () => (await get(`incidents/${opened}`)).body.verdict)
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const { body: closed } = await post(`incidents/${opened}/resolve`, '{"reason":"token renewed"}')
      const { sentence } = closed.verdict
      const { text } = await read(`incidents/${opened}`, 'text/plain')
      const [headline] = text.split('\n')
      expect(headline).to.include('had an incident').and.include(closed.closedAt).and.not.include(sentence)
      expect(text).to.include(`its last verdict, at ${closed.verdict.at}: ${sentence}`)
      // Two, so that they are listed.
      await fail('https://past.example/y')
      const list = (await read('incidents?limit=20', 'text/plain')).text
      expect(list).to.include(`${of}: closed at ${closed.closedAt}`).and.not.include(`closed at ${closed.openedAt}`)
      expect(list).to.match(/past\.example\/y: open since /)
    })

    it('says that there are older ones, and where', async () => {
      for (let index = 0; index < 3; index++) await fail(`https://older.example/${index}`)
      for (const limit of [1, 2]) {
        const path = `incidents?limit=${limit}&state=open`
        const { next, incidents } = (await get(path)).body
        const { text } = await read(path, 'text/plain')
        const more = /Older incidents\n +(\S+)\n$/.exec(text)![1]!
        expect(more).to.include(`cursor=${next}`).and.include('state=open').and.include(`limit=${limit}`)
        const following = (await get(more.slice('/api/v1/'.length))).body.incidents
        expect(following[0].id < incidents.at(-1).id).to.equal(true)
        expect((await read(path, BROWSER)).text).to.include(
          `href="${more.slice('/api/v1'.length).replaceAll('&', '&#38;')}"`,
        )
      }
      expect((await read('incidents?limit=1000', 'text/plain')).text).not.to.include('Older incidents')
    })

    it('lists several with the way to each, and says where none fits', async () => {
      const other = await fail('https://people.example/y')
      const { text } = await read('incidents?state=open', 'text/plain')
      for (const it of [id, other]) expect(text).to.include(`/api/v1/incidents/${it}\n`)
      expect((await read('incidents?endpoint=nobody', 'text/plain')).text).to.include('No incident matches')
    })
  })

  it('filters, pages, and names what is wrong with a query', async () => {
    const ids = [
      await fail('https://one.example/'),
      await fail('https://two.example/'),
      await fail('https://three.example/'),
    ]
    const { body } = await get('incidents?state=open&limit=2')
    expect(body.incidents.map(({ id }: { id: string }) => id)).to.deep.equal([ids[2], ids[1]])
    const { body: rest } = await get(
      `incidents?state=open&cursor=${body.next}&endpoint=${encodeURIComponent('https://one.example/')}`,
    )
    expect(rest.incidents.map(({ id }: { id: string }) => id)).to.deep.equal([ids[0]])
    expect((await get('incidents?state=closed')).body).to.deep.equal({ incidents: [], next: null })
    for (const query of [
      'state=maybe',
      'limit=0',
      'cursor=x',
      'since=never',
      'colour=red',
      '__proto__=1',
      'constructor=1',
      'state=open&state=open',
      'endpoint=%00',
      'since=99999999w',
      'format=xml',
      'format=json&format=text',
    ])
      await refused(get(`incidents?${query}`), 400, 'invalid_request')
    await refused(get(`incidents/${NOBODY}`), 404, 'not_found')
    await refused(get('incidents/nonsense'), 404, 'not_found')
  })

  it('closes by hand, once, with a reason', async () => {
    const id = await fail(ENDPOINT)
    await refused(
      post(`incidents/${id}/resolve`, '{"reason":"x"}', { 'Content-Type': 'text/plain' }),
      415,
      'unsupported_media_type',
    )
    for (const body of [
      '{}',
      '{"reason":""}',
      '{"reason":"  "}',
      '{"reason":1}',
      '{"reason":"x","more":1}',
      `{"reason":"${'x'.repeat(501)}"}`,
      '[]',
      'null',
    ])
      await refused(post(`incidents/${id}/resolve`, body), 400, 'invalid_request')
    await refused(post(`incidents/${id}/resolve`, 'no json'), 400, 'invalid_json')
    await refused(post(`incidents/${id}/resolve`, `{"reason":"${'x'.repeat(20_000)}"}`), 413, 'too_large')
    await refused(
      post(`incidents/${id}/resolve`, '{"reason":"x"}', { Authorization: 'Bearer wrong' }),
      401,
      'credential_unknown',
    )
    await refused(post(`incidents/${NOBODY}/resolve`, '{"reason":"x"}'), 404, 'not_found')
    const { status, body } = await post(`incidents/${id}/resolve`, '{"reason":" moved to another host "}')
    expect(status).to.equal(200)
    expect(body).to.include({ id, state: 'closed', resolution: 'manual', reason: 'moved to another host' })
    expect(body.lossWindow.until).to.equal(body.closedAt)
    await refused(post(`incidents/${id}/resolve`, '{"reason":"x"}'), 409, 'conflict')
    expect((await get(`incidents/${id}`)).body.state).to.equal('closed')
    expect((await answer(fetch(`${service.admin}/api/v1/incidents/${id}/resolve`, { headers: auth }))).status).to.equal(
      405,
    )
  })

  it('does not close anything where no token is configured', async () => {
    const open = await startService()
    const { body } = await answer(report(open.ingest))
    const it = await answer(
      fetch(`${open.admin}/api/v1/incidents/${body.id}/resolve`, {
        method: 'POST',
        body: '{"reason":"x"}',
        headers: { 'Content-Type': 'application/json' },
      }),
    )
    expect([it.status, it.body.code]).to.deep.equal([403, 'forbidden'])
  })

  it('lists endpoints that are configured or failed, and shows one by its encoded name', async () => {
    const id = await fail('https://five.example/hook')
    const { body } = await get('endpoints')
    const names = body.endpoints.map(({ name }: { name: string }) => name)
    expect(names).to.include.members(['a/b c', 'quiet', 'https://five.example/hook'])
    expect(names).to.deep.equal([...names].sort())
    const { body: five } = await get(`endpoints/${encodeURIComponent('https://five.example/hook')}`)
    expect(five).to.include({ configured: false, incidents: 1, lastIncidentId: id })
    expect(five.incident).to.include({ id, state: 'open' })
    const { body: named } = await get(`endpoints/${encodeURIComponent('a/b c')}`)
    expect(named).to.include({
      name: 'a/b c',
      configured: true,
      event: 'order.created',
      team: 'orders',
      severity: 'warning',
    })
    const { body: quiet } = await get('endpoints/quiet')
    expect(quiet).to.include({ incident: null, incidents: 0, lastGoodAt: null })
    expect(quiet.probes).to.deep.equal({ public: null, internal: null })
    await refused(get('endpoints/nobody'), 404, 'not_found')
    await refused(get('endpoints/__proto__'), 404, 'not_found')
  })

  it('makes no false statement about names that are no endpoint', async () => {
    await answer(report(service.ingest, { code: 500, endpoint: 'no URL at all', message: 'x' }))
    for (const name of ['invalid', 'other', 'https://nowhere.example/x']) {
      const { status, body } = await get(`endpoints/${encodeURIComponent(name)}`)
      expect(status).to.equal(404)
      expect(body.detail, name).not.to.match(/nor has failed|has not failed/)
      expect(body.detail, name).to.include('/api/v1/failures')
    }
    expect((await get('failures?endpoint=invalid')).body.failures).to.have.length(1)
  })

  it('is described by the API document, and linked from the landing page', async () => {
    const { body } = await get('openapi.json')
    expect(Object.keys(body.paths)).to.include.members([
      '/api/v1/incidents',
      '/api/v1/incidents/{id}',
      '/api/v1/incidents/{id}/resolve',
      '/api/v1/endpoints',
      '/api/v1/endpoints/{name}',
    ])
    const names = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name!)
    for (const name of names) expect(body.components.schemas, name).to.have.property(name)
    const page = await (await fetch(service.admin, { headers: auth })).text()
    expect(page).to.include('/api/v1/incidents?state=open').and.include('/api/v1/endpoints')
  })
})
