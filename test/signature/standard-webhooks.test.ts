import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { parseStandardWebhookKey, type StandardWebhookKey } from '../../src/signature/standard-webhook-keys.ts'
import {
  signStandardWebhook,
  standardWebhookHeaders,
  verifyStandardWebhook,
} from '../../src/signature/standard-webhooks.ts'

const SECRET = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const OTHER = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const keyOf = (text: string): StandardWebhookKey => {
  const key = parseStandardWebhookKey(text)
  if (typeof key === 'string') throw new Error(key)
  return key
}
const keys = (...texts: string[]) => texts.map((text) => ({ text, key: keyOf(text) }))
const NOW = 1_731_705_121_000
const code = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}
const verify = (raw: string | Uint8Array, headers: Record<string, string>, texts: string[], now = NOW) =>
  verifyStandardWebhook(Buffer.from(raw), standardWebhookHeaders(headers, { now }), keys(...texts))?.text

describe('Standard Webhooks signatures', () => {
  it('sign and verify the published example', () => {
    const body = '{"event_type":"ping","data":{"success":true}}'
    const headers = signStandardWebhook({ id: 'msg_loFOjxBNrRLzqYUf', timestamp: NOW / 1_000, body }, [keyOf(SECRET)])
    expect(headers['webhook-signature']).to.equal('v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=')
    expect(verify(body, headers, [SECRET])).to.equal(SECRET)
  })

  it('agree with the reference library and that of its first implementation, both ways', () => {
    const now = new Date()
    const seconds = Math.floor(now.getTime() / 1_000)
    const body = '{"type":"ö","data":{}}'
    for (const [Library, prefix] of [
      [Webhook, 'webhook'],
      [SvixWebhook, 'svix'],
    ] as const) {
      const signature = new Library(OTHER).sign('msg_1', now, body)
      const headers = {
        [`${prefix}-id`]: 'msg_1',
        [`${prefix}-timestamp`]: `${seconds}`,
        [`${prefix}-signature`]: signature,
      }
      expect(verify(body, headers, [SECRET, OTHER], now.getTime()), prefix).to.equal(OTHER)
      const ours = signStandardWebhook(
        { id: 'msg_2', timestamp: seconds, body },
        keys(SECRET, OTHER).map(({ key }) => key),
      )
      expect(() => new Library(OTHER).verify(body, ours)).not.to.throw()
      expect(() => new Library(OTHER).verify(`${body} `, ours)).to.throw()
    }
  })

  it('verify Ed25519 (v1a) with a public key, among others', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const x = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
    const d = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
    const whpk = `whpk_${x.toString('base64')}`
    for (const seed of [d, Buffer.concat([d, x])]) {
      const signer = keyOf(`whsk_${seed.toString('base64')}`)
      const headers = signStandardWebhook({ id: 'a', timestamp: NOW / 1_000, body: 'x' }, [signer])
      expect(verify('x', headers, [SECRET, whpk])).to.equal(whpk)
      expect(verify('y', headers, [SECRET, whpk])).to.equal(undefined)
    }
  })

  it('accept any one of several signatures and secrets, and skip unknown versions', () => {
    const message = { id: 'a', timestamp: NOW / 1_000, body: 'x' }
    const { 'webhook-signature': good } = signStandardWebhook(message, [keyOf(SECRET)])
    const { 'webhook-signature': bad } = signStandardWebhook({ ...message, body: 'y' }, [keyOf(SECRET)])
    const with_ = (signature: string) => ({
      'webhook-id': 'a',
      'webhook-timestamp': `${NOW / 1_000}`,
      'webhook-signature': signature,
    })
    expect(verify('x', with_(`v2,AAAA ${bad} ${good}`), [OTHER, SECRET])).to.equal(SECRET)
    for (const signature of [
      bad,
      'v1,',
      'v1',
      '',
      good.slice(0, -4),
      good.replace('v1,', 'v1a,'),
      `${good}==`,
      `${good}x`,
    ])
      expect(signature === '' ? undefined : verify('x', with_(signature), [OTHER, SECRET]), signature).to.equal(
        undefined,
      )
  })

  it('are over raw bytes: invalid UTF-8 is not another body', () => {
    const headers = signStandardWebhook({ id: 'a', timestamp: NOW / 1_000, body: Buffer.from([0xff]) }, [keyOf(SECRET)])
    expect(verify(Buffer.from([0xff]), headers, [SECRET])).to.equal(SECRET)
    expect(verify(Buffer.from([0xfe]), headers, [SECRET])).to.equal(undefined)
  })

  it('are accepted up to five minutes from the clock, both ways', () => {
    const headers = signStandardWebhook({ id: 'a', timestamp: NOW / 1_000, body: 'x' }, [keyOf(SECRET)])
    for (const offset of [-300, -1, 0, 300])
      expect(verify('x', headers, [SECRET], NOW + offset * 1_000)).to.equal(SECRET)
    for (const offset of [-301, 301])
      expect(code(() => verify('x', headers, [SECRET], NOW + offset * 1_000))).to.equal('signature_expired')
    for (const timestamp of ['', '1.7e9', '-1', '0x1', ' 1731705121', '99999999999999'])
      expect(code(() => verify('x', { ...headers, 'webhook-timestamp': timestamp }, [SECRET]))).to.equal(
        'signature_invalid',
      )
  })

  it('need all three headers, in one spelling, and none of the other', () => {
    const headers = signStandardWebhook({ id: 'a', timestamp: NOW / 1_000, body: 'x' }, [keyOf(SECRET)])
    for (const name of Object.keys(headers)) {
      const { [name]: _, ...others } = headers as Record<string, string>
      expect(
        code(() => verify('x', others, [SECRET])),
        name,
      ).to.equal('signature_missing')
      const mixed = { ...others, [name.replace('webhook', 'svix')]: (headers as Record<string, string>)[name]! }
      expect(
        code(() => verify('x', mixed, [SECRET])),
        name,
      ).to.equal('signature_invalid')
      const both = { ...headers, [name.replace('webhook', 'svix')]: (headers as Record<string, string>)[name]! }
      expect(() => verify('x', both, [SECRET]), name).to.throw('headers of both webhook-… and svix-…')
    }
  })

  it('say what is wrong with a key without quoting it', () => {
    for (const text of ['whsec_', 'whsec_!!!!', `whsec_${'YWFh'.repeat(100)}`, 'whpk_YWFh', 'whsk_YWFh', 'not base64'])
      expect(parseStandardWebhookKey(text), text).to.be.a('string').that.does.not.include('YW')
  })

  it('are not made for an id with a dot, or without a key that can sign', () => {
    expect(() => signStandardWebhook({ id: 'a.b', timestamp: 1, body: '' }, [keyOf(SECRET)])).to.throw(RangeError)
    expect(() => signStandardWebhook({ id: 'a', timestamp: 1, body: '' }, [])).to.throw(RangeError)
  })
})
