import { createHash } from 'node:crypto'
import { expect } from 'chai'
import twilio from 'twilio'
import { signedUrl, urlForms, verifyTwilio } from '../../src/signature/twilio.ts'

const { getExpectedTwilioSignature, validateRequest } = twilio as unknown as {
  getExpectedTwilioSignature(token: string, url: string, params: object, algorithm?: string): string
  validateRequest(token: string, signature: string, url: string, params: object): boolean
}
const keys = [{ secret: '12345' }, { secret: 'other' }]
const form = (params: Record<string, string | string[]>) =>
  Buffer.from(
    `${new URLSearchParams(Object.entries(params).flatMap(([name, value]) => [value].flat().map((each) => [name, each])))}`,
  )
const PARAMS = {
  CallSid: 'CA1234567890ABCDE',
  From: '+12349013030',
  To: '+18005551212',
  Caller: '+12349013030',
  Digits: '1234',
}

describe('Twilio signatures', () => {
  it('verify the published example', () => {
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
    const request = { url, raw: form(PARAMS), isForm: true }
    const found = verifyTwilio(request, '0/KCTR6DLpKmkAf8muzZqo1nDgQ=', { keys, algorithm: 'sha1' })
    expect(found?.secret).to.equal('12345')
    expect(
      verifyTwilio({ ...request, raw: form({ ...PARAMS, Digits: '5' }) }, '0/KCTR6DLpKmkAf8muzZqo1nDgQ=', {
        keys,
        algorithm: 'sha1',
      }),
    ).to.equal(undefined)
  })

  it('agree with the sender’s library for each form of URL, parameter and algorithm', () => {
    const urls = [
      'https://example.com/a',
      'https://example.com:443/a?b=c',
      'http://example.com/a?b=it%27s&c=d%20e',
      "https://user:pass@example.com:8443/a?b='x'",
      'https://[::1]/a?x=1+2',
    ]
    for (const url of urls)
      for (const params of [{}, PARAMS, { a: ['2', '1', '2'], b: 'ö&=' }])
        for (const [algorithm, name] of [
          ['sha1', 'HMAC_SHA1'],
          ['sha256', 'HMAC_SHA256'],
        ] as const) {
          // It signs any of these spellings.
          for (const spelling of urlForms(url)) {
            const signature = getExpectedTwilioSignature('other', spelling, params, name)
            const found = verifyTwilio({ url, raw: form(params), isForm: true }, signature, { keys, algorithm })
            expect(found?.secret, spelling).to.equal('other')
            if (algorithm === 'sha1') expect(validateRequest('other', signature, url, params), spelling).to.equal(true)
          }
        }
  })

  it('cover a JSON body by bodySHA256 in the query, and by nothing else', () => {
    const raw = Buffer.from('{"a":1}')
    const digest = createHash('sha256').update(raw).digest('hex')
    const url = signedUrl('https://example.com/hook', `/webhooks/x?bodySHA256=${digest}`, false)
    expect(url).to.equal(`https://example.com/hook?bodySHA256=${digest}`)
    const signature = getExpectedTwilioSignature('12345', url, {})
    expect(verifyTwilio({ url, raw, isForm: false }, signature, { keys, algorithm: 'sha1' })?.secret).to.equal('12345')
    const other = Buffer.from('{"a":2}')
    expect(verifyTwilio({ url, raw: other, isForm: false }, signature, { keys, algorithm: 'sha1' })).to.equal(undefined)
    const bare = getExpectedTwilioSignature('12345', 'https://example.com/hook', {})
    const uncovered = { url: 'https://example.com/hook', raw: other, isForm: false }
    expect(verifyTwilio(uncovered, bare, { keys, algorithm: 'sha1' })).to.equal(undefined)
  })
})
