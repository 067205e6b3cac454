import { expect } from 'chai'
import { type ConfigError, parseConfig } from '../src/config/config.ts'

/** Faulty sections of sources, and what is said about each. */
const FAULTS: readonly (readonly [name: string, source: Record<string, unknown>, fault: RegExp])[] = [
  [
    'a word that is no auth',
    { kind: 'retm', auth: 'hmac' },
    /^sources\.x\.auth: "hmac" is not allowed; write none or bearer\..*kind: hmac/,
  ],
  [
    'an unknown kind of auth',
    { kind: 'retm', auth: { kind: 'jwt' } },
    /^sources\.x\.auth\.kind: "jwt" is not allowed; write hmac or/,
  ],
  [
    'hmac without a header',
    { kind: 'retm', auth: { kind: 'hmac' } },
    /^sources\.x\.auth\.header: is missing; write a text/,
  ],
  ['a misspelled key', { kind: 'retm', auth: { kind: 'basic', user: 'a' } }, /^sources\.x\.auth\.user: unknown key/],
  [
    'a template without the body',
    { kind: 'retm', auth: { kind: 'hmac', header: 'A', signed: '{id}' } },
    /^sources\.x\.auth\.signed: must contain \{body\} once; write body/,
  ],
  [
    'a timestamp that is not signed',
    { kind: 'retm', auth: { kind: 'hmac', header: 'A', timestampHeader: 'B' } },
    /^sources\.x\.auth\.timestampHeader: is not part of what is signed; add \{timestamp\}/,
  ],
  [
    'an id whose end could be the beginning of the body',
    { kind: 'retm', auth: { kind: 'hmac', header: 'A', signed: '{id}{body}' } },
    /^sources\.x\.auth\.signed: needs a text between \{id\} and \{body\}/,
  ],
  ...(['id', 'type', 'tenant'] as const).map(
    (key) =>
      [
        `a value of a header that is not signed, at map.${key}`,
        {
          kind: 'generic',
          auth: { kind: 'hmac', header: 'A', signed: '{id}.{body}', unsignedHeaders: ['X-Other'] },
          map: {
            endpoint: 'header:x-other',
            code: 'header:Webhook-Id',
            lost: ['a'],
            type: '/t',
            [key]: 'header:X-New',
          },
        },
        new RegExp(
          `^sources\\.x\\.map\\.${key}: is read from the header X-New, which is not signed; .*auth\\.unsignedHeaders$`,
        ),
      ] as const,
  ),
  ...(
    [
      { tokensDir: '/x' },
      { auth: { kind: 'hmac', header: 'A' }, secretsDir: '/x' },
      { auth: { kind: 'basic' }, secrets: [{ tenant: 'a', file: '/x' }] },
      { auth: { kind: 'hmac', header: 'A', secrets: [{ tenant: 'a', file: '/x' }] } },
    ] as const
  ).map(
    (more) =>
      [
        `a tenant of the report beside ${JSON.stringify(more)}`,
        { kind: 'generic', map: { endpoint: '/u', tenant: '/t' }, ...more },
        /^sources\.x\.map\.tenant: is written beside credentials that belong to tenants.*write trusted: true/,
      ] as const,
  ),
  [
    'an ID token of anyone',
    { kind: 'pubsub', auth: { audience: 'a' } },
    /^sources\.x\.auth: has neither subjects nor emails.*write the accounts/,
  ],
  [
    'an ID token without an audience',
    { kind: 'pubsub', auth: { emails: ['a@b'] } },
    /^sources\.x\.auth\.audience: is missing/,
  ],
  [
    'a signature over a URL that is not known',
    { kind: 'twilio', secrets: [{ env: 'SET' }] },
    /^sources\.x\.url: is missing; .*write the URL/,
  ],
  [
    'a secret in two places',
    { kind: 'svix', secrets: [{ env: 'SET', file: '/x' }] },
    /^sources\.x\.secrets\[0\]: has file and env/,
  ],
  [
    'a secret that is not set',
    { kind: 'svix', secrets: [{ env: 'UNSET' }] },
    /^sources\.x\.secrets\[0\]\.env: the environment variable UNSET is empty or not set/,
  ],
  [
    'no secret',
    { kind: 'svix', secrets: [{ tenant: 'a' }] },
    /^sources\.x\.secrets\[0\]: names no secret; write file or env/,
  ],
  ['a mapping without an endpoint', { kind: 'generic', map: {} }, /^sources\.x\.map\.endpoint: is missing; .*or ref$/],
  [
    'a pointer that is none',
    { kind: 'generic', map: { endpoint: 'url' } },
    /^sources\.x\.map\.endpoint: "url" is not allowed; write a text.*JSON Pointer/,
  ],
  [
    'a bad escape in a pointer',
    { kind: 'generic', map: { endpoint: '/a~2' } },
    /^sources\.x\.map\.endpoint: "\/a~2" is not allowed/,
  ],
  [
    'a type without texts',
    { kind: 'generic', map: { endpoint: '/u', type: '/t' } },
    /^sources\.x\.map\.lost: is missing/,
  ],
  [
    'texts without a type',
    { kind: 'generic', map: { endpoint: '/u', lost: ['a'] } },
    /^sources\.x\.map\.type: is missing/,
  ],
  [
    'one text for two signals',
    { kind: 'generic', map: { endpoint: '/u', type: '/t', lost: ['a'], failing: ['a'] } },
    /^sources\.x\.map\.failing: has a text that map\.lost has too/,
  ],
]

const faultsOf = (source: Record<string, unknown>): readonly string[] => {
  try {
    parseConfig({ sources: { x: source } }, { SET: 'a-secret' })
    return []
  } catch (error) {
    return (error as ConfigError).faults
  }
}

describe('the configuration of sources', () => {
  for (const [name, source, fault] of FAULTS)
    it(`refuses ${name}, names the key and says what to write`, () => {
      const faults = faultsOf(source)
      expect(faults, JSON.stringify(faults)).to.have.length(1)
      expect(faults[0]).to.match(fault)
    })

  it('allows a tenant of the report where the source is trusted, or no credential has a tenant', () => {
    const map = { endpoint: '/u', tenant: '/t' }
    const hmac = { kind: 'hmac', header: 'A' }
    for (const more of [
      { tokensDir: '/x', trusted: true },
      { auth: 'none', tokensDir: '/x' },
      { auth: hmac, secrets: [{ file: '/x' }] },
    ])
      expect(faultsOf({ kind: 'generic', map, ...more })).to.deep.equal([])
  })

  it('fills in what each kind presets, under any name', () => {
    const { sources } = parseConfig({
      sources: {
        outpost: {},
        mine: { kind: 'convoy', auth: { tolerance: '10s' } },
        svix: {},
        knative: {},
        generic: { map: { ref: '/a' } },
      },
    })
    const auth = (name: string) => (sources[name] as unknown as { auth: unknown }).auth
    expect(auth('outpost')).to.deep.include({
      kind: 'hmac',
      header: 'X-Outpost-Signature',
      prefix: 'v0=',
      algorithm: 'sha256',
      encoding: 'hex',
      signed: 'body',
    })
    expect(auth('mine')).to.deep.include({ kind: 'hmac', header: 'X-Convoy-Signature', tolerance: 10_000 })
    expect(auth('svix')).to.deep.equal({ kind: 'standard-webhooks', tolerance: 300_000 })
    expect([auth('knative'), auth('generic')]).to.deep.equal(['none', 'bearer'])
    expect(sources['mine']!.path).to.equal('/webhooks/mine')
  })
})
