import { expect } from 'chai'
import type { Cause } from '../../../src/domain/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'

type Case = readonly [code: number, message: string, cause: Cause]

/** Each sentence of the boundaries, and what stands just on either side of it. */
const BOUNDARIES: Readonly<Record<string, readonly Case[]>> = {
  'anything in or about the handshake or certificate is tls': [
    [35, 'OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to shop.example:443', 'tls'],
    [0, 'certificate has expired', 'tls'],
    [0, 'x509: certificate is valid for a.example, not b.example', 'tls'],
    [0, 'remote error: tls: handshake failure', 'tls'],
    [56, 'OpenSSL SSL_read: error:14094415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired', 'tls'],
  ],
  'a drop during the handshake is tls': [
    [35, 'Recv failure: Connection reset by peer', 'tls'],
    [0, 'OpenSSL SSL_connect: Connection reset by peer in connection to shop.example:443', 'tls'],
    [0, 'Client network socket disconnected before secure TLS connection was established', 'tls'],
    [0, 'javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake', 'tls'],
    [0, 'could not do handshake: EOF', 'tls'],
    [56, 'OpenSSL SSL_read: Connection reset by peer, errno 104', 'connection_reset'],
  ],
  'plain HTTP on a TLS port and the reverse are protocol': [
    [0, 'Post "https://shop.example/h": http: server gave HTTP response to HTTPS client', 'protocol'],
    [0, 'error:1408F10B:SSL routines:ssl3_get_record:wrong version number', 'protocol'],
    [400, 'The plain HTTP request was sent to HTTPS port', 'protocol'],
    [0, 'Unrecognized SSL message, plaintext connection?', 'protocol'],
    [497, '', 'protocol'],
  ],
  'the connection closed before or inside the response is protocol': [
    [0, 'Post "https://shop.example/h": EOF', 'protocol'],
    [52, 'Empty reply from server', 'protocol'],
    [18, 'transfer closed with 404 bytes remaining to read', 'protocol'],
    [0, 'Remote end closed connection without response', 'protocol'],
  ],
  'an explicit reset, "socket hang up" and a broken pipe are connection_reset': [
    [0, 'read ECONNRESET', 'connection_reset'],
    [0, 'socket hang up', 'connection_reset'],
    [0, 'write: broken pipe', 'connection_reset'],
    [10054, '', 'connection_reset'],
  ],
  'connect failed without a reason is connection_refused, with one it is that': [
    [7, "Failed to connect to shop.example port 443 after 31 ms: Couldn't connect to server", 'connection_refused'],
    [0, 'Cannot connect to host shop.example:443 ssl:default', 'connection_refused'],
    [7, 'Failed to connect to shop.example port 443: No route to host', 'unreachable'],
    [7, 'Failed to connect to shop.example port 443: Connection timed out', 'timeout'],
    [28, 'Failed to connect to shop.example', 'timeout'],
  ],
  'no route, network down and host down are unreachable': [
    [0, 'dial tcp 203.0.113.7:443: connect: no route to host', 'unreachable'],
    [0, 'Network is down', 'unreachable'],
    [0, 'Host is down', 'unreachable'],
    [-113, '', 'unreachable'],
  ],
  'any deadline is timeout, whichever phase': [
    [28, 'Resolving timed out after 5000 milliseconds', 'timeout'],
    [28, 'SSL connection timeout', 'timeout'],
    [0, 'net/http: TLS handshake timeout', 'timeout'],
    [0, 'dial tcp: lookup shop.example on 10.0.0.10:53: read udp 10.0.0.2:1->10.0.0.10:53: i/o timeout', 'timeout'],
    [0, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)', 'timeout'],
  ],
  '401, 407 and a bad signature are authentication, and so is 403 unless a firewall says blocked': [
    [401, '', 'authentication'],
    [407, '', 'authentication'],
    [400, 'invalid signature', 'authentication'],
    [0, 'Webhook signature verification failed', 'authentication'],
    [403, '', 'authentication'],
    [403, 'Forbidden', 'authentication'],
    [403, 'Sorry, you have been blocked. Cloudflare Ray ID: 1', 'blocked'],
    [403, '<title>Just a moment...</title>', 'blocked'],
    [0, 'HTTP 403: blocked by Web Application Firewall', 'blocked'],
  ],
  'a URL or address that the sender refuses is blocked': [
    [0, 'Invalid URL', 'blocked'],
    [3, '', 'blocked'],
    [0, 'URL resolves to a private IP address', 'blocked'],
    [0, 'Post http://192.168.3.207: address forbidden', 'blocked'],
    [0, 'Webhook target 127.0.0.1 is a loopback address', 'blocked'],
    [0, 'unsupported protocol scheme ""', 'blocked'],
    [0, 'Failed to connect to localhost port 5000: Connection refused', 'connection_refused'],
  ],
  '404 and 410 are not_found, other 4xx rejected, 429 rate_limited': [
    [404, '', 'not_found'],
    [410, '', 'not_found'],
    [400, '', 'rejected'],
    [413, 'Payload Too Large', 'rejected'],
    [422, '', 'rejected'],
    [451, '', 'rejected'],
    [429, '', 'rate_limited'],
  ],
  '500 and other 5xx of the application are server_error': [
    [500, '', 'server_error'],
    [501, '', 'server_error'],
    [507, '', 'server_error'],
    [599, '', 'server_error'],
  ],
  '502, 503, 520 to 523, an upstream connect error and no healthy backend are unavailable': [
    [502, '', 'unavailable'],
    [503, '', 'unavailable'],
    [520, '', 'unavailable'],
    [521, '', 'unavailable'],
    [522, '', 'unavailable'],
    [523, '', 'unavailable'],
    [0, 'upstream connect error or disconnect/reset before headers. reset reason: connection timeout', 'unavailable'],
    [
      0,
      'upstream connect error or disconnect/reset before headers. transport failure reason: TLS error: WRONG_VERSION_NUMBER',
      'unavailable',
    ],
    [0, 'connect() failed (111: Connection refused) while connecting to upstream', 'unavailable'],
    [0, 'no healthy upstream', 'unavailable'],
    [502, 'dial tcp 10.0.0.5:8080: connect: connection refused', 'unavailable'],
    [503, 'dial tcp: lookup app.shop.svc on 10.0.0.10:53: no such host', 'unavailable'],
    [504, 'dial tcp 10.0.0.5:8080: connect: connection refused', 'timeout'],
    [0, "'502 Bad Gateway' caused by: dial tcp 10.0.0.5:8080: connect: connection refused", 'unavailable'],
    [0, 'dial tcp 10.0.0.5:8080: connect: connection refused', 'connection_refused'],
  ],
  '504, 408 and 524 are timeout, 525 and 526 tls': [
    [504, '', 'timeout'],
    [408, '', 'timeout'],
    [524, '', 'timeout'],
    [525, '', 'tls'],
    [526, '', 'tls'],
  ],
  'too many or refused redirects are redirect': [
    [47, '', 'redirect'],
    [0, 'stopped after 10 redirects', 'redirect'],
    [301, '', 'redirect'],
    [308, '', 'redirect'],
    [0, 'Endpoint redirected; redirects are not followed', 'redirect'],
  ],
  'when two are named, the one to check first': [
    [0, 'connect ETIMEDOUT 203.0.113.7:443; connect ENETUNREACH 2606:4700::1:443', 'timeout'],
    [0, 'connect ENETUNREACH 2606:4700::1:443; connect ECONNREFUSED 203.0.113.7:443', 'connection_refused'],
    [
      0,
      "HTTPSConnectionPool(host='a.example', port=443): Max retries exceeded with url: /timeout (Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))",
      'connection_refused',
    ],
    [
      0,
      'java.lang.RuntimeException: request failed\n  at Sender.send(Sender.java:404)\nCaused by: java.net.UnknownHostException: shop.example',
      'dns',
    ],
  ],
  "a 5xx whose body names another service's trouble stays a 5xx": [
    [500, 'database connection refused', 'server_error'],
    [500, '{"error":"connect ECONNREFUSED 10.0.0.5:5432"}', 'server_error'],
    [500, 'SQLSTATE[HY000] [2002] Connection timed out', 'server_error'],
    [500, 'connect ECONNREFUSED 127.0.0.1:5432', 'server_error'],
    [500, 'connect ECONNREFUSED 10.0.0.5:6379', 'server_error'],
    [500, 'connect ECONNREFUSED 203.0.113.7:443', 'connection_refused'],
    [503, 'redis: connection refused', 'unavailable'],
    [0, 'webhook returned 500: database connection refused', 'server_error'],
  ],
  'a text that names no reason is unknown, never a guess': [
    [0, '', 'unknown'],
    [-1, '', 'unknown'],
    [999, 'Delivery failed after 3 attempts', 'unknown'],
    [0, 'Network Error', 'unknown'],
    [0, 'client error (SendRequest)', 'unknown'],
    [0, 'Something went wrong. Please try again later.', 'unknown'],
    [0, 'fetch failed', 'unknown'],
    [200, '', 'unknown'],
    [22, '', 'unknown'],
    [4711, '', 'unknown'],
  ],
  'a number that is no status is not read as one': [
    [0, 'port 443', 'unknown'],
    [0, 'gave up after 500 ms', 'unknown'],
    [0, 'handler.js, line 404', 'unknown'],
    [0, 'message 429 of 503 bytes', 'unknown'],
    [0, 'order-404 failed', 'unknown'],
    [0, 'shop.example:503 failed', 'unknown'],
    [0, 'POST https://shop.example/404?status=500', 'unknown'],
  ],
  'a status is read in prose, beside a word that announces one, in many languages': [
    [0, 'my listener responds with a 500', 'server_error'],
    [0, 'Get 405 http error code from shop.example', 'rejected'],
    [0, 'Błąd 403 - Dostęp zabroniony', 'authentication'],
    [0, 'nous avons reçu une 404', 'not_found'],
    [0, 'сервер вернул 502', 'unavailable'],
    [0, 'Webhook 405エラー', 'rejected'],
    [0, 'we see 429s from your endpoint', 'rate_limited'],
    [0, 'HTTP503', 'unavailable'],
    [0, 'received 300 new orders', 'unknown'],
    [0, 'sent 429 of 500 messages', 'unknown'],
    [0, 'The total was 500 EUR', 'unknown'],
    [0, 'get order 404', 'unknown'],
    [0, 'Fehler in Zeile 404', 'unknown'],
    [0, 'received 302 new entries and an error on port 443', 'unknown'],
  ],
  "libcurl's number decides over the words around it": [
    [0, 'cURL connection error (60)', 'tls'],
    [0, 'cURL HTTP connection error [52]', 'protocol'],
    [0, 'Erreur cURL n° 6', 'dns'],
    [0, 'curl_exec failed, errno 35', 'tls'],
    [0, 'curl retried 28 times', 'unknown'],
    [0, 'cURL version 7', 'unknown'],
  ],
  'numbers of Windows are read in hexadecimal and as a negative HRESULT': [
    [0, 'WinHttpSendRequest 0x2ee2', 'timeout'],
    [0, 'HRESULT -2147012867', 'connection_refused'],
    [0, 'error 0x80072ee7', 'dns'],
    [0, 'delivery id 0x2ee2', 'unknown'],
  ],
  'what says no in other languages than English is blocked': [
    [0, '您的请求带有不合法参数，已被系统设置拦截！', 'blocked'],
    [0, 'Votre requête a été bloquée pour des raisons de sécurité', 'blocked'],
    [403, 'Sua solicitação foi bloqueada por motivos de segurança', 'blocked'],
    [0, 'Webhook ignoré - URL localhost', 'blocked'],
    [0, 'URL muss öffentlich erreichbar sein', 'blocked'],
    [0, 'public webhook failed', 'unknown'],
    [0, '请求拦截器报错', 'unknown'],
  ],
  'credentials that cannot be read are authentication, an answer or a request is not': [
    [0, 'unable to parse authentication credentials', 'authentication'],
    [0, 'failed to decode JWT', 'authentication'],
    [0, 'failed to parse response: unexpected token', 'protocol'],
    [0, 'unable to parse request body', 'rejected'],
  ],
  'names of hosts, paths and URLs say nothing': [
    [0, 'expired.certificate.example', 'unknown'],
    [0, 'could not send to https://timeout.example/connection-refused', 'unknown'],
    [0, 'path /webhooks/not-found', 'unknown'],
  ],
}

describe('classify(report)', () => {
  for (const [sentence, cases] of Object.entries(BOUNDARIES)) {
    it(sentence, () => {
      for (const [code, message, cause] of cases) {
        expect(classify({ code, message }).cause, `${code} ${message}`).to.equal(cause)
      }
    })
  }
})

/** Nobody's exact text: the meaning in words that platforms put together themselves. */
const PARAPHRASES: Partial<Record<Cause, readonly string[]>> = {
  dns: ['Unable to find the IP address of the host', 'No DNS entry for shop.example', 'Cannot locate server'],
  connection_refused: ['port 443 is closed', "the server couldn't be reached", 'Unable to contact remote host'],
  unreachable: ['No route found to host', 'host appears to be down'],
  tls: [
    'intermediate certificate missing',
    'Could not verify the certificate chain',
    'TLS version not supported by peer',
  ],
  timeout: ['No answer within 5s', 'Gave up waiting for a response', 'request aborted after 30 seconds'],
  redirect: ['Found (302)', 'We do not follow redirects (301)', 'Redirect loop detected'],
  authentication: ['The endpoint requires credentials', 'bearer token missing', 'wrong webhook secret'],
  not_found: ['No such route', 'gone', 'Endpoint does not exist'],
  rejected: ['conflict', 'Missing required field: id'],
  rate_limited: ['throttled', 'API limit reached'],
  server_error: ['Unhandled exception in handler', 'internal error'],
  unavailable: ['The server is temporarily unable to service your request', 'App is sleeping'],
  protocol: ['server responded over HTTP instead of HTTPS', 'server hung up before answering', 'Got no response data'],
  blocked: ["this URL isn't allowed", 'can only call allowed servers', 'URL must start with https'],
  unknown: ['could not deliver', 'failed after 3 retries', 'Max retries exceeded', 'request error'],
}

describe('classify(report) on paraphrases', () => {
  for (const [cause, messages] of Object.entries(PARAPHRASES))
    it(`reads ${cause}`, () => {
      for (const message of messages) expect(classify({ code: 0, message }).cause, message).to.equal(cause)
    })
})

describe('classify(report) and the code', () => {
  const meaning = (code: number, message = '') => classify({ code, message }).codeMeaning

  it('takes a number for what its range says where no text tells', () => {
    expect([200, 404, 599].map((code) => meaning(code))).to.deep.equal(['http', 'http', 'http'])
    expect([1, 99].map((code) => meaning(code))).to.deep.equal(['curl', 'curl'])
    expect([100, 199].map((code) => meaning(code))).to.deep.equal(['errno', 'errno'])
    expect([-2, -3, -111, -104].map((code) => meaning(code))).to.deep.equal([
      'getaddrinfo',
      'getaddrinfo',
      'errno',
      'errno',
    ])
    expect([10_004, 11_010].map((code) => meaning(code))).to.deep.equal(['winsock', 'winsock'])
    expect([0, -1, 999, 10_003, 11_011, 600, Number.NaN, 1.5].map((code) => meaning(code))).to.deep.equal(
      Array(8).fill('none'),
    )
  })

  it('gives the HTTP status only where the code is one', () => {
    expect(classify({ code: 404, message: '' }).httpStatus).to.equal(404)
    expect(classify({ code: 200, message: 'connection reset by peer' }).httpStatus).to.equal(200)
    expect(classify({ code: 7, message: 'HTTP 404' }).httpStatus).to.equal(undefined)
  })

  it("takes an HTTP-like number for the sender's own where the text is a client's account", () => {
    const told = classify({ code: 500, message: 'cURL error 28: Operation timed out after 10001 milliseconds' })
    expect(told).to.deep.include({ cause: 'timeout', codeMeaning: 'own' })
    expect(told.httpStatus).to.equal(undefined)
    expect(classify({ code: 599, message: '[Errno 104] Connection reset by peer' }).cause).to.equal('connection_reset')
    expect(classify({ code: 404, message: 'getaddrinfo ENOTFOUND shop.example' }).cause).to.equal('dns')
    expect(classify({ code: 404, message: 'no such host: tenant not configured' }).cause).to.equal('not_found')
  })

  it('lets a configured meaning decide: an HTTP status is one, whatever its text', () => {
    const message = 'cURL error 28: Operation timed out'
    expect(classify({ code: 500, message }, { meaning: 'http' })).to.deep.include({
      cause: 'server_error',
      httpStatus: 500,
      codeMeaning: 'http',
    })
    expect(classify({ code: 7, message: '' }, { meaning: 'errno' }).codeMeaning).to.equal('errno')
    expect(classify({ code: 111, message: '' }, { meaning: 'errno' }).cause).to.equal('connection_refused')
    expect(classify({ code: -111, message: '' }, { meaning: 'errno' }).cause).to.equal('connection_refused')
    expect(classify({ code: 32, message: '' }, { meaning: 'errno' }).cause).to.equal('connection_reset')
    expect(classify({ code: 404, message: '' }, { meaning: 'own' })).to.deep.include({
      cause: 'unknown',
      codeMeaning: 'own',
    })
  })

  it('maps own numbers last, after what the text names', () => {
    const rules = { own: { '4001': 'blocked', '404': 'timeout' } } as const
    expect(classify({ code: 4001, message: '' }, rules)).to.deep.include({ cause: 'blocked', codeMeaning: 'own' })
    expect(classify({ code: 4001, message: 'getaddrinfo ENOTFOUND x.example' }, rules).cause).to.equal('dns')
    expect(classify({ code: 404, message: '' }, rules)).to.deep.include({ cause: 'timeout', codeMeaning: 'own' })
    expect(classify({ code: 404, message: '' }, rules).httpStatus).to.equal(undefined)
  })

  it('does not take inherited properties of the map for numbers', () => {
    expect(classify({ code: 4002, message: '' }, { own: Object.create({ '4002': 'dns' }) }).cause).to.equal('unknown')
  })
})

describe('classify(report).evidence', () => {
  it('names the rule that decided first, then what else was named', () => {
    const { cause, evidence } = classify({ code: 35, message: 'SSL_connect: Connection reset by peer' })
    expect(evidence[0]!.means).to.equal(cause)
    expect(evidence[0]!.rule).to.equal('connect.reset')
    expect(evidence.length).to.be.within(1, 4)
  })

  it('reads as a person would write it: of alternatives the one that was meant, and the clearest of those that mean the same', () => {
    const read = (code: number, message: string) => classify({ code, message }).evidence.map((each) => each.read)
    expect(read(60, 'certificate of shop.example expired')).to.deep.equal(['certificate … expired'])
    expect(read(502, 'dial tcp 10.0.0.5:8080: connect: connection refused')).to.deep.equal([
      'HTTP 502',
      'connection refused',
    ])
  })

  it("holds words of the rules only, never the message's own", () => {
    const secret = 'hunter2hunter2'
    const message = `Post "https://u:${secret}@shop.example/?token=${secret}": token ${secret} invalid token; 404 ${secret}`
    const { evidence } = classify({ code: 0, message })
    expect(evidence).to.not.be.empty
    expect(JSON.stringify(evidence)).to.not.include(secret)
  })

  it('is empty where nothing was read', () => {
    expect(classify({ code: 0, message: 'no reason' }).evidence).to.deep.equal([])
  })
})
