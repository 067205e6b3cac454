import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { removeTempFolders, tempFolder } from '../../support/temp.ts'
import { SECRETS, SIGNERS } from './signing.ts'

const [CAFE, GRILL] = SECRETS.SVIX.split('\n') as [string, string]

describe('a credential of a tenant', () => {
  let service: Service
  before(async () => {
    const secretsDir = join(tempFolder(), 'secrets')
    mkdirSync(secretsDir)
    writeFileSync(join(secretsDir, 'cafe'), CAFE)
    writeFileSync(join(secretsDir, 'grill'), GRILL)
    service = await startService({
      config: {
        sources: {
          svix: { secretsDir },
          trusted: { kind: 'svix', secretsDir, trusted: true },
          shared: { kind: 'svix', secrets: [{ env: 'CAFE' }] },
        },
        endpoints: [{ name: 'orders', refs: ['svix:ep_1'] }],
      },
      env: { CAFE },
    })
  })
  after(async () => {
    await stopServices()
    removeTempFolders()
  })

  const send = (source: string, secret: string, id: string, type: string, tenant = 'grill') => {
    const data = { appUid: tenant, endpointId: 'ep_1', lastAttempt: { responseStatusCode: 500 } }
    const body = JSON.stringify({ type, data })
    // The signed time is in whole seconds: what ends a disabling of the same second could be older.
    const at = new Date(Date.now() + 1_000)
    const headers = { 'Content-Type': 'application/json', ...SIGNERS['svix']!(body, secret, at, id) }
    return answer(fetch(`${service.ingest}/webhooks/${source}`, { method: 'POST', headers, body }))
  }
  const tenantOf = async (id: string) => (await answer(fetch(`${service.admin}/api/v1/failures/${id}`))).body.tenant
  const lost = async (source: string, secret: string, id: string, tenant?: string) =>
    (await send(source, secret, id, 'message.attempt.exhausted', tenant)).body.id
  const disabled = async () =>
    sum(await scrape(service.admin), 'webhook_endpoint_disabled', 'source="svix"', 'endpoint="orders"')

  it('speaks for no other, and uses up no id of another', async () => {
    const forged = await lost('svix', CAFE, 'msg_1')
    expect(await tenantOf(forged)).to.equal('cafe')
    const own = await lost('svix', GRILL, 'msg_1')
    expect(own).not.to.equal(forged)
    expect(await tenantOf(own)).to.equal('grill')
    expect(await lost('svix', GRILL, 'msg_1', 'cafe')).to.equal(own)
  })

  it('speaks for each where the source is trusted, or the credential has no tenant', async () => {
    for (const source of ['trusted', 'shared']) {
      const [grill, cafe] = [await lost(source, CAFE, 'msg_1'), await lost(source, CAFE, 'msg_1', 'cafe')]
      expect([await tenantOf(grill), await tenantOf(cafe)], source).to.deep.equal(['grill', 'cafe'])
    }
  })

  it('does not end what is disabled for another', async () => {
    await send('svix', GRILL, 'msg_2', 'endpoint.disabled')
    expect(await disabled()).to.equal(1)
    await send('svix', CAFE, 'msg_3', 'endpoint.enabled')
    expect(await disabled()).to.equal(1)
    const { body } = await answer(fetch(`${service.admin}/api/v1/incidents?endpoint=orders`))
    expect(body.incidents[0].disabled).to.have.length(1)
    expect(body.incidents[0].disabled[0]).to.include({ source: 'svix', tenant: 'grill' })
    await send('svix', GRILL, 'msg_4', 'endpoint.enabled')
    expect(await disabled()).to.equal(0)
  })
})
