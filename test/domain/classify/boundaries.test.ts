import { expect } from 'chai'
import type { Cause } from '../../../src/domain/cause/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { BOUNDARIES } from './boundary-cases.ts'

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
