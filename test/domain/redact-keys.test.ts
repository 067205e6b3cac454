import { createHash } from 'node:crypto'
import { expect } from 'chai'
import data from '../../src/domain/text/redact/key-prefixes.json' with { type: 'json' }
import { redact } from '../../src/domain/text/redact.ts'
import { samples } from '../corpus/corpus.ts'

const HEX = '0123456789abcdef'
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const WORD = `${CAPITALS}abcdefghijklmnopqrstuvwxyz`

/** The same characters for the same seed, evenly spread. */
function characters(alphabet: string, length: number, seed: string): string {
  let text = ''
  for (let round = 0; text.length < length; round++)
    for (const byte of createHash('sha256').update(`${seed} ${round}`).digest())
      text += alphabet[byte % alphabet.length]
  return text.slice(0, length)
}

const groups = (alphabet: string, count: number, length: number, seed: string): string =>
  Array.from({ length: count }, (_, index) => characters(alphabet, length, `${seed} ${index}`)).join('-')

/** How many of 1,000 secrets are shown whole, and how many with eight characters in a row or more. */
function shown(secret: (seed: string) => string): { whole: number; part: number } {
  let whole = 0
  let part = 0
  for (let seed = 0; seed < 1_000; seed++) {
    const text = secret(`${seed}`)
    const masked = redact(`the key ${text} was refused`)
    if (masked.includes(text)) whole++
    else if (Array.from(text, (_, at) => text.slice(at, at + 8)).some((it) => it.length === 8 && masked.includes(it)))
      part++
  }
  return { whole, part }
}

describe('redact: keys in prose', () => {
  for (const { prefix, least, of } of data.groups.flatMap(({ prefixes, ...demands }) =>
    prefixes.split(' ').map((prefix) => ({ prefix, ...demands })),
  )) {
    it(`masks what begins with ${prefix}`, () => {
      const rest = `${of === 'hex' ? HEX : of === 'token' ? `${WORD}_` : WORD}`
      for (const around of [(it: string) => it, (it: string) => `error: ${it}.`, (it: string) => `k="${it}",`]) {
        // A digit early, as `mixed` asks for.
        const key = `${prefix}5${characters(rest, Math.max(least, 12), prefix)}`
        expect(redact(around(key))).not.to.contain(key.slice(0, prefix.length + 6))
      }
    })
  }

  it('masks the ids of Plaid and the test keys of Flutterwave', () => {
    for (const key of [
      'access-sandbox-c1e389af-3426-492e-8726-4c0910f3f359',
      'access-production-89c1640b-b954-4cc0-87b9-79ed3735c6b4',
      'FLWSECK_TEST-830bd83cbhhd',
      'FLWSECK_TEST-4abafb645eab0d1c2e3f4a5b6c7d8e9f-X',
    ])
      expect(redact(`invalid key ${key}: denied`)).to.equal('invalid key ***: denied')
  })

  for (const [name, secret, most] of [
    ['five groups of five', (seed: string) => groups(CAPITALS, 5, 5, seed), 2],
    ['four groups of five', (seed: string) => groups(CAPITALS, 4, 5, seed), 5],
    ['four groups of four', (seed: string) => groups(CAPITALS, 4, 4, seed), 10],
    ['three groups of five', (seed: string) => groups(CAPITALS, 3, 5, seed), 10],
    ['a word and four groups', (seed: string) => `LICENSE-${groups(CAPITALS, 4, 5, seed)}`, 5],
    ['four lower-case groups', (seed: string) => groups(WORD.toLowerCase(), 4, 4, seed), 10],
  ] as const) {
    it(`masks keys of ${name}`, () => {
      const { whole, part } = shown(secret)
      expect(whole + part).to.be.at.most(most)
    })
  }

  for (const length of [24, 32, 40, 64]) {
    it(`masks tokens of ${length} characters that contain =`, () => {
      const inside = (seed: string) => {
        const text = characters(`${WORD}_-`, length, seed)
        const at = 1 + (Number(seed) % (length - 2))
        return `${text.slice(0, at)}=${text.slice(at + 1)}`
      }
      const { whole, part } = shown(inside)
      expect(whole).to.be.at.most(10)
      expect(part).to.be.at.most(40)
    })
  }

  it('keeps the name before =', () => {
    const token = characters(WORD, 32, 'name')
    expect(redact(`request_id=${token}`)).to.equal('request_id=***')
    expect(redact(`a=1 b2=two x=${token}=`)).to.equal('a=1 b2=two x=***')
  })

  for (const text of [
    'access-production-database refused the connection',
    'api-gateway-service-production is not reachable',
    'npm_config_registry is not set',
    'see GHSA-vx57-7f4q-fpc7 and CVE-2026-56852',
    'UserInfo={_kCFStreamErrorCodeKey=-4, _kCFStreamErrorDomainKey=4}',
    'node-pool-prod-0001 was evicted',
    'retry=3&timeout=30s&attempt_id=7&version=1.2.3',
    'read-only file system, long-term plan, end-to-end test-suite-name',
    'key-value store s.example.test is down, live_reload=true, test_mode=1',
  ]) {
    it(`keeps: ${text}`, () => expect(redact(text)).to.equal(text))
  }

  it('masks no more of the real error messages than it did before keys in prose were looked for', () => {
    const messages = [...samples('looks'), ...samples('tuned')].map(({ message }) => message)
    const masked = messages.filter((message) => redact(message).split('***').length > message.split('***').length)
    console.log(`      ${masked.length} of ${messages.length} messages have something masked`)
    expect(masked.length).to.be.at.most(BEFORE)
  })

  for (const [text, masked] of [
    ['the password is GkHKCN907', 'the password is ***'],
    ['login with password AnS63zuXRCWE failed', 'login with password *** failed'],
    ['passphrase "Wj7BY1Vrz".', 'passphrase "***".'],
    ['invalid token abc123def456: denied', 'invalid token ***: denied'],
    ['basic auth shop:swordfish was refused', 'basic auth shop:*** was refused'],
    ['tried Basic credentials `app:r54Rn67e`', 'tried Basic credentials `app:***`'],
    ['curl -u admin:g4jwyQ8 https://x.example/', 'curl -u admin:*** https://x.example/'],
    ['invalid key rzp_live_vgywdaKKxxttpr', 'invalid key ***'],
    ['exec: mysql -h db -u root -pswordfish shop: exit 1', 'exec: mysql -h db -u root -p*** shop: exit 1'],
    ['mysqldump --host=db -p"swordfish" failed', 'mysqldump --host=db -p"***" failed'],
    ['sshpass -p swordfish ssh shop', 'sshpass -p *** ssh shop'],
  ] as const)
    it(`masks what a sentence names: ${text}`, () => {
      expect(redact(text)).to.equal(masked)
      expect(redact(masked)).to.equal(masked)
    })

  for (const text of [
    'Unexpected token o in JSON at position 12345',
    'unexpected token "endpoint" at line 3',
    'token expired at 2024-01-01T00:00:00Z',
    'secret "shop/db-credentials" not found',
    'password sha256 mismatch for credentials oauth2-proxy',
    'token io.jsonwebtoken.ExpiredJwtException',
    'basic auth failed: timeout, basic auth error:timeout',
    'mysql -P 3306 refused; mysql --port 3306 -p refused',
    'token at 10.0.0.1:8080 refused, token 1700000000 is too old',
  ])
    it(`keeps what is no credential: ${text}`, () => expect(redact(text)).to.equal(text))
})

/** Of the corpus, counted with the commit before. */
const BEFORE = 31
