import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { until } from '../../support/temp.ts'
import { SAMPLES } from './samples.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://errors.example/webhooks/pubsub'
const EMAIL = 'push@project.iam.gserviceaccount.com'

describe('ID tokens (OpenID Connect)', () => {
  let service: Service
  let keys: Server
  let origin: string
  let fetched = 0
  let jwks: string
  let privateKey: CryptoKey
  let stranger: CryptoKey

  before(async () => {
    const pair = await generateKeyPair('RS256')
    privateKey = pair.privateKey
    stranger = (await generateKeyPair('RS256')).privateKey
    jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] })
    keys = createServer((request, response) => {
      fetched++
      if (request.url === '/huge') response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(70_000) }))
      else if (request.url === '/down') response.destroy()
      else if (request.url === '/slow') setTimeout(() => response.end(jwks), 1_500)
      else response.end(jwks)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => keys.once('listening', resolve))
    const { port } = keys.address() as AddressInfo
    origin = `http://127.0.0.1:${port}`
    const auth = { kind: 'oidc', issuer: ISSUER, audience: AUDIENCE, jwksUrl: `${origin}/jwks`, emails: [EMAIL] }
    const other = (jwksUrl: string) => ({ kind: 'pubsub', auth: { ...auth, jwksUrl } })
    service = await startService({
      config: {
        sources: {
          pubsub: { auth },
          subject: {
            kind: 'knative',
            auth: { ...auth, emails: undefined, subjects: ['system:serviceaccount:shop:orders'] },
          },
          huge: other(`${origin}/huge`),
          down: other(`${origin}/down`),
          slow: other(`${origin}/slow`),
          inward: other('http://169.254.169.254/jwks'),
        },
        outbound: { allow: [`127.0.0.1:${port}`] },
      },
    })
  })
  after(async () => {
    await stopServices()
    keys.close()
  })

  const claims = (more: JWTPayload = {}): JWTPayload => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: '1234567890',
    email: EMAIL,
    email_verified: true,
    iat: Math.floor(Date.now() / 1_000),
    exp: Math.floor(Date.now() / 1_000) + 600,
    ...more,
  })
  const token = (
    payload: JWTPayload,
    key = privateKey,
    header: { alg: string; kid?: string } = { alg: 'RS256', kid: 'one' },
  ) => new SignJWT(payload).setProtectedHeader(header).sign(key)
  const post = (source: string, bearer?: string) => {
    const { body } = SAMPLES.find(({ sender }) => sender === 'pubsub')!
    return answer(
      fetch(`${service.ingest}/webhooks/${source}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify(body),
      }),
    )
  }

  it('of a listed account are accepted, and the keys are fetched once', async () => {
    for (let index = 0; index < 3; index++) expect((await post('pubsub', await token(claims()))).status).to.equal(202)
    expect(fetched).to.equal(1)
  })

  it('of anyone else are refused with the reason', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`
    const symmetric = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(Buffer.from(jwks))
    const { exp: _, ...withoutExpiry } = claims()
    const cases: readonly (readonly [string, string | undefined, string])[] = [
      ['none', undefined, 'credential_missing'],
      ['of another issuer', await token(claims({ iss: 'https://evil.example' })), 'credential_unknown'],
      ['for another audience', await token(claims({ aud: 'https://other.example' })), 'credential_unknown'],
      ['of another account', await token(claims({ email: 'someone@gmail.com' })), 'credential_unknown'],
      ['with an e-mail that is not verified', await token(claims({ email_verified: false })), 'credential_unknown'],
      ['with email_verified as a text', await token(claims({ email_verified: 'true' })), 'credential_unknown'],
      ['expired', await token(claims({ exp: now - 120 })), 'signature_expired'],
      ['without expiry', await token(withoutExpiry), 'credential_unknown'],
      ['of another key', await token(claims(), stranger), 'signature_invalid'],
      ['of an unknown key', await token(claims(), stranger, { alg: 'RS256', kid: 'two' }), 'signature_invalid'],
      ['not signed', unsigned, 'signature_invalid'],
      ['signed with the public key as a secret', symmetric, 'signature_invalid'],
      ['no token', 'x.y.z', 'signature_invalid'],
    ]
    for (const [name, bearer, code] of cases) {
      const { status, body } = await post('pubsub', bearer)
      expect([status, body.code], name).to.deep.equal([401, code])
    }
  })

  it('are accepted by subject', async () => {
    const of = async (sub: string) => {
      const headers = { 'ce-specversion': '1.0', 'ce-id': sub, 'ce-source': '/a', 'ce-type': 'b' }
      const authorization = `Bearer ${await token(claims({ sub, email: undefined }))}`
      const response = await fetch(`${service.ingest}/webhooks/subject`, {
        method: 'POST',
        headers: { ...headers, authorization },
      })
      return response.status
    }
    expect(await of('system:serviceaccount:shop:orders')).to.equal(202)
    expect(await of('system:serviceaccount:shop:other')).to.equal(401)
  })

  it('are answered 503 while the keys are slow to come, and accepted once they are there', async () => {
    const before = fetched
    const first = await post('slow', await token(claims()))
    expect([first.status, first.body.code]).to.deep.equal([503, 'keys_unavailable'])
    await until('the keys', async () => (await post('slow', await token(claims()))).status === 202)
    expect(fetched - before).to.equal(1)
  })

  it('are answered 503 while the keys cannot be had: down, huge, or pointing inward', async () => {
    for (const [source, why] of [
      ['down', /cannot fetch the keys/],
      ['huge', /larger than 65536 bytes/],
      ['inward', /169\.254\.169\.254 is link-local|not permitted/],
    ] as const) {
      const { status, body, headers } = await post(source, await token(claims()))
      expect([status, body.code], source).to.deep.equal([503, 'keys_unavailable'])
      expect(headers.get('retry-after'), source).to.equal('5')
      const line = await until(`the log line of ${source}`, () =>
        service.log().find((each) => each['source'] === source && /cannot fetch/.test(String(each['msg']))),
      )
      expect(line['msg'], source).to.match(why)
      expect(
        sum(await scrape(service.admin), 'webhook_exporter_reports_total', `"${source}"`, '"keys_unavailable"'),
      ).to.equal(1)
    }
  })
})
