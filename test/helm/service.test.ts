import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { tempFolder, until } from '../support/temp.ts'
import { requireHelm, the } from './support/helm.ts'
import { podsOf } from './support/policy-rules.ts'
import { helmTest, killStarted, post, start } from './support/running.ts'

describe('the service with what the chart renders', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })
  afterEach(killStarted)

  it('takes a report through the rendered route, counts it, and shows it to the rendered monitor', async () => {
    const service = await start({
      tokens: { create: { 'merchant-a': 'a-token-of-the-test' } },
      config: { endpoints: [{ name: 'orders', urls: ['https://shop.example.com/webhooks/orders'] }] },
      admin: { metricsToken: { existingSecret: 'metrics-token' }, apiToken: { existingSecret: 'admin-token' } },
      serviceMonitor: { enabled: true },
      ingress: { enabled: true, hosts: ['errors.example.com'] },
    })
    for (const path of Object.values(service.probes))
      expect((await fetch(service.admin + path)).status, path).to.equal(200)
    const { path } = the(service.objects, 'Ingress')['spec'].rules[0].http.paths[0]
    expect((await post(service.ingest, path, undefined)).status).to.equal(401)
    expect((await post(service.ingest, path, 'a-token-of-the-test')).status).to.equal(202)

    const endpoint = the(service.objects, 'ServiceMonitor')['spec'].endpoints[0]
    expect(endpoint.authorization).to.deep.equal({
      type: 'Bearer',
      credentials: { name: 'metrics-token', key: 'token' },
    })
    const scrape = (token: string) =>
      fetch(service.admin + endpoint.path, { headers: { Authorization: `Bearer ${token}` } })
    expect((await scrape('wrong')).status).to.equal(401)
    const answer = await scrape('the-metrics-token-of-the-test-0123456789')
    expect(answer.status).to.equal(200)
    expect(await answer.text()).to.match(/^webhook_delivery_failures_total\{[^}]*endpoint="orders"[^}]*\} 1$/m)
    const failures = (token: string) =>
      fetch(`${service.admin}/api/v1/failures`, { headers: { Authorization: `Bearer ${token}` } })
    expect((await failures('wrong')).status).to.equal(401)
    expect(JSON.stringify(await (await failures('the-api-token-of-the-test-0123456789')).json())).to.include(
      '"tenant":"merchant-a"',
    )
  })

  it('is ready and answers 401 until the Secret appears, then takes reports without a restart', async () => {
    const service = await start({})
    expect((await fetch(service.admin + service.probes.readiness)).status).to.equal(200)
    expect((await post(service.ingest, '/webhooks/error', 'a-token-of-the-test')).status).to.equal(401)
    // The pod of `helm test` has the Secret at once, the service about a minute later.
    const ours = tempFolder()
    writeFileSync(join(ours, 'merchant-a'), 'a-token-of-the-test')
    const test = helmTest(service.objects, service.ingest, ours)
    mkdirSync(service.tokensDir, { recursive: true })
    setTimeout(() => writeFileSync(join(service.tokensDir, 'merchant-a'), 'a-token-of-the-test'), 1_000)
    const { code, output } = await test
    expect(output).to.include('answered 401').and.to.include('knows the token')
    expect(code).to.equal(0)
    expect((await post(service.ingest, '/webhooks/error', 'a-token-of-the-test')).status).to.equal(202)
  })

  it('takes a signed report once the Secret of its source is there, and none with another signature', async () => {
    const service = await start({
      config: { sources: { partner: { kind: 'retm', auth: { kind: 'standard-webhooks' } } } },
      sources: { partner: { existingSecret: 'partner-signing' } },
    })
    const { spec, containers } = podsOf(service.objects)[0]!
    const volume = spec.volumes.find(
      (it: { secret?: { secretName: string } }) => it.secret?.secretName === 'partner-signing',
    )
    const { mountPath } = containers[0]!.spec.volumeMounts.find((it: { name: string }) => it.name === volume.name)
    const send = async (secret: string, id: string) => {
      const body = JSON.stringify({ code: 503, endpoint: 'https://shop.example.com/webhooks/orders', message: '' })
      const at = new Date()
      const headers = {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, at, body),
      }
      return (await fetch(`${service.ingest}/webhooks/partner`, { method: 'POST', headers, body })).status
    }
    const secret = Buffer.from('the-signing-secret-of-the-test-0123456789').toString('base64')
    expect(await send(secret, 'before')).to.equal(401)
    mkdirSync(service.path(mountPath), { recursive: true })
    writeFileSync(join(service.path(mountPath), 'partner'), `whsec_${secret}\n`)
    await until('the signed report to be taken', async () => (await send(secret, 'after')) === 202)
    expect(await send(Buffer.from('another').toString('base64'), 'forged')).to.equal(401)
  })
})
