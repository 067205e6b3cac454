import { expect } from 'chai'
import { answer, report, scrape } from '../support/http.ts'
import { startService } from '../support/service.ts'
import { raw } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { useIncidentApi } from './incident-api.ts'
import { describeIncidentsForPeople } from './incidents-for-people.ts'

const ENDPOINT = 'https://shop.example/hooks/orders'
const NOBODY = '00000000-0000-7000-8000-000000000000'

describe('/api/v1/incidents and /endpoints', () => {
  const api = useIncidentApi()
  const { service, auth, get, post, refused, fail } = api

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

  it('has checks about the URL that is probed, and a metric, while the first probe has not ended', async () => {
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
    expect(await scrape(open.admin)).to.match(
      /^webhook_incident_info\{endpoint="slow",.*Not probed yet\..*remedy="not_found"\} 1$/m,
    )
    await silent.close()
  })

  describeIncidentsForPeople(api)

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

  it('does not close anything where no token is configured and others reach the listener', async () => {
    const open = await startService({ config: { admin: { host: '0.0.0.0' } } })
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
    const isUrl = (name: string) => name.startsWith('https:')
    const sorted = [...names].sort()
    // However many URLs a sender invents, what is configured comes first.
    expect(names).to.deep.equal([...sorted.filter((name) => !isUrl(name)), ...sorted.filter(isUrl)])
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
