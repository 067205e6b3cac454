import { expect } from 'chai'
import { parseConfig } from '../src/config/config.ts'
import { exampleOf } from '../src/config/expectation.ts'
import { ConfigSchema } from '../src/config/schema.ts'
import { faults } from './config-support.ts'

describe('parseConfig', () => {
  it('has a default for everything', () => {
    expect(parseConfig({})).to.deep.include({
      ingest: { host: '127.0.0.1', port: 8080, bodyLimit: 65_536, answerTimeout: 900, keepAliveTimeout: 75_000 },
      admin: { host: '127.0.0.1', port: 9464, allowedHosts: [] },
      endpoints: [],
      metrics: { seriesLimit: 2_000, tenantLabel: false },
      journal: {
        allowUnsafeDurability: false,
        url: 'sqlite:./data/journal.db',
        retention: { age: 30 * 86_400_000, size: 2 ** 30 },
      },
    })
  })
  it('takes an empty file and empty sections for the defaults', () => {
    expect(parseConfig(null)).to.deep.equal(parseConfig({}))
    expect(parseConfig({ ingest: null, sources: { retm: null } })).to.deep.equal(parseConfig({}))
  })
  it('reads durations and sizes with their units, and integers as milliseconds and bytes', () => {
    const config = parseConfig({
      ingest: { answerTimeout: '1s500ms', bodyLimit: '1MiB' },
      journal: { retention: { age: '1h30m', size: 10_000_000 } },
    })
    expect(config.ingest).to.include({ answerTimeout: 1_500, bodyLimit: 1_048_576 })
    expect(config.journal.retention).to.deep.equal({ age: 5_400_000, size: 10_000_000 })
  })
  it('lets the environment win over the file', () => {
    const env = {
      INGEST_HOST: '0.0.0.0',
      INGEST_PORT: '1',
      ADMIN_HOST: '::',
      ADMIN_PORT: '2',
      JOURNAL_URL: 'sqlite:/x',
    }
    const config = parseConfig(
      { ingest: { host: 'a', port: 9 }, journal: { allowUnsafeDurability: false, url: 'sqlite:y' } },
      env,
    )
    expect(config.ingest).to.include({ host: '0.0.0.0', port: 1 })
    expect(config.admin).to.include({ host: '::', port: 2 })
    expect(config.journal.url).to.equal('sqlite:/x')
  })
  it('takes an empty environment variable for one that is not set', () => {
    expect(parseConfig({ ingest: { port: 9 } }, { INGEST_PORT: '' }).ingest.port).to.equal(9)
  })
  it('has sources by name, with kind and path of their own', () => {
    const shape = (sources?: unknown) =>
      Object.entries(parseConfig(sources === undefined ? {} : { sources }).sources).map(([name, { kind, path }]) => [
        name,
        kind,
        path,
      ])
    const only = [['retm', 'retm', '/webhooks/error']]
    for (const sources of [undefined, null, { retm: null }, { retm: {} }, { retm: { kind: 'retm' } }])
      expect(shape(sources), JSON.stringify(sources)).to.deep.equal(only)
    expect(shape({ kitchen: { kind: 'retm' } })).to.deep.equal([['kitchen', 'retm', '/webhooks/kitchen']])
    expect(shape({ retm: { path: '/in' }, 'a-b_2': { kind: 'retm' } })).to.deep.equal([
      ['retm', 'retm', '/in'],
      ['a-b_2', 'retm', '/webhooks/a-b_2'],
    ])
  })
  for (const [what, sources, fault] of [
    [
      'an unknown kind',
      { x: { kind: 'y' } },
      /^sources\.x\.kind: "y" is not a known kind; write one of: retm, generic, /,
    ],
    ['a name of its own without a kind', { kitchen: {} }, /^sources\.kitchen: .*write its kind \(known: retm, /],
    ['no kind but null', { kitchen: { kind: null } }, /^sources\.kitchen: .*write its kind/],
    ['the reserved name proxy', { proxy: { kind: 'retm' } }, /^sources\.proxy: the name proxy is reserved/],
    ['the reserved name none', { none: { kind: 'retm' } }, /^sources\.none: the name none is reserved/],
    ['a name with capitals', { Kitchen: { kind: 'retm' } }, /^sources\.Kitchen: is not a name for a source/],
    ['a name of the object prototype', { constructor: { kind: 'retm', auth: 'x' } }, /^sources\.constructor\.auth: /],
    [
      'two sources on one path',
      { retm: {}, b: { kind: 'retm', path: '/Webhooks/Error' } },
      /^sources\.b\.path: .*sources\.retm/,
    ],
    ['a path that is none', { retm: { path: 'hooks' } }, /^sources\.retm\.path: "hooks" is not allowed/],
    ['a path with a parameter', { retm: { path: '/hooks/:id' } }, /^sources\.retm\.path: /],
    ['no source at all', {}, /^sources: names no source/],
    ['a list', [], /^sources: /],
    ['a source that is a text', { retm: 'x' }, /^sources\.retm: /],
    [
      'an unknown key of a source',
      { kitchen: { kind: 'retm', tokenDir: '/x' } },
      /^sources\.kitchen\.tokenDir: .*tokensDir/,
    ],
  ] as const) {
    it(`refuses ${what} among sources`, () => {
      const found = faults({ sources })
      expect(found).to.have.length(1)
      expect(found[0]).to.match(fault)
    })
  }
  it('refuses refs that are given twice or begin with no source, and an endpoint without urls and refs', () => {
    const endpoint = (more: object) => faults({ endpoints: [{ name: 'a', ...more }] })
    expect(endpoint({ refs: ['retm:1'] })).to.deep.equal([])
    expect(endpoint({ refs: ['retm:1', 'retm:1'] })).to.match(
      /^endpoints\[0\]\.refs\[1\]: is the same as endpoints\[0\]\.refs\[0\]/,
    )
    expect(endpoint({ refs: ['rtem:1'] })).to.match(
      /^endpoints\[0\]\.refs\[0\]: rtem:1 begins with no configured source.*: retm/,
    )
    expect(endpoint({ refs: ['no-ref'] })).to.match(/^endpoints\[0\]\.refs\[0\]: "no-ref" is not allowed/)
    expect(endpoint({})).to.match(/^endpoints\[0\]\.urls: is missing; write urls, or refs/)
  })
  it('refuses a secret whose environment variable is empty', () => {
    expect(faults({ admin: { apiToken: { env: 'NOPE' } } })).to.match(/admin\.apiToken\.env: .*NOPE/)
    expect(faults({ sources: { retm: { tokens: [{ tenant: 'a', env: 'T' }] } } }, { T: 'x' })).to.deep.equal([])
  })
  it('shows an example of what is right, and no regular expression', () => {
    const wrong = [
      { ingest: { host: 5, port: 'x', bodyLimit: 'x' }, admin: { externalUrl: 'x', apiToken: 'x' } },
      { sources: { retm: { tokens: [{ tenant: '-', file: '/x' }], tokensDir: 5 } } },
      {
        endpoints: [
          { name: '-', urls: [5], probe: { url: 'x', expect: ['9xx'], headers: [{ name: 'a:b', env: '1' }] } },
        ],
      },
      { canary: { url: 'x' }, journal: { url: 'x', spill: {} }, metrics: 5 },
    ]
    for (const line of wrong.flatMap((document) => [...faults(document)])) {
      if (/the environment variable 1 is/.test(line)) continue
      expect(line)
        .to.include('for example')
        .and.not.match(/\^|\[A-Z|\\s/)
    }
  })
  it('gives examples that are valid themselves', () => {
    for (const key of ['admin', 'sources', 'endpoints', 'outbound', 'incidents', 'journal'] as const)
      expect(faults({ [key]: exampleOf(ConfigSchema.properties[key] as never) }), key).to.deep.equal([])
  })
  for (const [key, document] of [
    ['admin.apiToken', { admin: { apiToken: { env: 'SECRET' } } }],
    ['admin.metricsToken', { admin: { metricsToken: { env: 'SECRET' } } }],
    ['canary.secret', { canary: { url: 'https://a.example/', secret: { env: 'SECRET' } } }],
    ['recovery.token', { recovery: { token: { env: 'SECRET' } } }],
    ['simulation.secret', { simulation: { secret: { env: 'SECRET' } } }],
  ] as const) {
    it(`refuses a ${key} of fewer than 32 characters, and says how to make one`, () => {
      const [fault, ...more] = faults(document, { SECRET: 'x'.repeat(31) })
      expect(more).to.deep.equal([])
      expect(fault).to.match(new RegExp(`^${key}\\.env: .*SECRET has 31 characters; write at least 32.*openssl rand`))
      expect(faults(document, { SECRET: `${'x'.repeat(32)}\n` })).to.deep.equal([])
      expect(faults(document, { SECRET: `${'x'.repeat(40)}\nshort` })).to.have.length(1)
    })
  }
  it('accepts every documented form in outbound.allow, and says of others what is wrong', () => {
    const allow = ['app', 'app.a:80', '127.0.0.1', '127.0.0.1:9000', '[::1]:9000', 'fd00::1', '10.0.0.0/8', 'fd00::/8']
    expect(faults({ outbound: { allow } })).to.deep.equal([])
    for (const [text, why] of [
      ['http://app:80', /is a URL/],
      ['*.internal', /wildcard/],
      ['10.0.0.0/8:80', /network with a port/],
      ['10.0.0.0/40', /is not a network/],
      ['app:0', /port from 1 to 65535/],
      ['127.0.0.1:65536', /port from 1 to 65535/],
      ['127.1:80', /not understood/],
    ] as const)
      expect(faults({ outbound: { allow: [text] } })[0], text)
        .to.match(why)
        .and.include('10.1.2.3:8080')
  })
  it('refuses one port for both listeners', () => {
    expect(faults({ ingest: { port: 9464 } })).to.match(/^admin\.port: 9464/)
    expect(faults({ ingest: { port: 9464, host: '0.0.0.0' } })).to.match(/^admin\.port: 9464/)
    expect(faults({ ingest: { port: 0 }, admin: { port: 0 } })).to.deep.equal([])
    expect(faults({ ingest: { port: 9464, host: '127.0.0.2' } })).to.deep.equal([])
  })
  for (const document of [[], 'text', 5]) {
    it(`refuses ${JSON.stringify(document)} in place of the document`, () => {
      expect(faults(document)).to.match(/mapping/)
    })
  }
})
