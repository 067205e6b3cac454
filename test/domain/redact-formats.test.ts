import { expect } from 'chai'
import { redact } from '../../src/domain/text/redact.ts'
import { HARMLESS_TEXTS } from './harmless-texts.ts'
import { lowerCase, SECRET_FORMATS, secretPart, shownPart } from './secret-formats.ts'

/** Letters, digits and signs without an order have no shape, and end a value in an unknown place. */
const UNKNOWABLE: Readonly<Record<string, number>> = { 'Django key': 100 }

const PLACES: Readonly<Record<string, (secret: string) => string>> = {
  'by itself': (secret) => secret,
  'in a sentence': (secret) => `unexpected ${secret} in answer`,
  'behind a weak name': (secret) => `invalid key: ${secret} was refused`,
  'behind a name, before more words': (secret) => `password: ${secret} was refused by the server`,
  'in quotes behind a name': (secret) => `Unknown token: "${secret}"`,
  'in JSON': (secret) => `{"token":"${secret}","auth":"${secret}"}`,
  'in a query': (secret) => `a=1&credentials=${encodeURIComponent(secret)}&b=2`,
}

describe('redact: formats of credentials, and what has none', () => {
  for (const [place, around] of Object.entries(PLACES)) {
    it(`shows none of 100 of each format ${place}`, () => {
      const shown: Record<string, number> = {}
      for (const [name, secret] of Object.entries(SECRET_FORMATS))
        for (let seed = 0; seed < 100; seed++) {
          const text = secret(`${seed}`)
          if (shownPart(secretPart(text), redact(around(text))) >= 8) shown[name] = (shown[name] ?? 0) + 1
        }
      for (const [name, count] of Object.entries(shown)) expect(count, name).to.be.at.most(UNKNOWABLE[name] ?? 0)
    })
  }

  it('shows hardly any of 1,000 random lower-case passwords between a name and more words', () => {
    let shown = 0
    for (let seed = 0; seed < 1_000; seed++) {
      const secret = lowerCase(`${seed}`, 10)
      if (redact(`password: ${secret} was refused`).includes(secret)) shown++
    }
    expect(shown).to.be.at.most(50)
  })

  it('keeps what error messages say of keys, tokens, passwords, secrets, credentials and sessions', () => {
    expect(HARMLESS_TEXTS.length).to.be.at.least(70)
    const changed = HARMLESS_TEXTS.filter((text) => redact(text) !== text)
    expect(changed.length, changed.join('\n')).to.be.at.most(2)
  })
})
