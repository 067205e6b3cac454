import { expect } from 'chai'
import { ConfigError, parseConfig } from '../../src/config/config.ts'

const parsed = (probe: object, outbound: object = {}) =>
  parseConfig({ endpoints: [{ name: 'orders', urls: ['https://shop.example/orders'], probe }], outbound }, { SET: 'x' })

const faults = (probe: object, outbound: object = {}): readonly string[] => {
  try {
    parsed(probe, outbound)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('parseConfig() of probes', () => {
  it('probes after failures and not on a schedule, by default', () => {
    expect(parsed({}).endpoints[0]!.probe).to.deep.equal({ headers: [], timeout: 10_000, onReport: true })
    expect(parsed({ interval: '5m' }).endpoints[0]!.probe.interval).to.equal(300_000)
    expect(parsed({}).outbound).to.deep.equal({ allow: [] })
  })

  it('takes every documented key', () => {
    const probe = {
      url: 'https://shop.example/health?deep=1',
      internalUrl: 'http://orders.shop.svc:8080/health',
      interval: '1m',
      method: 'GET',
      expect: [204, '2xx'],
      headers: [{ name: 'Authorization', env: 'SET' }],
      caFile: '/ca.pem',
      certFile: '/cert.pem',
      keyFile: '/key.pem',
      timeout: '5s',
      onReport: false,
    }
    expect(faults(probe, { allow: ['10.0.0.0/8', 'fd00::/8', 'app.internal', 'app:8080', '::1'] })).to.deep.equal([])
  })

  for (const [fact, probe, key, outbound] of [
    ['a scheme that is not http', { url: 'ftp://shop.example/' }, 'probe.url'],
    ['credentials in a URL', { url: 'https://u:p@shop.example/' }, 'probe.url'],
    ['a URL that is a pattern', { internalUrl: 'http://app/*' }, 'probe.internalUrl'],
    ['a URL with a broken host', { url: 'http://256.1.1.1/' }, 'probe.url'],
    ['a POST', { method: 'POST' }, 'probe.method'],
    ['a status class that there is not', { expect: ['9xx'] }, 'probe.expect[0]'],
    ['a certificate without a key', { certFile: '/cert.pem' }, 'has only one'],
    [
      'a header twice',
      {
        headers: [
          { name: 'A', env: 'SET' },
          { name: 'a', env: 'SET' },
        ],
      },
      'probe.headers',
    ],
    ['a header with a line break', { headers: [{ name: 'A\r\nB', env: 'SET' }] }, 'probe.headers[0].name'],
    ['a variable that is not set', { headers: [{ name: 'A', env: 'UNSET' }] }, 'headers[0].env'],
    ['an interval that is too short', { interval: '1s' }, 'probe.interval'],
    ['leave that is not understood', {}, 'outbound.allow[0]', { allow: ['10.1'] }],
    ['a reference with credentials', {}, 'outbound.reference', { reference: 'https://u:p@status.example/' }],
    ['a reference that is no http URL', {}, 'outbound.reference', { reference: 'status.example' }],
    ['a reference with a broken host', {}, 'outbound.reference', { reference: 'http://256.1.1.1/' }],
  ] as const) {
    it(`names ${fact}`, () => {
      const found = faults(probe, outbound)
      expect(found).to.have.length(1)
      expect(found[0]).to.contain(key).and.not.to.contain('u:p')
    })
  }
})
