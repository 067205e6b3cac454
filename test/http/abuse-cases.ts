import { REPORT } from '../support/http.ts'

const BODY = JSON.stringify(REPORT)

const TYPE = 'Content-Type: application/json\r\n'

const SIZED = `Content-Length: ${BODY.length}\r\n`

const CLOSE = 'Connection: close\r\n'

const post = (fields = SIZED, body = BODY, line = 'POST /webhooks/error HTTP/1.1\r\nHost: x\r\n') =>
  `${line}${TYPE}${fields}\r\n${body}`

const get = (path = '/', fields = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`

const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

/** A report that only a desynchronised parser would find: it must never be recorded. */
const SMUGGLED = post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\r\nHost: smuggled\r\n')

export interface Case {
  /** Sent one after the other, each once the one before has arrived; null ends our side. */
  readonly send: readonly (string | null)[]
  readonly statuses: readonly number[]
  /** How often it is counted, if not once per answer. */
  readonly counted?: number
  /** Reports recorded, 0 unless written. */
  readonly recorded?: number
}

const refused = (bytes: string): Case => ({ send: [bytes], statuses: [400] })

const accepted = (bytes: string): Case => ({ send: [bytes], statuses: [202], recorded: 1 })

export const CASES: Readonly<Record<string, Case>> = {
  'Content-Length and Transfer-Encoding': refused(
    post(`${SIZED}Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${SMUGGLED}`),
  ),
  'Transfer-Encoding and Content-Length': refused(
    post(`Transfer-Encoding: chunked\r\n${SIZED}`, `0\r\n\r\n${SMUGGLED}`),
  ),
  'Content-Length twice, equal': refused(post(SIZED + SIZED)),
  'Content-Length twice, different': refused(post(`${SIZED}Content-Length: 0\r\n`, SMUGGLED)),
  'Content-Length as a list': refused(post(`Content-Length: ${BODY.length}, ${BODY.length}\r\n`)),
  'Content-Length with a sign': refused(post(`Content-Length: +${BODY.length}\r\n`)),
  'Content-Length below zero': refused(post('Content-Length: -1\r\n')),
  'Content-Length in hexadecimal': refused(post('Content-Length: 0x10\r\n')),
  'Content-Length with a space inside': refused(post('Content-Length: 1 0\r\n')),
  'Content-Length without a value': refused(post('Content-Length:\r\n')),
  'Content-Length beyond 64 bits': refused(post(`Content-Length: ${'9'.repeat(30)}\r\n`)),
  'Transfer-Encoding: xchunked': refused(post('Transfer-Encoding: xchunked\r\n', chunked(BODY))),
  'Transfer-Encoding: xchunked, then a report': refused(post('Transfer-Encoding: xchunked\r\n', SMUGGLED)),
  'Transfer-Encoding: chunked, identity': refused(post('Transfer-Encoding: chunked, identity\r\n', SMUGGLED)),
  'Transfer-Encoding: identity': refused(post('Transfer-Encoding: identity\r\n', SMUGGLED)),
  'Transfer-Encoding: chunked, chunked': refused(post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')),
  'Transfer-Encoding twice': refused(post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  'Transfer-Encoding: gzip, chunked': refused(post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')),
  'Transfer-Encoding with a space before the colon': refused(post('Transfer-Encoding : chunked\r\n', SMUGGLED)),
  'Transfer-Encoding after a vertical tab': refused(post('Transfer-Encoding: \x0bchunked\r\n', SMUGGLED)),
  'Transfer-Encoding in quotes': refused(post('Transfer-Encoding: "chunked"\r\n', SMUGGLED)),
  'Transfer-Encoding in HTTP/1.0': refused(
    post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'POST /webhooks/error HTTP/1.0\r\nHost: x\r\n'),
  ),
  'Transfer-Encoding: CHUNKED': accepted(post(`Transfer-Encoding: CHUNKED\r\n${CLOSE}`, `${chunked(BODY)}0\r\n\r\n`)),
  'chunks with extensions': accepted(
    post(`Transfer-Encoding: chunked\r\n${CLOSE}`, `${BODY.length.toString(16)};a=b;c="d"\r\n${BODY}\r\n0;e\r\n\r\n`),
  ),
  'chunks with trailers': accepted(
    post(`Transfer-Encoding: chunked\r\n${CLOSE}`, `${chunked(BODY)}0\r\nX-Trailer: y\r\n\r\n`),
  ),
  'a chunk extension of 32 KiB': refused(post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(32_768)}\r\n{\r\n`)),
  'a chunk size that is no number': refused(post('Transfer-Encoding: chunked\r\n', 'zz\r\n')),
  'a chunk size below zero': refused(post('Transfer-Encoding: chunked\r\n', '-1\r\n')),
  'a chunk size with 0x': refused(post('Transfer-Encoding: chunked\r\n', '0x10\r\n')),
  'a chunk size beyond 64 bits': refused(post('Transfer-Encoding: chunked\r\n', `${'f'.repeat(17)}\r\n`)),
  'a chunk longer than its size': refused(post('Transfer-Encoding: chunked\r\n', `1\r\n${BODY}\r\n0\r\n\r\n`)),
  'a chunk that ends with a bare LF': refused(post('Transfer-Encoding: chunked\r\n', `1\r\n{\n0\r\n\r\n`)),
  'bare LF after the request line': refused(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\nHost: x\r\n')),
  'bare LF everywhere': refused(post().replaceAll('\r\n', '\n')),
  'bare CR in a value': refused(post(`X-A: b\rTransfer-Encoding: chunked\r\n${SIZED}`)),
  'obs-fold': refused(post(`X-A: b\r\n c\r\n${SIZED}`)),
  'obs-fold of Transfer-Encoding': refused(post('Transfer-Encoding:\r\n chunked\r\n', SMUGGLED)),
  'NUL in a value': refused(post(`X-A: b\0c\r\n${SIZED}`)),
  'NUL in a name': refused(post(`X\0A: b\r\n${SIZED}`)),
  'NUL in the path': refused(get('/webhooks\0/error')),
  'a field without a colon': refused(post(`XA\r\n${SIZED}`)),
  'a field without a name': refused(post(`: b\r\n${SIZED}`)),
  'a first field that begins with a space': refused(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\r\n Host: x\r\n')),
  'a path of 20 KB': refused(get(`/${'x'.repeat(20_000)}`)),
  'a field of 20 KB': refused(post(`X-A: ${'x'.repeat(20_000)}\r\n${SIZED}`)),
  'fields of 20 KB': refused(post(`${'X-A: b\r\n'.repeat(2_500)}${SIZED}`)),
  'HTTP/0.9': refused('GET /\r\n\r\n'),
  'HTTP/1.2': refused('GET / HTTP/1.2\r\nHost: x\r\n\r\n'),
  'HTTP/2.0': refused('GET / HTTP/2.0\r\nHost: x\r\n\r\n'),
  'HTTP/9.9': refused('GET / HTTP/9.9\r\nHost: x\r\n\r\n'),
  'HTTP/11': refused('GET / HTTP/11\r\nHost: x\r\n\r\n'),
  'http/1.1': refused('GET / http/1.1\r\nHost: x\r\n\r\n'),
  // Node reads this as HTTP/1.0, and does not say so.
  'another protocol': { send: ['GET / RTSP/1.0\r\nHost: x\r\n\r\n'], statuses: [404] },
  'the preface of HTTP/2': refused('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  'a TLS hello': refused('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'),
  'two spaces in the request line': { send: [`GET  / HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`], statuses: [404] },
  'a space after the version': refused('GET / HTTP/1.1 \r\nHost: x\r\n\r\n'),
  'a method in lower case': refused('post /webhooks/error HTTP/1.1\r\nHost: x\r\n\r\n'),
  'a method that nobody knows': refused('FROB / HTTP/1.1\r\nHost: x\r\n\r\n'),
  'no Host': refused(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\r\n')),
  'two Hosts': refused(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nHost: y\r\n')),
  'a Host that is none': refused(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.1\r\nHost: a b/c@d\r\n')),
  'an empty Host': { send: [`GET / HTTP/1.1\r\nHost:\r\n${CLOSE}\r\n`], statuses: [404] },
  'the Host of an IPv6 address': { send: [`GET / HTTP/1.1\r\nHost: [::1]:8080\r\n${CLOSE}\r\n`], statuses: [404] },
  CONNECT: refused('CONNECT shop.example:443 HTTP/1.1\r\nHost: x\r\n\r\n'),
  'CONNECT, then a report': refused(`CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n${SMUGGLED}`),
  'CONNECT with a length': refused(`CONNECT x:1 HTTP/1.1\r\nHost: x\r\n${SIZED}\r\n${SMUGGLED}`),
  'absolute form': accepted(
    post(SIZED + CLOSE, BODY, 'POST http://other.example/webhooks/error HTTP/1.1\r\nHost: x\r\n'),
  ),
  'a URL that is none': refused(post(SIZED, BODY, 'POST http://[/webhooks/error HTTP/1.1\r\nHost: x\r\n')),
  'asterisk form': { send: ['OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], statuses: [404] },
  TRACE: { send: [`TRACE /webhooks/error HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`], statuses: [405] },
  'empty lines before a report': accepted(`\r\n\r\n${post(SIZED + CLOSE)}`),
  'HTTP/1.0': accepted(post(SIZED, BODY, 'POST /webhooks/error HTTP/1.0\r\n')),
  'Expect: 100-continue': accepted(post(`${SIZED}${CLOSE}Expect: 100-continue\r\n`)),
  'a report in single bytes': {
    send: [...post(SIZED + CLOSE)],
    statuses: [202],
    recorded: 1,
  },

  'garbage after a report': { send: [`${post()}\x01\x02\x03\r\n\r\n`], statuses: [202, 400], recorded: 1 },
  'garbage after two reports': { send: [`${post()}${post()}\0\r\n\r\n`], statuses: [202, 202, 400], recorded: 2 },
  'much garbage after a report': {
    send: [`${post()}\0\r\n\r\n`, 'garbage', 'garbage', 'garbage'],
    statuses: [202, 400],
    recorded: 1,
  },
  'a broken body after a report': {
    send: [`${post()}${post('Transfer-Encoding: chunked\r\n', 'zz\r\n')}`],
    statuses: [202, 400],
    recorded: 1,
  },
  'a body that breaks later': {
    send: [post('Transfer-Encoding: chunked\r\n', '1\r\n{\r\n'), 'zz\r\n', 'zz\r\n'],
    statuses: [400],
  },
  'a body that breaks after its answer': {
    send: [
      post('Transfer-Encoding: chunked\r\n', '1\r\n{\r\n', 'POST /other HTTP/1.1\r\nHost: x\r\n'),
      'zz\r\n',
      SMUGGLED,
    ],
    statuses: [404],
  },
  'CONNECT after a report': {
    send: [`${post()}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`],
    statuses: [202, 400],
    recorded: 1,
  },
  'a report after Connection: close': { send: [post(SIZED + CLOSE) + SMUGGLED], statuses: [202], recorded: 1 },
  'garbage after Connection: close': { send: [`${post(SIZED + CLOSE)}\0\0`], statuses: [202], recorded: 1 },
  'a report after a refusal': { send: [get('/', 'Host: y\r\n') + SMUGGLED], statuses: [400] },

  Upgrade: { send: [get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')], statuses: [404] },
  'Upgrade with a report': accepted(post(`${SIZED}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n`)),
  'Upgrade, then a report': {
    send: [get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n') + SMUGGLED],
    statuses: [404],
  },
  'Upgrade, then a report in pieces': {
    send: [`${get('/', 'Connection: Upgrade\r\nUpgrade: h2c\r\n')}POST / HTTP/1.1\r\n`, SMUGGLED, SMUGGLED],
    statuses: [404],
  },
  'Upgrade with a report, then a body that reads as one': {
    send: [
      post(`${SIZED}Connection: Upgrade\r\nUpgrade: h2c\r\n`) + post(`Content-Length: ${SMUGGLED.length}\r\n`, ''),
      SMUGGLED,
    ],
    statuses: [202],
    recorded: 1,
  },
  'Upgrade with a report, then garbage': {
    send: [post(`${SIZED}Connection: Upgrade\r\nUpgrade: h2c\r\n`), '\0\0\r\n\r\n', '\0'],
    statuses: [202],
    recorded: 1,
  },
  'Upgrade with a body that breaks': {
    send: [post('Transfer-Encoding: chunked\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n', 'zz\r\n')],
    // Node does not report what is wrong with the body of an Upgrade.
    statuses: [408],
  },
  'Upgrade after a report': {
    send: [`${post()}${get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')}${SMUGGLED}`],
    statuses: [202, 404],
    recorded: 1,
  },

  'an end after a report': { send: [post(), null], statuses: [202], recorded: 1 },
  'an end with a report, after others': {
    send: [post() + post() + post(), null],
    statuses: [202, 202, 202],
    recorded: 3,
  },
  'an end in the header': { send: ['POST /webhooks/error HTTP/1.1\r\nHost:', null], statuses: [400] },
  'an end in the body': { send: [post(SIZED, '{'), null], statuses: [400] },
  'an end before any byte': { send: [null], statuses: [] },
  'a connection that never sends anything': { send: [], statuses: [] },
  'a header that never ends': { send: ['POST /webhooks/error HTTP/1.1\r\nHost: x\r\nX-A: '], statuses: [408] },
  'a header that never ends, after a report': { send: [`${post()}POST /`], statuses: [202, 408], recorded: 1 },
}
