import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { cutCharacters, redact } from '../../src/domain/text/redact.ts'
import { anyText, HOSTILE, MESSAGES, name } from './redact-texts.ts'
import { disguises, plainSecret, shapedSecret } from './secrets.ts'

const around = fc.constantFrom(
  (text: string) => text,
  (text: string) => `delivery failed: ${text} (attempt 3)`,
  (text: string) => `first line\n${text}\nlast line`,
  (text: string) => `{"error": {"detail": 1, ${text}}}`,
)

/** Ways in which a credential is in a text by name. */
const named: fc.Arbitrary<(secret: string, name: string) => string> = fc.constantFrom(
  (secret, key) => `${key}=${secret}`,
  (secret, key) => `${key}: ${secret}`,
  (secret, key) => `${key} = '${secret}'`,
  (secret, key) => `"${key}": "${secret}"`,
  (secret, key) => `"${key}":"${secret}","next":1`,
  (secret, key) => `\\"${key}\\":\\"${secret}\\"`,
  (secret, key) => `{${key}:${secret}}`,
  (secret, key) => `${key}=>${secret}`,
  (secret, key) => `a=b&${key}=${secret}&c=d`,
  (secret, key) => `Server=db;${key}=${secret};Timeout=3`,
  (secret, key) => `POST /x?${key}=${secret} HTTP/1.1`,
  (secret, key) => `https://h.example/x?${key}=${secret}`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `authorization: ${secret}`,
  (secret) => `"Authorization": "Token ${secret}"`,
  (secret) => `> Proxy-Authorization: Digest username="x", response="${secret}"`,
  (secret) => `sent Bearer ${secret}, got 401`,
  (secret) => `Authorization: Basic ${Buffer.from(`user:${secret}`).toString('base64')}`,
  (secret) => `Cookie: a=b; sid=${secret}`,
  (secret) => `Set-Cookie: x=${secret}; Path=/; HttpOnly`,
  (secret) => `postgres://user:${encodeURIComponent(secret)}@db.example:5432/app?sslmode=disable`,
  (secret) => `amqp://user:${secret}@mq.example/vhost`,
  (secret) => `redis://:${secret}@cache.example:6379`,
  (secret) => `cannot reach user:${secret}@db.example`,
  (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
  (secret) => `-----BEGIN PRIVATE KEY-----\\n${secret}\\n`,
)

/** Ways in which a credential is in a text by itself. */
const bare: fc.Arbitrary<(secret: string) => string> = fc.constantFrom(
  (secret) => secret,
  (secret) => `unexpected ${secret} in answer`,
  (secret) => `("${secret}")`,
  (secret) => `<${secret}>`,
  (secret) => `x=${secret};`,
  (secret) => `Post "https://h.example/hooks/${secret.replaceAll('/', '%2F')}": EOF`,
  (secret) => `'https://h.example/${secret.replaceAll('/', '%2F')}' timed out`,
  (secret) => `wss://h.example/a?k=${secret}#${secret}`,
  (secret) => `see https://h.example/a,https://h.example/b?k=${secret}`,
  (secret) => `https://${encodeURIComponent(secret)}@h.example/`,
  (secret) => `mongodb+srv://h.example/${secret.replaceAll('/', '%2F')}?x=${secret}`,
  (secret) => `GET /hooks/${secret.replaceAll('/', '%2F')} 404`,
)

describe('redact', () => {
  it('masks a credential that follows its name', () => {
    fc.assert(
      fc.property(plainSecret, name, named, around, (secret, key, template, place) => {
        const masked = redact(place(template(secret, key)))
        expect(masked).not.to.contain(secret)
        expect(masked).not.to.contain(encodeURIComponent(secret))
        expect(masked).not.to.contain(Buffer.from(`user:${secret}`).toString('base64'))
      }),
      { numRuns: 5_000 },
    )
  })

  // A fixed seed: a random token may read like words, and how many do is measured below.
  it('masks a credential that its shape gives away', () => {
    fc.assert(
      fc.property(shapedSecret, disguises, bare, around, (secret, disguise, template, place) => {
        const hidden = disguise(secret)
        const masked = redact(place(template(hidden)))
        expect(masked).not.to.contain(secret)
        expect(masked).not.to.contain(hidden)
        for (let at = 0; at + 14 <= secret.length; at += 2) expect(masked).not.to.contain(secret.slice(at, at + 14))
      }),
      { seed: 20261124, numRuns: 5_000 },
    )
  })

  it('lets fewer than one in a thousand of evenly random tokens pass', () => {
    let passed = 0
    for (let n = 0; n < 5_000; n++) {
      const bytes = createHash('sha256').update(`${n}`).digest().subarray(0, 24)
      for (const token of [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')])
        if (redact(`got ${token} back`).includes(token)) passed++
    }
    expect(passed).to.be.below(15)
  })

  it('keeps a few characters over and over: nothing can be hidden in them', () => {
    for (const text of ['x'.repeat(9_000), 'ab'.repeat(40), '0123456789'.repeat(1_000), '-'.repeat(80)])
      expect(redact(text)).to.equal(text)
    expect(redact('sk_live_a1'.repeat(8))).to.equal('***')
  })

  it('changes nothing when applied again, and gives well-formed text without NUL', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = redact(text)
        expect(redact(once)).to.equal(once)
        expect(once.isWellFormed()).to.equal(true)
        expect(once).not.to.contain('\0')
      }),
      {
        numRuns: 10_000,
        // Found at random, once in millions of cases: what is cut off the URL stands between a name and what follows it.
        examples: [
          ['https://h/password#: https://h/'],
          ['"https://h/token?a=1": "hunter2"'],
          ['https://h/pwd?a: a1b2c3'],
        ],
      },
    )
  })

  for (const [text, masked] of [
    ['Post "https://u:p@h.example/orders/12345?key=1": EOF', 'Post "https://h.example/orders/{id}": EOF'],
    ['got https://h.example/a. Then', 'got https://h.example/a. Then'],
    ['sent Bearer abc, got 401', 'sent Bearer ***, got 401'],
    ['{"api_key": "a \\" b", "x": 1}', '{"api_key": "***", "x": 1}'],
    ['postgres://app:pa/s#s@db:5432/app failed', 'postgres://***@db:5432/app failed'],
    ['request 0b8f6c1e-58a9-4f5c-9d2e-3f2a9c1d77aa failed', 'request 0b8f6c1e-58a9-4f5c-9d2e-3f2a9c1d77aa failed'],
    ['Cookie: a=b; c=d\r\nHost: h', 'Cookie: ***\r\nHost: h'],
    ['password=a,b;c&next=1', 'password=***&next=1'],
    ['https://h/password#: https://h/', 'https://h/password: ***'],
    ['Post "https://h/12345/token?a=1": EOF', 'Post "https://h/{id}/token": EOF'],
    ['https://h/token: Bearer hunter2', 'https://h/token: Bearer ***'],
    ['https://h/token: swordfish', 'https://h/token: ***'],
    ['https://h/token: EOF from peer', 'https://h/token: EOF from peer'],
    ['request to https://h/x?authorization=b failed, reason: EOF', 'request to https://h/x failed, reason: EOF'],
    ['Post "https://h/x?a=1&authorization=Bearer b": EOF', 'Post "https://h/x": EOF'],
    ["request to 'https://h/x?cookie=b' timed out", "request to 'https://h/x' timed out"],
    ['Authorization: Basic dXNlcjpodW5\r\n 0ZXIyeA==\r\nHost: h', 'Authorization: ***\r\n ***\r\nHost: h'],
    ['token: sk_live_4eC39HqLyjWDarj\ntT1zdp7dc', 'token: ***\n***'],
    ['secret=abcDEF123\\\n456ghiJKL', 'secret=***\\\n***'],
    ['password: hunter2\nhost=db-1 timed out', 'password: ***\nhost=db-1 timed out'],
    ['got AKIAIOSFOD\n  NN7EXAMPLE', 'got ***'],
    ['Xk29fLq8Zw1p\nQm47Tn0bVr5s', '***'],
    ['GET /a%20b%3Fx%3D1 failed', 'GET /a%20b%3Fx%3D1 failed'],
  ] as const) {
    it(`makes ${masked} of ${text}`, () => expect(redact(text)).to.equal(masked))
  }

  for (const text of [
    'password:\n  hunter2',
    'password\t=\thunter2',
    '{"password":{"value":"hunter2"}}',
    '{"passwords": ["hunter2", "abc"]}',
    '"password" : \n "hunter2"',
    '<password>hunter2</password>',
    'password=<hunter2>',
    'password = `hunter2`',
    'password: "two\nhunter2"',
    'user_password[0]=hunter2',
    '--password hunter2',
    'password%3Dhunter2',
    '%22password%22%3A%22hunter2%22',
    'AUTHORIZATION : bearer hunter2',
    'bearer:hunter2',
    'Bearer "hunter2"',
    'X-Hub-Signature-256: sha256=hunter2',
    'jdbc:mysql://h/db?user=a&password=hunter2',
    '//user:hunter2@h/x',
    'https:/user:hunter2@h/',
    'https://h\\?token=hunter2',
    'https://h/token:hunter2',
    'https://h/token/hunter2',
    'https://h/secret%2Fhunter2',
    'https://h/p%2561ssword//hunter2',
    '-----begin private key-----hunter2',
    'cookies: {"a":"hunter2"}',
    'password=***hunter2',
    '"https://h/token?a=1": "hunter2"',
    'https://h/x,token: hunter2',
    'https://h/x\\nAuthorization: hunter2',
    'https://token: hunter2',
    'https://h/token:\n hunter2',
    'https://h/token: hunter2',
    'https://h/token?a=1: hunter2',
    'https://h/cookie: session=hunter2 path',
    'https://h/authorization: Digest response=hunter2',
    'https://h/x?authorization=hunter2 failed',
    'https://h/x?authorization=Bearer hunter2 failed',
    'https://h/x?authorization=Custom hunter2 failed',
    'https://h/x?authorization=Digest username="x", response="hunter2"',
    'https://h/x?cookie=a=b; sid=hunter2',
    'https://h/x?authorization=Custom, hunter2',
    '?authorization=xyz failed hunter2',
    'authorization=xyz failed hunter2',
    'password%253Dhunter2',
    'api%5Fkey%3Dhunter2',
    'pass%77ord=hunter2',
    'secret%20%3D%20hunter2',
    'Bearer%20hunter2',
    'password\\u003dhunter2',
    'user%3Ahunter2%40db.example',
    'https%3A%2F%2Fuser%3Ahunter2%40db.example%2F',
    'user:hunter2@db.example',
    'HTTPS://user:hunter2@db.example/x',
    'POSTGRES://user:hunter2@db.example/x',
    'user:a@hunter2@db.example',
  ]) {
    it(`masks the secret of ${JSON.stringify(text)}`, () => expect(redact(text)).not.to.contain('hunter2'))
  }

  for (const message of MESSAGES()) {
    it(`keeps: ${message.slice(0, 90)}`, () => expect(redact(message)).to.equal(message))
  }

  for (const [text, words] of [
    [
      'Post "https://api.example.com/hooks?sig=abc": dial tcp 10.0.0.7:443: connect: connection refused',
      'dial tcp 10.0.0.7:443: connect: connection refused',
    ],
    [
      'request to https://example.com/orders/778899 failed, reason: connect ETIMEDOUT 93.184.216.34:443',
      'failed, reason: connect ETIMEDOUT 93.184.216.34:443',
    ],
    [
      'I/O error on POST request for "https://h.example/x?token=1": Read timed out',
      'I/O error on POST request for "https://h.example/x": Read timed out',
    ],
  ] as const) {
    it(`keeps the diagnosis beside a URL: ${words}`, () => expect(redact(text)).to.contain(words))
  }

  it('takes linear time on hostile text', () => {
    const cost = (text: string) => {
      const start = process.cpuUsage()
      redact(text)
      return process.cpuUsage(start).user
    }
    for (const unit of HOSTILE) {
      const text = unit.repeat(Math.ceil(65_536 / unit.length))
      redact(text.slice(0, 4_096))
      // Quadratic work over 64 KiB takes minutes of some of these; the bound leaves room for any machine.
      expect(Math.min(cost(text), cost(text)), JSON.stringify(unit)).to.be.below(500_000)
    }
  })
})

describe('cutCharacters', () => {
  it('does not cut a character in two', () => {
    expect(cutCharacters('abc😀', 5)).to.equal('abc😀')
    expect(cutCharacters('abc😀d', 5)).to.equal('abc…')
  })
})
