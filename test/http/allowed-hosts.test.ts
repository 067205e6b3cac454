import { expect } from 'chai'
import { raw, scrape } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

describe('hosts of the admin listener', () => {
  let service: Service
  before(async () => {
    service = await startService({
      config: { admin: { externalUrl: 'https://Ops.Example:8443/webhooks', allowedHosts: ['Exporter.corp.example'] } },
    })
  })
  after(stopServices)

  const ask = (host: string | undefined, { path = '/api/v1/failures', version = '1.1', more = '' } = {}) =>
    raw(
      service.admin,
      `GET ${path} HTTP/${version}\r\n${host === undefined ? '' : `Host: ${host}\r\n`}${more}Connection: close\r\n\r\n`,
    )

  for (const host of [
    '127.0.0.1',
    '127.0.0.1:9464',
    '10.244.3.17:9464',
    '203.0.113.9:1',
    '[::1]',
    '[::1]:9464',
    '[fd00:10:244::5]:9464',
    '[::ffff:10.0.0.1]:9464',
    '::1',
    'localhost',
    'localhost:19464',
    'LOCALHOST:9464',
    'localhost.',
    'localhost.:9464',
    'exporter',
    'webhook-error-exporter-admin:9464',
    'my_exporter',
    'x.localhost:9464',
    'webhook-error-exporter-admin.shop.svc',
    'webhook-error-exporter-admin.shop.svc:9464',
    'webhook-error-exporter-admin.shop.SVC.cluster.local.:9464',
    'ops.example',
    'OPS.example.:443',
    'exporter.corp.example:80',
    'exporter.CORP.example.',
    '',
  ])
    it(`serves ${host || 'an empty Host'}`, async () => {
      expect(await ask(host)).to.match(/^HTTP\/1\.1 200 /)
    })

  for (const host of [
    'evil.example',
    'evil.example:9464',
    'evil.example.',
    'a.ops.example',
    'ops.example.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io:9464',
    'localhost.evil.example',
    'svc.evil.example',
    'evilsvc.example',
    'shop.svc.example',
    'cluster.local',
    'exporter.shop',
    'corp.example',
    'localhost@evil.example',
    '[evil.example]:9464',
    'evil.example/x.svc',
    'evil.example..',
  ])
    it(`refuses ${host} and names the key to set`, async () => {
      const text = await ask(host)
      expect(text).to.match(/^HTTP\/1\.1 421 /)
      expect(text).to.include('application/problem+json').and.include('admin.allowedHosts')
    })

  it('refuses it on every path, and names the host', async () => {
    for (const path of [
      '/',
      '/metrics',
      '/healthz',
      '/readyz',
      '/api/v1/incidents',
      '/api/v1/openapi.json',
      '/nothing',
    ])
      expect(await ask('rebound.example:9464', { path }), path)
        .to.match(/^HTTP\/1\.1 421 /)
        .and.include('rebound.example is not served')
  })

  it('does not believe X-Forwarded-Host, Forwarded or the like', async () => {
    const more = 'X-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\nX-Host: localhost\r\n'
    expect(await ask('evil.example', { more })).to.match(/^HTTP\/1\.1 421 /)
    expect(await ask('localhost', { more: 'X-Forwarded-Host: evil.example\r\n' })).to.match(/^HTTP\/1\.1 200 /)
  })

  it('takes the host of an absolute target before that of the header field', async () => {
    expect(await ask('localhost', { path: 'http://evil.example/api/v1/failures' })).to.match(/^HTTP\/1\.1 421 /)
    expect(await ask('evil.example', { path: 'http://localhost:9464/api/v1/failures' })).to.match(/^HTTP\/1\.1 200 /)
  })

  it('serves HTTP/1.0 without a Host, as simple health checks send it', async () => {
    expect(await ask(undefined, { path: '/healthz', version: '1.0' })).to.match(/^HTTP\/1\.1 200 /)
  })

  it('leaves the ingest listener to every Host', async () => {
    const text = await raw(
      service.ingest,
      'POST /webhooks/error HTTP/1.1\r\nHost: errors.shop.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    )
    expect(text).not.to.include(' 421 ')
  })
})

describe('an admin API without a token', () => {
  afterEach(stopServices)
  const warned = (service: Service) =>
    service.log().some(({ level, msg }) => level === 'warn' && /admin\.apiToken/.test(String(msg)))
  const seen = async ({ admin }: Service) => {
    const origin = `http://127.0.0.1:${new URL(admin).port}`
    const page = await (await fetch(origin)).text()
    const metrics = await (await fetch(`${origin}/metrics`)).text()
    const ready = (await (await fetch(`${origin}/readyz`)).json()) as {
      ready: boolean
      conditions: { name: string; ok: boolean }[]
    }
    return {
      page: /Warning:.*admin\.apiToken/.test(page),
      metric: /^webhook_exporter_admin_open (\d)$/m.exec(metrics)?.[1],
      ready: ready.ready,
      ok: ready.conditions.find(({ name }) => name === 'admin_api')?.ok,
    }
  }

  for (const host of ['0.0.0.0', '::'])
    it(`is warned of at ${host}: in the log, on the page, in /readyz and as a metric`, async () => {
      const service = await startService({ config: { admin: { host } } })
      expect(warned(service)).to.equal(true)
      expect(await seen(service)).to.deep.equal({ page: true, metric: '1', ready: true, ok: false })
    })

  for (const host of ['127.0.0.1', 'localhost', '127.0.0.2'])
    it(`is no matter at ${host}`, async () => {
      const service = await startService({ config: { admin: { host } } })
      expect(warned(service)).to.equal(false)
      if (host === '127.0.0.1')
        expect(await seen(service)).to.deep.equal({ page: false, metric: '0', ready: true, ok: true })
    })

  it('is no matter with a token', async () => {
    const service = await startService({
      config: { admin: { host: '0.0.0.0', apiToken: { env: 'API_TOKEN' } } },
      env: { API_TOKEN: 'a-token-of-at-least-thirty-two-characters' },
    })
    expect(warned(service)).to.equal(false)
    expect(await scrape(service.admin)).to.include('webhook_exporter_admin_open 0\n')
  })
})
