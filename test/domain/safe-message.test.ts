import { expect } from 'chai'
import fc from 'fast-check'
import { redact } from '../../src/domain/text/redact.ts'
import { cutMessage, safeMessage } from '../../src/domain/text/safe-message.ts'
import { shapedSecret } from './secrets.ts'

/** Ways in which a secret is in a long message, with or without white space around it. */
const PLACES: Readonly<Record<string, (secret: string) => string>> = {
  'a quoted value': (secret) => `{"password": "two words and ${secret}", "next": 1}`,
  'a value of several lines': (secret) => `password: "first line\nand ${secret}\nlast line" `,
  'an escaped value': (secret) => `\\"client_secret\\":\\"one ${secret}\\",`,
  'a value of one quote': (secret) => `token='it is ${secret}',`,
  'a value without quotes': (secret) => `api_key=${secret}&`,
  'a header': (secret) => `\r\nAuthorization: Bearer ${secret}\r\n`,
  cookies: (secret) => `\r\nCookie: a=b; sid=${secret}; c=d\r\n`,
  "a URL's password": (secret) => `https://user:${secret}@shop.example/`,
  "a URL's query": (secret) => `https://shop.example/hook?a=1&k=${secret}"`,
  'a database URL': (secret) => `postgres://user:${secret}@db.example/app"`,
  userinfo: (secret) => ` user:${secret}@db.example `,
  'a private key': (secret) => `-----BEGIN PRIVATE KEY-----\nMIIB\n${secret}\n-----END PRIVATE KEY-----`,
}
/** One that its shape gives away, and one that only the place does. */
const SECRETS = ['q7Rw2xK9pLm4Tz8Vb3Nc', 'purplemonkey9']
/** It becomes `***`, so what is shown ends where the message was cut and not before. */
const MASKED = `password="${'not shown '.repeat(200)}" `
/** What surrounds it: prose, a body without white space, one long run. */
const FILLINGS = ['words of prose, ', '{"a":[1,2],"b":"c"},', '日本語の文章。', 'a,b;c.', 'xy']

describe('safeMessage', () => {
  for (const [name, place] of Object.entries(PLACES)) {
    it(`never shows a part of a secret that the cut goes through: ${name}`, () => {
      for (const secret of SECRETS) {
        const text = place(secret)
        for (const filling of FILLINGS) {
          const before = MASKED + filling.repeat(10_000)
          // Every place of the cut: before, within and behind the secret.
          for (let start = 9_216 - text.length - 8; start <= 9_216 + 8; start++) {
            const shown = safeMessage(before.slice(0, start) + text + before.slice(0, 60_000))
            for (let at = 0; at + 4 <= secret.length; at++)
              expect(shown, `${filling} ${start}`).not.to.contain(secret.slice(at, at + 4))
          }
        }
      }
    })
  }

  it('never shows a part of a token that the cut goes through', () => {
    fc.assert(
      fc.property(shapedSecret, fc.constantFrom(' ', '"', ',', '日'), fc.nat(), (secret, around, offset) => {
        const start = 9_216 - (offset % (secret.length + 2))
        const shown = safeMessage(MASKED + around.repeat(start - MASKED.length) + secret + around.repeat(60_000))
        for (let at = 0; at + 8 <= secret.length; at++) expect(shown).not.to.contain(secret.slice(at, at + 8))
      }),
      { seed: 20261124, numRuns: 500 },
    )
  })

  it('shows of a long message what it shows of a short one, up to where it is cut', () => {
    const line = 'POST https://u:p@shop.example/orders/12345?key=1 failed: token=abc, attempt 3 of 3\n'
    const whole = redact(line.repeat(800))
    const shown = safeMessage(line.repeat(800)).replace(/ \[…cut, \d+ bytes\]$/u, '')
    expect(whole.startsWith(shown)).to.equal(true)
    expect(shown.length).to.be.above(5_000)
  })

  it('keeps up to 8 KiB and says how long the message was', () => {
    for (const filling of ['x', 'words ', '{"a":1},', '日本語', '😀']) {
      const message = filling.repeat(Math.ceil(65_000 / filling.length))
      const shown = safeMessage(message)
      expect(Buffer.byteLength(shown)).to.be.within(8_100, 8_192)
      expect(shown.endsWith(` […cut, ${Buffer.byteLength(message)} bytes]`), filling).to.equal(true)
      expect(shown.isWellFormed()).to.equal(true)
      expect(shown).not.to.contain('\ufffd')
    }
    expect(safeMessage('short')).to.equal('short')
  })

  it('is no more work for 64 KiB than for 10 KiB', () => {
    const cost = (text: string) => {
      const start = process.cpuUsage()
      for (let round = 0; round < 10; round++) safeMessage(text)
      return process.cpuUsage(start).user
    }
    const line = 'POST https://shop.example/orders/12345?key=1 failed: token=abc, attempt 3 of 3. '
    const [short, long] = [10_240, 65_536].map((length) => line.repeat(900).slice(0, length))
    cost(short!)
    // All of it would be more than six times the work.
    expect(Math.min(cost(long!), cost(long!), cost(long!))).to.be.below(3 * Math.max(cost(short!), cost(short!)))
  })
})

describe('cutMessage', () => {
  it('keeps what fits, and else stays within the limit and tells the length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 64, max: 500 }), (text, limit) => {
        const cut = cutMessage(text, limit)
        const bytes = Buffer.byteLength(text)
        if (bytes <= limit) {
          expect(cut).to.equal(text)
          return
        }
        expect(Buffer.byteLength(cut)).to.be.within(limit - 3, limit)
        const mark = ` […cut, ${bytes} bytes]`
        expect(cut.endsWith(mark)).to.equal(true)
        expect(text.startsWith(cut.slice(0, -mark.length))).to.equal(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('limits to 8 KiB unless told', () => {
    expect(cutMessage('a'.repeat(8_192))).to.have.length(8_192)
    expect(cutMessage('é'.repeat(8_192))).to.match(/é \[…cut, 16384 bytes\]$/u)
    expect(Buffer.byteLength(cutMessage('é'.repeat(8_192)))).to.be.within(8_190, 8_192)
  })
})
