import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalUrl, MAX_URL_LENGTH } from '../../src/domain/report/canonical-url.ts'
import { disguises, pathId, shapedSecret } from './secrets.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.webUrl({ withQueryParameters: true, withFragments: true, size: 'large' }),
  fc
    .tuple(fc.constantFrom('http://', 'https://h/', 'HTTPS://h/a/', 'https://h/%'), fc.string({ unit: 'binary' }))
    .map((p) => p.join('')),
  fc
    .array(
      fc.constantFrom(
        '/',
        '..',
        ';x',
        '%3B',
        '%2e',
        '%',
        '25',
        '{id}',
        '{cut}',
        'é',
        '٣',
        '\\',
        '@',
        '7B',
        'ab',
        '12',
        ' ',
        '\u00ad',
      ),
    )
    .map((parts) => `https://host/${parts.join('')}`),
  fc
    .array(fc.constantFrom('a', '{id}', '.', 'xn--', '3f2a9c1d77aa', '-', '_', ':80', 'é', '@'))
    .map((p) => `http://${p.join('')}/x`),
)

describe('canonicalUrl', () => {
  it('changes nothing when applied again, is ASCII, bounded, and without userinfo, query and fragment', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = canonicalUrl(text)
        if (once === undefined) return
        expect(canonicalUrl(once)).to.equal(once)
        expect(once).to.match(/^https?:\/\/[!-~]+$/)
        expect(once).not.to.match(/[?#@;"\\<>`|^ ]/)
        expect(once.length).to.be.at.most(MAX_URL_LENGTH)
      }),
      { numRuns: 3_000 },
    )
  })

  it('lets no secret through, wherever it appears and however it is encoded', () => {
    fc.assert(
      fc.property(shapedSecret, disguises, fc.nat(6), (secret, disguise, place) => {
        const hidden = disguise(secret).replaceAll('/', '%2F')
        const url = canonicalUrl(
          [
            `https://h.example/hooks/${hidden}`,
            `https://h.example/${hidden}/hooks`,
            `https://${encodeURIComponent(secret)}:${encodeURIComponent(secret)}@h.example/hooks`,
            `https://h.example/hooks?key=${hidden}#${hidden}`,
            `https://h.example/hooks;key=${hidden}/x`,
            `https://h.example/hooks/key=${hidden}`,
            `https://h.example/a-${hidden}/x`,
          ][place]!,
        )!
        expect(url).to.match(/^https:\/\/h\.example\/(hooks|\{id\})/)
        expect(url).not.to.contain(hidden)
        expect(url.replace(/\{id\}|hooks|https|h\.example|\/x$/g, '')).to.match(/^[:/]*$/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('makes one URL of all ids in one place', () => {
    fc.assert(
      fc.property(pathId, (id) => {
        expect(canonicalUrl(`https://h.example/orders/${id}/items`)).to.equal('https://h.example/orders/{id}/items')
      }),
      { numRuns: 1_000 },
    )
  })

  for (const [text, canonical] of [
    ['HTTPS://Shop.EXAMPLE.com:443/Webhooks/./a/../order-created', 'https://shop.example.com/Webhooks/order-created'],
    ['http://example.com', 'http://example.com/'],
    ['http://example.com.:8080/x/', 'http://example.com:8080/x/'],
    ['http://bücher.example/caf%c3%a9/%7euser', 'http://xn--bcher-kva.example/caf%C3%A9/~user'],
    ['http://[2001:DB8::1]:80/a', 'http://[2001:db8::1]/a'],
    ['http://10.0.0.7:3000/a', 'http://10.0.0.7:3000/a'],
    ['https://h/a/..;x/b%3Bc;d=e', 'https://h/b'],
    ['https://h/a/%7bid%7D/{id}', 'https://h/a/{id}/{id}'],
    ['https://h/a//b', 'https://h/a//b'],
    ['https://h/off%/a b', 'https://h/off%25/a%20b'],
    ['https://3f2a9c1d77aa.ngrok-free.app/x', 'https://{id}.ngrok-free.app/x'],
    ['http://app-7d9f8b6c5d-x2x4z:8080/', 'http://{id}:8080/'],
    ['https://12345.retm.sa/api/v2/invoices/list', 'https://12345.retm.sa/api/v2/invoices/list'],
    ['http://hooks.prod.svc.cluster.local/retm', 'http://hooks.prod.svc.cluster.local/retm'],
    ['https://ghp_a1b2c3d4e5f6a1b2c3d4.example.com/', 'https://{id}.example.com/'],
    ['https://h/password/letmein', 'https://h/password/{id}'],
    ['https://h/users/me@example.com', 'https://h/users/{id}'],
    ['https://h/tok/%FF%FE', 'https://h/tok/{id}'],
    [`https://h/%${'25'.repeat(40)}41`, 'https://h/{id}'],
  ] as const) {
    it(`makes ${canonical} of ${text.slice(0, 70)}`, () => expect(canonicalUrl(text)).to.equal(canonical))
  }

  for (const word of 'v1 api webhooks webhook retm order-created order.created orderCreated invoices customer_updated loyalty check-reward checkReward coupon menu-updates oauth2 v1beta1 internationalization notifications callback integration subscriptions wp-json graphql healthz healthcheck LoyaltyCheckRewardHandler webhook_receiver.php k8s b2b eu-west-1 talabat matjar Zahlungsbestaetigung'.split(
    ' ',
  )) {
    it(`keeps the word ${word}`, () => expect(canonicalUrl(`https://h/${word}`)).to.equal(`https://h/${word}`))
  }

  for (const text of [
    '',
    'x',
    '/a',
    '//h/a',
    'http:',
    'http:h',
    'http://',
    'http:///a',
    'http:\\\\h',
    'http://?x',
    'ftp://h/',
    'javascript://h/%0aalert(1)',
    ' http://h/',
    'http://h/ ',
    'http://h/\n',
    'ht\ntp://h',
    'http://h\t/',
    'http://a b/',
    'http://h:99999/',
    'http://a..b/',
    'http://a"b/',
    'http://a{b}.c/',
    'http://u@/',
  ]) {
    it(`finds no URL in ${JSON.stringify(text)}`, () => expect(canonicalUrl(text)).to.equal(undefined))
  }

  it('ends a path that is too long at a segment', () => {
    const url = canonicalUrl(`https://example.com/${'notifications/'.repeat(40)}`)!
    expect(url).to.match(/^https:\/\/example\.com\/(notifications\/)+\{cut\}$/)
    expect(url.length).to.be.within(MAX_URL_LENGTH - 20, MAX_URL_LENGTH)
  })

  it('keeps a URL of just the longest length whole', () => {
    const base = `https://example.com/${'notifications/'.repeat(16)}`
    const url = base + 'er'.repeat(100).slice(0, MAX_URL_LENGTH - base.length)
    expect(canonicalUrl(url)).to.equal(url)
    expect(canonicalUrl(`${url}e`)).to.match(/\{cut\}$/)
  })

  it('keeps the domain of a host that is too long', () => {
    const host = `${'lorem.'.repeat(38)}example.com`
    const url = canonicalUrl(`https://${host}/orders`)!
    expect(url).to.match(/^https:\/\/\{id\}\.lorem.*\.example\.com\/orders$/)
    expect(canonicalUrl(url)).to.equal(url)
  })

  it('does not slow down out of proportion on hostile text', () => {
    for (const hostile of ['%25', '%', 'a/', '/', ';', '%7B', '..;/', 'A', 'aA', '-', '%E2%80%8B', '1a', '@', '%2525'])
      expect(canonicalUrl(`https://h/${hostile.repeat(60_000 / hostile.length)}`)).to.be.a('string')
  }).timeout(10_000)
})
