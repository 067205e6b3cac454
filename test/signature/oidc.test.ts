import { expect } from 'chai'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { oidcVerifier } from '../../src/signature/oidc.ts'

const START = Date.parse('2026-12-01T00:00:00Z')
type Answer = 'down' | 'keys' | 'empty'

/** A verifier with a clock and an issuer that a test changes. */
async function stage() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] })
  const state = { now: START, answer: 'keys' as Answer, fetched: 0, faults: [] as string[] }
  const verify = oidcVerifier(
    { issuer: 'https://issuer.example', audience: 'reports', subjects: ['platform'] },
    {
      async fetchKeys() {
        state.fetched++
        if (state.answer === 'down') throw new Error('the network is not up yet')
        return state.answer === 'keys' ? jwks : '{"keys":[]}'
      },
      clock: () => state.now,
      onFault: (detail) => state.faults.push(detail),
    },
  )
  /** What becomes of a token that is issued so many seconds from now. */
  const code = async ({ from = 0, kid = 'one', iat }: { from?: number; kid?: string; iat?: unknown } = {}) => {
    const seconds = Math.floor(state.now / 1_000)
    const claims = { iss: 'https://issuer.example', aud: 'reports', sub: 'platform', iat: iat ?? seconds + from }
    const token = await new SignJWT({ ...claims, exp: seconds + 3_600 } as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(privateKey)
    return verify(token).then(
      () => 'accepted',
      (error) => error.code,
    )
  }
  return { state, code }
}

describe('oidcVerifier()', () => {
  it('fetches the keys again after the clock was set back', async () => {
    const { state, code } = await stage()
    state.answer = 'down'
    expect(await code()).to.equal('keys_unavailable')
    state.answer = 'keys'
    expect(await code()).to.equal('keys_unavailable')
    expect(state.fetched).to.equal(1)
    state.now -= 3_600_000
    expect(await code()).to.equal('accepted')
  })

  it('tries again soon after a failed fetch, then less often, at most once a minute', async () => {
    const { state, code } = await stage()
    state.answer = 'down'
    const at: number[] = []
    for (let second = 0; second < 200; second++) {
      const before = state.fetched
      expect(await code()).to.equal('keys_unavailable')
      if (state.fetched > before) at.push(second)
      state.now += 1_000
    }
    expect(at).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123, 183])
    state.answer = 'keys'
    state.now += 60_000
    expect(await code()).to.equal('accepted')
    expect(state.faults).to.have.length(at.length)
  })

  it('uses the keys that it knows while they cannot be fetched, or come without a key', async () => {
    const { state, code } = await stage()
    expect(await code()).to.equal('accepted')
    expect(await code({ kid: 'new' }), 'asked a moment ago').to.equal('signature_invalid')
    for (const answer of ['down', 'empty'] as const) {
      state.answer = answer
      state.now += 2 * 3_600_000
      expect(await code()).to.equal('accepted')
      state.now += 60_000
      // It could be good: nobody knows as long as the keys cannot be fetched.
      expect(await code({ kid: 'new' }), answer).to.equal('keys_unavailable')
      expect(await code()).to.equal('accepted')
    }
  })

  it('refuses a token of the future', async () => {
    const { code } = await stage()
    for (const from of [-1_800, 0, 60]) expect(await code({ from }), `${from}`).to.equal('accepted')
    for (const from of [61, 3_600, 1e9]) expect(await code({ from }), `${from}`).to.equal('signature_expired')
    for (const iat of ['tomorrow', '99999999999', {}]) expect(await code({ iat }), `${iat}`).not.to.equal('accepted')
  })
})
