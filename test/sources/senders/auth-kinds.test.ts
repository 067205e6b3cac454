import { createHash, createHmac } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import twilioLibrary from 'twilio'
import { answer } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../../support/temp.ts'

const { getExpectedTwilioSignature } = twilioLibrary as unknown as {
  getExpectedTwilioSignature(token: string, url: string, params: object, algorithm?: string): string
}
const URL_OF_TWILIO = 'https://errors.example/webhooks/twilio'
const BODY = JSON.stringify({ url: 'https://shop.example/hooks' })
const map = { endpoint: '/url' }

describe('each kind of auth', () => {
  let service: Service
  let secretsDir: string
  before(async () => {
    secretsDir = join(tempFolder(), 'secrets')
    mkdirSync(secretsDir)
    writeFileSync(join(secretsDir, 'cafe'), 'secret-of-the-cafe\n')
    writeFileSync(join(secretsDir, 'grill'), 'secret-of-the-grill\nnext-secret-of-the-grill\n')
    const generic = (auth: unknown, more: object = {}) => ({ kind: 'generic', map, auth, ...more })
    service = await startService({
      config: {
        sources: {
          basic: generic({ kind: 'basic' }, { secrets: [{ tenant: 'shop', env: 'BASIC' }] }),
          header: generic({ kind: 'header', header: 'X-Api-Key' }, { secrets: [{ tenant: 'shop', env: 'KEY' }] }),
          hmac: generic({ kind: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' }, { secretsDir }),
          stamped: generic({
            kind: 'hmac',
            header: 'X-Sign',
            algorithm: 'sha512',
            encoding: 'base64',
            signed: 'v0:{timestamp}:{body}',
            timestampHeader: 'X-Time',
            tolerance: '10s',
            secrets: [{ env: 'KEY' }],
          }),
          open: generic('none'),
          twilio: {
            url: URL_OF_TWILIO,
            auth: {
              kind: 'twilio',
              keys: [
                { id: 'key_1', env: 'SHARED' },
                { id: 'key_2', env: 'KEY', algorithm: 'HMAC_SHA1' },
              ],
            },
            secrets: [{ env: 'KEY' }],
          },
        },
      },
      env: { BASIC: 'user:pass:word', KEY: 'the-key', SHARED: 'the-shared-key' },
    })
  })
  after(async () => {
    await stopServices()
    removeTempFolders()
  })

  const post = (source: string, headers: Record<string, string>, body = BODY) =>
    answer(
      fetch(`${service.ingest}/webhooks/${source}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body,
      }),
    )
  const tenantOf = async (id: string) => (await answer(fetch(`${service.admin}/api/v1/failures/${id}`))).body.tenant
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })

  it('basic: user and password, which may hold a colon', async () => {
    const good = await post('basic', basic('user:pass:word'))
    expect(good.status).to.equal(202)
    expect(await tenantOf(good.body.id)).to.equal('shop')
    expect((await post('basic', basic('user:pass'))).body.code).to.equal('credential_unknown')
    expect((await post('basic', {})).body.code).to.equal('credential_missing')
    expect((await post('basic', { Authorization: 'Bearer user:pass:word' })).body.code).to.equal('credential_missing')
  })

  it('header: a shared secret', async () => {
    expect((await post('header', { 'X-Api-Key': 'the-key' })).status).to.equal(202)
    expect((await post('header', { 'X-Api-Key': 'the-kez' })).body.code).to.equal('credential_unknown')
    expect((await post('header', {})).body).to.include({ status: 401, code: 'credential_missing' })
  })

  it('hmac: each tenant has its own secrets, read again when they change', async () => {
    const sign = (secret: string) => ({
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(BODY).digest('hex')}`,
    })
    for (const [secret, tenant] of [
      ['secret-of-the-cafe', 'cafe'],
      ['secret-of-the-grill', 'grill'],
      ['next-secret-of-the-grill', 'grill'],
    ] as const)
      expect(await tenantOf((await post('hmac', sign(secret))).body.id), secret).to.equal(tenant)
    expect((await post('hmac', sign('another'))).body.code).to.equal('signature_invalid')
    writeFileSync(join(secretsDir, 'cafe'), 'rotated-secret-of-the-cafe')
    await until(
      'the rotated secret',
      async () => (await post('hmac', sign('rotated-secret-of-the-cafe'))).status === 202,
    )
    expect((await post('hmac', sign('secret-of-the-cafe'))).body.code).to.equal('signature_invalid')
  })

  it('hmac: a template with a timestamp', async () => {
    const sign = (seconds: number) => ({
      'X-Time': `${seconds}`,
      'X-Sign': createHmac('sha512', 'the-key').update(`v0:${seconds}:${BODY}`).digest('base64'),
    })
    const now = Math.floor(Date.now() / 1_000)
    expect((await post('stamped', sign(now))).status).to.equal(202)
    expect((await post('stamped', sign(now - 60))).body.code).to.equal('signature_expired')
    expect((await post('stamped', { ...sign(now), 'X-Time': `${now + 1}` })).body.code).to.equal('signature_invalid')
    expect((await post('stamped', { 'X-Time': `${now}` })).body.code).to.equal('signature_missing')
  })

  it('none: anyone', async () => {
    expect((await post('open', {})).status).to.equal(202)
  })

  it('twilio: a shared key counts only with its id and its algorithm', async () => {
    const params = { Sid: 'NO1', Timestamp: '2026-01-01T00:00:00Z', Payload: '{"error_code":"63052"}' }
    const send = (secret: string, algorithm: string, settings?: string) =>
      post(
        'twilio',
        {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Twilio-Signature': getExpectedTwilioSignature(secret, URL_OF_TWILIO, params, algorithm),
          ...(settings !== undefined && { 'X-Twilio-Webhooks-Signature-Settings': settings }),
        },
        `${new URLSearchParams(params)}`,
      )
    expect((await send('the-key', 'HMAC_SHA1')).status).to.equal(202)
    expect((await send('the-shared-key', 'HMAC_SHA256', 'key=key_1,algorithm=HMAC_SHA256')).status).to.equal(202)
    expect((await send('the-key', 'HMAC_SHA1', 'key=key_2,algorithm=HMAC_SHA1')).status).to.equal(202)
    for (const [secret, algorithm, settings] of [
      ['the-shared-key', 'HMAC_SHA1', undefined],
      ['the-shared-key', 'HMAC_SHA1', 'key=key_1,algorithm=HMAC_SHA1'],
      ['the-key', 'HMAC_SHA256', 'key=key_1,algorithm=HMAC_SHA256'],
      ['the-key', 'HMAC_SHA256', 'algorithm=HMAC_SHA256'],
      ['the-shared-key', 'HMAC_SHA256', 'key=key_2,algorithm=HMAC_SHA256'],
      ['the-shared-key', 'HMAC_SHA256', 'key=key_9,algorithm=HMAC_SHA256'],
      ['the-key', 'HMAC_SHA1', ''],
      // A name that comes twice makes the header unusable, whichever of the two is right.
      ['the-shared-key', 'HMAC_SHA256', 'key=key_2,key=key_1,algorithm=HMAC_SHA256'],
      ['the-shared-key', 'HMAC_SHA256', 'key=key_1,key=key_2,algorithm=HMAC_SHA256'],
      ['the-shared-key', 'HMAC_SHA256', 'key=key_1,algorithm=HMAC_SHA1,algorithm=HMAC_SHA256'],
    ] as const)
      expect((await send(secret, algorithm, settings)).body.code, settings).to.equal('signature_invalid')
    const json = '{"a":1}'
    const digest = createHash('sha256').update(json).digest('hex')
    expect((await post(`twilio?bodySHA256=${digest}`, {}, json)).status).to.equal(415)
  })

  it('OPTIONS says whether the headers are there', async () => {
    const check = async (source: string, headers: Record<string, string>) =>
      (await fetch(`${service.ingest}/webhooks/${source}`, { method: 'OPTIONS', headers })).status
    expect(await check('basic', basic('user:pass:word'))).to.equal(204)
    expect(await check('hmac', {})).to.equal(401)
  })
})
