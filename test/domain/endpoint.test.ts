import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalUrl } from '../../src/domain/report/canonical-url.ts'
import { configurationFaults, endpointUrls, identifier, parsePattern } from '../../src/domain/report/endpoint.ts'

const named = (...urls: string[]) => urls.map((url) => ({ name: url, urls: [url] }))
const nameOf = (text: string, ...urls: string[]) => identifier(named(...urls))(text).endpoint

describe('identifier', () => {
  it('matches a URL whatever its case, default port, dot segments, encoding, query, fragment and userinfo', () => {
    const identify = identifier([{ name: 'orders', urls: ['https://h.example/hooks/order%2dcreated'] }])
    for (const text of [
      'https://h.example/hooks/order-created',
      'HTTPS://u:p@H.example:443/a/../hooks/%6frder-created?x=1#y',
      'https://h.example./hooks/order-created;v=1',
    ])
      expect(identify(text)).to.deep.equal({ endpoint: 'orders', url: 'https://h.example/hooks/order-created' })
  })

  it('distinguishes scheme, host, port, case of the path and a final slash', () => {
    for (const text of [
      'http://h/a',
      'https://i/a',
      'https://h:8443/a',
      'https://h/A',
      'https://h/a/',
      'https://h/',
      'https://h/a/b',
    ])
      expect(nameOf(text, 'https://h/a')).to.equal(canonicalUrl(text))
  })

  it('matches with the ids that the shown URL hides', () => {
    const identify = identifier(named('https://h/shops/1111/hook', 'https://h/shops/2222/hook'))
    expect(identify('https://h/shops/2222/hook')).to.deep.equal({
      endpoint: 'https://h/shops/2222/hook',
      url: 'https://h/shops/{id}/hook',
    })
    expect(identify('https://h/shops/3333/hook').endpoint).to.equal('https://h/shops/{id}/hook')
  })

  it('matches a param against any one segment that is not empty', () => {
    const pattern = 'https://h/shops/{shop}/hook'
    expect(nameOf('https://h/shops/x-1/hook', pattern)).to.equal(pattern)
    for (const path of ['shops//hook', 'shops/a/b/hook', 'shops/hook', 'shops/a/hook/'])
      expect(nameOf(`https://h/${path}`, pattern)).not.to.equal(pattern)
  })

  it('matches a prefix with its bare path and everything below', () => {
    const pattern = 'https://h/hooks/*'
    for (const path of ['/hooks', '/hooks/', '/hooks/a', '/hooks/a/b/c'])
      expect(nameOf(`https://h${path}`, pattern)).to.equal(pattern)
    expect(nameOf('https://h/hooksy', pattern)).to.equal('https://h/hooksy')
    for (const path of ['', '/', '/a/b']) expect(nameOf(`https://h${path}`, 'https://h/*')).to.equal('https://h/*')
  })

  it('prefers exact to param to prefix, and the longer prefix', () => {
    const all = [
      'https://h/*',
      'https://h/a/*',
      'https://h/a/{x}/*',
      'https://h/a/b/*',
      'https://h/a/{x}',
      'https://h/a/{x}/c',
      'https://h/a/b',
      'https://h/{x}/b/c',
    ]
    for (const list of [all, all.toReversed()]) {
      expect(nameOf('https://h/z', ...list)).to.equal('https://h/*')
      expect(nameOf('https://h/a/b', ...list)).to.equal('https://h/a/b')
      expect(nameOf('https://h/a/z', ...list)).to.equal('https://h/a/{x}')
      expect(nameOf('https://h/a/b/c', ...list)).to.equal('https://h/a/{x}/c')
      expect(nameOf('https://h/z/b/c', ...list)).to.equal('https://h/{x}/b/c')
      expect(nameOf('https://h/a/b/z', ...list)).to.equal('https://h/a/b/*')
      expect(nameOf('https://h/a/z/z', ...list)).to.equal('https://h/a/{x}/*')
    }
  })

  it('prefers an exact URL to a param, a param to a prefix: as a plain search over all patterns would', () => {
    const segment = fc.constantFrom('a', 'b', 'c')
    const pattern = fc
      .tuple(fc.array(fc.oneof(segment, fc.constant('{p}')), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([parts, isPrefix]) => `https://h/${parts.join('/')}${isPrefix ? '/*' : ''}`)
    fc.assert(
      fc.property(
        fc.uniqueArray(pattern, { maxLength: 8 }),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        (patterns, path) => {
          const rank = (text: string): string | undefined => {
            const parts = text.slice('https://h/'.length).split('/')
            const isPrefix = parts.at(-1) === '*'
            if (isPrefix) parts.pop()
            if (isPrefix ? path.length < parts.length : path.length !== parts.length) return undefined
            if (!parts.every((part, at) => part === '{p}' || part === path[at])) return undefined
            const kind = isPrefix ? 0 : parts.includes('{p}') ? 1 : 2
            return `${kind}${isPrefix ? parts.length : 0}${parts.map((part) => (part === '{p}' ? 0 : 1)).join('')}`
          }
          const best = patterns
            .filter((text) => rank(text) !== undefined)
            .sort((a, b) => (rank(a)! < rank(b)! ? 1 : -1))[0]
          const text = `https://h/${path.join('/')}`
          expect(nameOf(text, ...patterns)).to.equal(best ?? text)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('records what is no URL as invalid, masked and bounded', () => {
    const identify = identifier([])
    expect(identify('ftp://u:pw@h/x')).to.deep.equal({ endpoint: 'invalid', url: 'ftp://***@h/x' })
    expect(identify(' https://h/x?token=abc')).to.deep.equal({ endpoint: 'invalid', url: ' https://h/x' })
    expect(identify('word '.repeat(400)).url).to.have.length(255)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const { endpoint, url } = identify(text)
        expect(endpoint === 'invalid' || endpoint === url).to.equal(true)
        expect(url.length).to.be.at.most(255)
      }),
    )
  })
})

describe('endpointUrls', () => {
  it('gives the URL that is probed, else the first one, canonical; none for an endpoint that is its own URL', () => {
    const urls = ['https://SHOP.example:443/hooks/*', 'https://other.example/']
    const urlOf = endpointUrls([
      { name: 'orders', urls, probe: {} },
      { name: 'menu', urls, probe: { url: 'https://shop.example/health?key=secret' } },
    ])
    expect(urlOf('orders')).to.equal('https://shop.example/hooks/*')
    expect(urlOf('menu')).to.equal('https://shop.example/health')
    expect(urlOf('https://stranger.example/')).to.equal(undefined)
  })
})

describe('parsePattern', () => {
  for (const [text, reason] of [
    ['ftp://h/x', 'is no http(s) URL'],
    ['h/x', 'is no http(s) URL'],
    [' https://h/x', 'is no http(s) URL'],
    ['https://u:p@h/x', 'user name or password'],
    ['https://h/x?y', 'query or fragment'],
    ['https://h/x#y', 'query or fragment'],
    ['https://h/x?*', 'query or fragment'],
    ['https://h/x;y', 'path parameters'],
    ['https://{shop}.h/x', 'param in its host'],
    ['https://*.h/x', '* may only stand at the end'],
    ['https://h/*/x', '* may only stand at the end'],
    ['https://h/x*', '* may only stand at the end'],
    ['https://h/a-{x}', 'brace within a segment'],
    ['https://h/{}', 'brace within a segment'],
  ] as const) {
    it(`refuses ${text}`, () => expect(parsePattern(text)).to.be.a('string').that.contains(reason))
  }

  it('takes {id} for a param like any other', () => {
    expect(parsePattern('https://h/{id}/%7Bx%7D/y/*')).to.deep.equal({
      origin: 'https://h',
      segments: [null, null, 'y'],
      isPrefix: true,
    })
  })
})

describe('configurationFaults', () => {
  const roomy = { limit: 2_000, sources: ['retm'] }

  it('finds none in a sound configuration', () => {
    expect(
      configurationFaults(
        [
          { name: 'a', urls: ['https://h/a', 'https://h/b/*'] },
          { name: 'A', urls: ['https://h/{x}/c'] },
        ],
        roomy,
      ),
    ).to.deep.equal([])
  })

  it('keeps the name of verification deliveries', () => {
    const faults = configurationFaults([{ name: 'webhook-verify', urls: ['https://h/a'] }], {
      limit: 96,
      sources: ['retm'],
    })
    expect(faults).to.deep.equal(['endpoints[0].name: webhook-verify is reserved for verification; write another name'])
  })

  it('names key, problem and fix, all faults at once', () => {
    expect(
      configurationFaults(
        [
          { name: 'a', urls: ['https://h/a', 'https://user:hunter2@h/b'] },
          { name: 'a', urls: ['https://H:443/a'] },
          { name: 'invalid', urls: ['https://h/{x}/*'] },
          { name: 'other', urls: ['https://h/{y}/*'] },
        ],
        { limit: 95, sources: ['retm'] },
      ),
    ).to.deep.equal([
      'endpoints[0].urls[1]: https://h/b holds a user name or password, which is no part of an endpoint; write the URL without it',
      'endpoints[1].name: endpoints[0] is called a too; write another name, or put the urls together',
      'endpoints[1].urls[0]: means the same as endpoints[0].urls[0]; remove one of them',
      'endpoints[2].name: invalid is reserved for reports that match no endpoint; write another name',
      'endpoints[3].name: other is reserved for reports that match no endpoint; write another name',
      'endpoints[3].urls[0]: means the same as endpoints[2].urls[0]; remove one of them',
      'metrics.seriesLimit: 95 is too small for 4 configured endpoints (20 sets each) and 1 source (16 sets each); write at least 96 or configure fewer endpoints',
    ])
  })

  it('takes a limit that just fits', () => {
    expect(configurationFaults(named('https://h/a'), { limit: 36, sources: ['retm'] })).to.deep.equal([])
    expect(configurationFaults(named('https://h/a'), { limit: 35, sources: ['retm'] })).to.have.length(1)
  })
})
