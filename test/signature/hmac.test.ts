import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { type HmacScheme, hmacHeaders, signedAround, signedFault, verifyHmac } from '../../src/signature/hmac.ts'

const NOW = 1_700_000_000_000
const BODY = Buffer.from('{"a":"{id}{timestamp}"}')
const scheme = (more: Partial<HmacScheme>): HmacScheme => ({
  header: 'X-Signature',
  prefix: '',
  algorithm: 'sha256',
  encoding: 'hex',
  signed: 'body',
  ...more,
})
const verify = (headers: Record<string, string>, given: HmacScheme, secrets = ['old', 'new']) =>
  verifyHmac(BODY, hmacHeaders(headers, given, NOW), { scheme: given, keys: secrets.map((secret) => ({ secret })) })
    ?.secret
const code = (run: () => unknown) => {
  try {
    return run()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a parameterised HMAC', () => {
  it('covers every algorithm and encoding, with a prefix', () => {
    for (const algorithm of ['sha1', 'sha256', 'sha512'] as const)
      for (const encoding of ['hex', 'base64'] as const)
        for (const prefix of ['', 'sha=', 'v0=']) {
          const signature = createHmac(algorithm, 'new').update(BODY).digest(encoding)
          const given = scheme({ algorithm, encoding, prefix })
          expect(verify({ 'x-signature': `${prefix}${signature}` }, given)).to.equal('new')
          expect(verify({ 'x-signature': `${prefix}${signature}` }, given, ['old'])).to.equal(undefined)
          if (prefix) expect(code(() => verify({ 'x-signature': signature }, given))).to.equal('signature_invalid')
        }
  })

  it('signs a template of id, timestamp and body, whose values are never read as templates', () => {
    const given = scheme({ signed: 'v0:{id}:{timestamp}:{body}', timestampHeader: 'X-Time', idHeader: 'X-Id' })
    const signature = createHmac('sha256', 'old').update(`v0:{body}:1700000000:${BODY}`).digest('hex')
    const headers = { 'x-signature': signature, 'x-time': '1700000000', 'x-id': '{body}' }
    expect(verify(headers, given)).to.equal('old')
    expect(code(() => verify({ ...headers, 'x-time': '1699999699' }, given))).to.equal('signature_expired')
    expect(code(() => verify({ ...headers, 'x-time': '1700000301' }, given))).to.equal('signature_expired')
    expect(verify({ ...headers, 'x-time': '1700000001' }, given)).to.equal(undefined)
    for (const name of Object.keys(headers))
      expect(
        code(() => verify({ ...headers, [name]: '' }, given)),
        name,
      ).to.equal('signature_missing')
  })

  it('reads the list form, t=…,v1=…', () => {
    const given = scheme({ signed: '{timestamp},{body}', prefix: 'v1=' })
    const signature = createHmac('sha256', 'new').update(`1700000000,${BODY}`).digest('hex')
    expect(verify({ 'x-signature': `t=1700000000,v1=00,v1=${signature}` }, given)).to.equal('new')
    expect(code(() => verify({ 'x-signature': `v1=${signature}` }, given))).to.equal('signature_missing')
  })

  it('refuses an id with which the same signed text could be another id, time or body', () => {
    const of = (signed: string, id: string, at = '1700000000') => {
      const [before, after] = signed.replaceAll('{id}', id).replaceAll('{timestamp}', at).split('{body}')
      const signature = createHmac('sha256', 'new').update(`${before}${BODY}${after}`).digest('hex')
      const headers = { 'x-signature': signature, 'x-time': at, 'x-id': id }
      return code(() => verify(headers, scheme({ signed, timestampHeader: 'X-Time', idHeader: 'X-Id' })))
    }
    for (const [signed, good, bad] of [
      [
        '{id}.{timestamp}.{body}',
        ['a', 'order.12', 'a.17', '1700000000', 'a.b.c.', 'a.17000000001'],
        ['a.1700000000', 'a.1700000001.b'],
      ],
      ['{id}{timestamp}.{body}', ['a', 'm10', 'm170000', 'm1700000000', 'm.1'], ['m1700000000.', 'm1700000009.x']],
      ['{id}:{timestamp}{body}', ['a', 'a:17', 'a1700000000'], ['a:1700000001', 'a:1700000001x']],
      ['v0:{timestamp}:{id}:{body}', ['a', 'a.b'], ['a:', 'a:b', ':']],
      ['{id}..{body}', ['a', '.a'], ['a.', 'a..b']],
      ['{body}..{id}', ['a', 'a.'], ['.a', 'b..a']],
      ['{body}.{id}.{timestamp}', ['a', '1700000001'], ['a.b', 'a.1700000001']],
      ['{body}.{id}{timestamp}', ['a', '1700000001', 'a1700000001'], ['a.b']],
    ] as const) {
      for (const id of good) expect(of(signed, id), `${signed} ${id}`).to.equal('new')
      for (const id of bad) expect(of(signed, id), `${signed} ${id}`).to.equal('signature_invalid')
    }
  })

  it('accepts no two different requests of the same signed text', () => {
    const words = ['a', '1', '.', '1700000001']
    const longer = (texts: readonly string[]) => [
      ...words,
      ...texts.flatMap((text) => words.map((word) => text + word)),
    ]
    const bodies = longer(longer(words))
    const ids = longer(bodies)
    for (const signed of [
      '{id}.{timestamp}.{body}',
      '{id}{timestamp}.{body}',
      '{id}.{timestamp}{body}',
      '{id}..{timestamp}.{body}',
      '{timestamp}.{id}.{body}',
      '{timestamp}{id}..{body}',
      '{timestamp}{body}',
      '{id}..{body}',
      '{body}.{id}.{timestamp}',
      '{body}..{id}{timestamp}',
    ]) {
      const given = scheme({ signed, timestampHeader: 'X-Time', idHeader: 'X-Id' })
      const seen = new Map<string, string>()
      for (const id of signed.includes('{id}') ? ids : ['a'])
        for (const timestamp of signed.includes('{timestamp}') ? ['1700000000', '1700000001'] : ['']) {
          const headers = { 'x-signature': '00', 'x-time': timestamp, 'x-id': id }
          if (typeof code(() => hmacHeaders(headers, given, NOW)) === 'string') continue
          const [before, after] = signedAround(given, { id, timestamp })
          for (const body of bodies) {
            const text = before + body + after
            const request = `${id} ${timestamp} ${body}`
            const known = seen.get(text) ?? request
            if (known !== request) expect.fail(`${signed}: ${known} or ${request}`)
            seen.set(text, request)
          }
        }
      expect(seen.size, signed).to.be.above(100)
    }
  })

  it('knows a faulty template', () => {
    expect(['body', '{body}', '{id}.{timestamp}.{body}'].map(signedFault)).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
    for (const text of [
      '{timestamp}',
      '{body}{body}',
      '{body}{x}',
      '{body',
      'BODY',
      '{id}{body}',
      '{body}{id}',
      '{id}{timestamp}{body}',
      '{body}.{timestamp}.{id}',
    ])
      expect(signedFault(text), text).to.be.a('string')
  })
})
