import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { cutCharacters, redact } from '../../src/domain/redact.ts'
import { disguises, plainSecret, shapedSecret } from './secrets.ts'

const NAMES =
  'password passwd pwd secret client_secret clientSecret token access_token accessToken refresh_token id_token api_key apikey apiKey api-key X-Api-Key X-Auth-Token auth_token private_key signature sig session_id sessionid DB_PASSWORD AWS_SECRET_ACCESS_KEY credential passphrase SharedAccessKey AccountKey'.split(
    ' ',
  )

const name = fc.constantFrom(...NAMES)
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

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'password',
          'token',
          'Authorization',
          'Bearer ',
          'Basic ',
          'Cookie',
          ':',
          '=',
          ': ',
          '"',
          "'",
          '\\',
          '\\"',
          ' ',
          '\n',
          '://',
          'http',
          'https://h/',
          'postgres://',
          '@',
          '{id}',
          '{cut}',
          '***',
          ',',
          ';',
          '&',
          '.',
          ')',
          '}',
          'a=',
          'x',
          'q1',
          'A',
          '%41',
          '%',
          '?',
          '#',
          '/',
          '-----BEGIN PRIVATE KEY-----',
          '-----END PRIVATE KEY-----',
          '\0',
          '\ud800',
          'Digest ',
          'eyJh',
          'sk_live_a',
          '_',
          '-',
          '+',
        ),
        shapedSecret,
        fc.webUrl({ withQueryParameters: true }),
      ),
      { maxLength: 14, size: 'max' },
    )
    .map((parts) => parts.join('')),
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
      { numRuns: 10_000 },
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

const HOSTILE = [
  'a',
  'A',
  '0',
  '@',
  ':',
  'a:',
  'a@',
  'a:a@',
  '://',
  'a://',
  'http://',
  'http://a',
  'https://h/%25',
  '%25',
  '%',
  '"',
  '\\"',
  '\\',
  "'",
  'password',
  'password=',
  'password: ',
  'password="',
  'Authorization: ',
  'Authorization: Basic',
  'Bearer ',
  'Cookie:"',
  '-----BEGIN PRIVATE KEY',
  '-----BEGIN ',
  'eyJ',
  'eyJa.',
  'sk_live_',
  'key',
  'x-',
  'x-key',
  '-',
  '_',
  '=',
  '&a=',
  'token=a,',
  '\ud800',
  '{id}',
  '/',
  '. ',
  'aB1',
  ' ',
  '\n',
  'é',
  'session-',
  'private ',
]

function MESSAGES(): string[] {
  return [
    'error:0A000086:SSL routines::certificate verify failed',
    'error:1408F10B:SSL routines:ssl3_get_record:wrong version number',
    'error:0A00010B:SSL routines::wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:355:',
    'SSL certificate problem: unable to get local issuer certificate',
    'SSL_connect: SSL_ERROR_SYSCALL in connection to api.example.com:443',
    'Could not resolve host: api.example.com',
    'Failed to connect to api.example.com port 443 after 134 ms: Connection refused',
    'Operation timed out after 10001 milliseconds with 0 bytes received',
    'The requested URL returned error: 503',
    'cURL error 28: Connection timed out after 5001 milliseconds',
    'cURL error 60: SSL: no alternative certificate subject name matches target host name',
    'Recv failure: Connection reset by peer',
    'HTTP/2 stream 0 was not closed cleanly: PROTOCOL_ERROR (err 1)',
    'Empty reply from server',
    'Maximum (5) redirects followed',
    'dial tcp: lookup api.example.com on 10.96.0.10:53: no such host',
    'dial tcp [2001:db8::1]:443: i/o timeout',
    'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'read tcp 10.0.0.1:52344->10.0.0.2:443: read: connection reset by peer',
    'x509: certificate has expired or is not yet valid: current time 2026-11-24T11:34:53Z is after 2026-11-01T00:00:00Z',
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01"',
    'oauth2: cannot fetch token: 401 Unauthorized',
    'connect ECONNREFUSED 127.0.0.1:8080',
    'getaddrinfo ENOTFOUND api.example.com',
    'getaddrinfo EAI_AGAIN orders.prod.svc.cluster.local',
    'read ECONNRESET',
    'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    "Hostname/IP does not match certificate's altnames: Host: h.example. is not in the cert's altnames: DNS:example.com",
    'TypeError: fetch failed at node:internal/deps/undici/undici:13502:13',
    'UND_ERR_HEADERS_TIMEOUT: Headers Timeout Error',
    'Request failed with status code 422',
    'JsonWebTokenError: invalid token: signature verification failed',
    'Unexpected token < in JSON at position 0',
    'java.net.SocketTimeoutException: Read timed out at java.base/java.net.SocketInputStream.socketRead0(Native Method)',
    'java.net.UnknownHostException: api.example.com: Name or service not known',
    'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException',
    'org.springframework.web.client.HttpServerErrorException$InternalServerError: 500 Internal Server Error: [no body]',
    'org.apache.http.NoHttpResponseException: api.example.com:443 failed to respond',
    'java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)',
    'password authentication failed for user "app"',
    'basic authentication required, bearer token missing',
    'WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="The token expired"',
    'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
    '504 Gateway Time-out nginx/1.25.3',
    '/usr/lib/x86_64-linux-gnu/libssl.so.3: version `OPENSSL_3.0.0` not found',
    'at Object.<anonymous> (/app/node_modules/.pnpm/@koa+router@15.7.0/node_modules/@koa/router/lib/layer.js:95:11)',
    'Error at 2026-11-24T11:34:53.123456+00:00 after 3 attempts, Retry-After: 120, attempt_id=7',
    "requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /hooks (Caused by SSLError)",
    'فشل الاتصال بالخادم: انتهت المهلة',
  ]
}

describe('cutCharacters', () => {
  it('does not cut a character in two', () => {
    expect(cutCharacters('abc😀', 5)).to.equal('abc😀')
    expect(cutCharacters('abc😀d', 5)).to.equal('abc…')
  })
})
