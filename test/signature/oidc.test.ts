import { expect } from 'chai'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { oidcVerifier } from '../../src/signature/oidc.ts'

const START = Date.parse('2026-12-01T00:00:00Z')
type Answer = 'down' | 'keys' | 'empty' | 'rotated' | 'nameless' | 'strange'

/** A verifier with a clock and an issuer that a test changes. */
async function stage() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const key = await exportJWK(publicKey)
  const stranger = await exportJWK((await generateKeyPair('ES256')).publicKey)
  const answers = {
    keys: [{ ...key, kid: 'one' }],
    rotated: [{ ...key, kid: 'two' }],
    nameless: [stranger, key],
    strange: [stranger, stranger],
    empty: [],
  }
  const state = { now: START, answer: 'keys' as Answer, fetched: 0, faults: [] as string[] }
  const verify = oidcVerifier(
    { issuer: 'https://issuer.example', audience: 'reports', subjects: ['platform'] },
    {
      async fetchKeys() {
        state.fetched++
        if (state.answer === 'down') throw new Error('the network is not up yet')
        return JSON.stringify({ keys: answers[state.answer] })
      },
      clock: () => state.now,
      onFault: (detail) => state.faults.push(detail),
    },
  )
  /** What becomes of a token that is issued so many seconds from now. */
  const code = async ({
    from = 0,
    iat,
    ...header
  }: {
    from?: number
    kid?: string | undefined
    iat?: unknown
  } = {}) => {
    const kid = 'kid' in header ? header.kid : 'one'
    const seconds = Math.floor(state.now / 1_000)
    const claims = { iss: 'https://issuer.example', aud: 'reports', sub: 'platform', iat: iat ?? seconds + from }
    const token = await new SignJWT({ ...claims, exp: seconds + 3_600 } as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
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

  for (const answer of ['down', 'keys'] as const)
    it(`asks for keys at most every five seconds, however many tokens of unknown keys come (${answer})`, async () => {
      const { state, code } = await stage()
      state.answer = answer
      const at: number[] = []
      for (let second = 0; second < 20; second++) {
        const before = state.fetched
        const codes = await Promise.all([1, 2, 3].map((kid) => code({ kid: `forged ${kid}` })))
        expect(new Set(codes)).to.have.keys(answer === 'down' ? 'keys_unavailable' : 'signature_invalid')
        if (state.fetched > before) at.push(second)
        state.now += 1_000
      }
      expect(at).to.deep.equal([0, 5, 10, 15])
      expect(state.faults).to.have.length(answer === 'down' ? at.length : 0)
    })

  it('accepts a token of a new key five seconds after the last fetch, also while forged ones come', async () => {
    const { state, code } = await stage()
    expect(await code()).to.equal('accepted')
    state.answer = 'rotated'
    expect(await code({ kid: 'two' }), 'the keys are fresh').to.equal('signature_invalid')
    for (let second = 0; second < 5; second++) {
      expect(await code({ kid: 'forged' })).to.equal('signature_invalid')
      state.now += 1_000
    }
    expect(await code({ kid: 'two' })).to.equal('accepted')
    expect(await code({ kid: 'one' }), 'withdrawn').to.equal('signature_invalid')
    expect(state.fetched).to.equal(2)
  })

  it('tries each key that fits where the issuer gives them no ids', async () => {
    const { state, code } = await stage()
    state.answer = 'nameless'
    expect(await code({ kid: undefined })).to.equal('accepted')
    state.answer = 'strange'
    state.now += 2 * 3_600_000
    await code({ kid: undefined })
    expect(await code({ kid: undefined })).to.equal('signature_invalid')
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
