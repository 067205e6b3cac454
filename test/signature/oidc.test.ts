import { expect } from 'chai'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { oidcVerifier } from '../../src/signature/oidc.ts'

describe('oidcVerifier()', () => {
  it('fetches the keys again after the clock was set back', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    let ahead = 3_600_000
    const now = () => Date.now() + ahead
    let fetched = 0
    const verify = oidcVerifier(
      { issuer: 'https://issuer.example', audience: 'reports', subjects: ['platform'] },
      {
        fetchKeys: async () => {
          if (++fetched === 1) throw new Error('the network is not up yet')
          return JSON.stringify({ keys: [await exportJWK(publicKey)] })
        },
        clock: now,
        onFault: () => {},
      },
    )
    const token = () =>
      new SignJWT({ iss: 'https://issuer.example', aud: 'reports', sub: 'platform' })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuedAt(Math.floor(now() / 1_000))
        .setExpirationTime(Math.floor(now() / 1_000) + 600)
        .sign(privateKey)
    const code = async () =>
      verify(await token()).then(
        () => 'accepted',
        (error) => error.code,
      )
    expect(await code()).to.equal('keys_unavailable')
    expect(await code(), 'at most once a minute').to.equal('keys_unavailable')
    expect(fetched).to.equal(1)
    ahead = 0
    expect(await code()).to.equal('accepted')
  })
})
