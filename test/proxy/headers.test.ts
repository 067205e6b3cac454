import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { requestHeaders } from '../../src/proxy/headers.ts'

const ABOUT = { address: '192.0.2.1', isEncrypted: false, by: '_proxy', isTrusted: true, traceparent: '00-1-2-01' }

function forwarded(value: string): string {
  const request = { rawHeaders: ['Forwarded', value], headers: { forwarded: value } } as unknown as IncomingMessage
  const headers = requestHeaders(request, ABOUT)
  return headers[headers.indexOf('Forwarded') + 1]!
}

describe('Forwarded (RFC 7239)', () => {
  const own = 'for=192.0.2.1;proto=http;by=_proxy'

  for (const value of ['for=198.51.100.7', 'for="[2001:db8::1]:80", for=10.0.0.1', 'for="_a\\"b"'])
    it(`is continued: ${value}`, () => expect(forwarded(value)).to.equal(`${value}, ${own}`))

  for (const value of ['for="x', 'for="a", for="', 'for="x\\"'])
    it(`is dropped where a quote is left open: ${value}`, () => expect(forwarded(value)).to.equal(own))
})
