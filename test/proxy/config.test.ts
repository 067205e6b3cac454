import { hostname } from 'node:os'
import { expect } from 'chai'
import { ConfigError, parseConfig } from '../../src/config/config.ts'

const ENDPOINTS = [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }]
const ROUTE = { endpoint: 'orders', path: '/hooks/orders', upstream: 'http://127.0.0.1:3000' }

function faults(routes: readonly object[], more: object = {}, rest: object = {}): readonly string[] {
  try {
    parseConfig({ endpoints: ENDPOINTS, proxy: { ...more, routes }, ...rest })
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return (error as ConfigError).faults
  }
  return []
}
const one = (route: object, more: object = {}, rest: object = {}) => faults([{ ...ROUTE, ...route }], more, rest)

describe('the section proxy', () => {
  it('is off by default, and has defaults for all but its routes', () => {
    expect(parseConfig({}).proxy).to.equal(undefined)
    expect(parseConfig({ endpoints: ENDPOINTS, proxy: { routes: [ROUTE] } }).proxy).to.deep.equal({
      host: '127.0.0.1',
      port: 8081,
      trustedProxies: [],
      routes: [{ ...ROUTE, methods: ['POST'], patience: 1_000, retry: 'none', statuses: [] }],
    })
    expect(faults([])).to.have.lengthOf(1)
  })

  it('accepts every setting of a route', () => {
    const route = {
      retry: 'idempotent',
      statuses: [429, 500],
      patience: '2s',
      attemptTimeout: '500ms',
      giveUpAfter: '10m',
      methods: ['POST', 'PUT'],
      platform: { header: 'X-Platform', secrets: [{ file: '/secrets/a' }, { file: '/secrets/b' }] },
    }
    expect(one({ ...route, path: '/hooks/*', upstream: 'https://app.shop.svc:8443' })).to.deep.equal([])
    const trustedProxies = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1']
    expect(one({}, { trustedProxies })).to.deep.equal([])
    expect(one({ path: '/*' })).to.deep.equal([])
    expect(one({ path: '/' })).to.deep.equal([])
  })

  it('refuses paths and upstreams that no request has', () => {
    for (const path of ['hooks', '/a?b', '/a b', '/*/a', '/a*', '/é', '/a#b'])
      expect(one({ path }), path).to.have.lengthOf(1)
    for (const upstream of [
      '127.0.0.1:3000',
      'ftp://x',
      'http://a@b',
      'http://a/b',
      'http://a?b',
      'http://',
      'http://a:99999',
    ])
      expect(one({ upstream }), upstream).to.have.lengthOf(1)
    for (const patience of ['10ms', '2m', 'soon']) expect(one({ patience }), patience).to.have.lengthOf(1)
    for (const statuses of [[200], [600], ['5xx']]) expect(one({ retry: 'idempotent', statuses })).to.have.lengthOf(1)
  })

  it('refuses what identifies no platform, and trusts no proxy that has no address', () => {
    const secrets = [{ file: '/secrets/a' }]
    const hmac = { kind: 'hmac', header: 'X-Signature', secrets }
    for (const [platform, key] of [
      [{ secrets }, 'header'],
      [{ kind: 'hmac', secrets }, 'header'],
      [{ kind: 'standard-webhooks', header: 'X-Signature', secrets }, 'header'],
      [{ header: 'X-Platform', secrets: [] }, 'secrets'],
      [{ header: 'X-Platform' }, 'secrets'],
      [{ header: 'X Platform', secrets }, 'header'],
      [{ header: 'X-Platform', secrets: [{ file: '/a', env: 'B' }] }, 'secrets[0]'],
      [{ header: 'X-Platform', secrets: [{ env: 'NOT_SET' }] }, 'secrets[0].env'],
      [{ ...hmac, signed: '{id}' }, 'signed'],
      [{ ...hmac, timestampHeader: 'X-Time' }, 'timestampHeader'],
    ] as const) {
      const found = one({ platform })
      expect(found, JSON.stringify(platform)).to.have.lengthOf(1)
      expect(found[0]).to.match(new RegExp(`^proxy\\.routes\\[0\\]\\.platform\\.${key.replace(/[[\]]/g, '\\$&')}`))
    }
    expect(one({ platform: { kind: 'standard-webhooks', secrets } })).to.deep.equal([])
    for (const text of ['shop.example', '10.0.0.0/33', '::1/129', '10.0.0', '10.0.0.1:80', '/8'])
      expect(one({}, { trustedProxies: [text] }), text).to.have.lengthOf(1)
    for (const methods of [[], ['TRACE'], ['post'], ['POST', 'POST']])
      expect(one({ methods }), `${methods}`).to.have.lengthOf(1)
  })

  it('names an endpoint that does not exist', () => {
    expect(one({ endpoint: 'menu' })).to.deep.equal([
      'proxy.routes[0].endpoint: "menu" is not the name of an endpoint; add it to endpoints, or write one of: orders',
    ])
  })

  it('finds loops: our own listeners, under any name', () => {
    const loops = [
      'http://127.0.0.1:8081',
      'http://localhost:8081',
      'http://LOCALHOST.:8081',
      'http://app.localhost:8081',
      'http://[::1]:8081',
      'http://[::ffff:127.0.0.1]:8081',
      'http://127.1.2.3:8081',
      'http://2130706433:8081',
      'http://0.0.0.0:8081',
      'http://[::]:8081',
      'https://localhost:8081',
      'http://127.0.0.1:8080',
      'http://localhost:9464',
    ]
    for (const upstream of loops) expect(one({ upstream }), upstream).to.have.lengthOf(1)
    expect(one({ upstream: 'http://localhost:8081' })[0]).to.match(
      /^proxy\.routes\[0\]\.upstream: localhost:8081 is the proxy listener itself, which makes a loop/,
    )
    for (const host of ['0.0.0.0', '::'])
      for (const name of ['localhost', hostname(), '127.0.0.1'])
        expect(one({ upstream: `http://${name}:8081` }, { host }), `${host} ${name}`).to.have.lengthOf(1)
    expect(one({ upstream: 'http://localhost' }, { port: 80 })).to.have.lengthOf(1)
    expect(one({ upstream: 'http://app.internal:7000' }, { host: 'app.internal', port: 7_000 })).to.have.lengthOf(1)
    for (const upstream of ['http://10.1.2.3:8081', 'http://shop.example:8081', 'http://127.0.0.1:8082'])
      expect(one({ upstream }), upstream).to.deep.equal([])
    expect(one({ upstream: 'http://127.0.0.1:8081' }, { port: 0 })).to.deep.equal([])
  })

  it('finds routes of which a request matches two', () => {
    const paths = (...all: string[]) => faults(all.map((path) => ({ ...ROUTE, path })))
    expect(paths('/a', '/a')).to.have.lengthOf(1)
    expect(paths('/a/*', '/a/*')).to.have.lengthOf(1)
    expect(paths('/a/*', '/a/b')).to.deep.equal([
      'proxy.routes[1].path: /a/b overlaps with /a/* of proxy.routes[0]; write paths of which no request matches two',
    ])
    expect(paths('/a/b/c/*', '/a/*')).to.have.lengthOf(1)
    expect(paths('/*', '/')).to.have.lengthOf(1)
    expect(paths('/a/*', '/a', '/ab', '/b/*', '/b')).to.deep.equal([])
  })

  it('finds settings that have no effect', () => {
    expect(one({ attemptTimeout: '100ms' })).to.have.lengthOf(1)
    expect(one({ retry: 'safe', statuses: [429] })).to.have.lengthOf(1)
    expect(one({ retry: 'idempotent', attemptTimeout: '1s' })).to.have.lengthOf(1)
    expect(one({ giveUpAfter: '1s', patience: '5s' })).to.have.lengthOf(1)
    expect(one({ giveUpAfter: '1m', path: '/hooks/*' })).to.have.lengthOf(1)
  })

  it('refuses the port of another listener', () => {
    expect(one({}, { port: 8080 })).to.deep.equal(["proxy.port: 8080 is the ingest listener's too; write another port"])
    expect(one({}, { port: 9464, host: '0.0.0.0' })).to.have.lengthOf(1)
    expect(one({}, { port: 7_000 }, { ingest: { port: 0 }, admin: { port: 0 } })).to.deep.equal([])
  })

  it('reports a faulty route together with all other faults', () => {
    const found = faults([
      null as never,
      { ...ROUTE, upstream: 7, endpoint: 'nobody' },
      { ...ROUTE, retry: 'often' },
      { path: '/x' },
    ])
    expect(found.join('\n'))
      .to.include('proxy.routes[1].upstream')
      .and.include('proxy.routes[1].endpoint')
      .and.include('proxy.routes[2].retry')
      .and.include('proxy.routes[3].endpoint: is missing')
  })
})
