import { expect } from 'chai'
import { ConfigSchema } from '../src/config/schema.ts'
import { faults } from './config-support.ts'

type Schema = {
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  items?: Schema
}

describe('parseConfig, of what is wrong', () => {
  it('names every fault at once, each with its key, the value and the fix', () => {
    const found = faults({
      ingest: { prot: 1, port: 70_000, answerTimeout: 'soon' },
      admin: { apiToken: { file: 'a', env: 'B' } },
      endpoints: [{ name: 'a', urls: [] }, { urls: ['https://x/'] }],
      metrics: { tenantLabel: 'yes' },
      journal: { url: 'mysql://root:hunter2@db/x' },
      sources: { rtem: {} },
    })
    const expected: readonly RegExp[] = [
      /^ingest\.prot: .*did you mean port\?/,
      /^ingest\.port: 70000 .*0 to 65535/,
      /^ingest\.answerTimeout: "soon" .*duration/,
      /^admin\.apiToken: .*Either file or env/,
      /^endpoints\[0\]\.urls: .*write a list of 1 to 100,/,
      /^endpoints\[1\]\.name: is missing/,
      /^metrics\.tenantLabel: "yes" .*true or false/,
      /^journal\.url: /,
      /^sources\.rtem: .*did you mean retm\?/,
    ]
    for (const line of expected)
      expect(
        found.filter((fault) => line.test(fault)),
        String(line),
      ).to.have.length(1)
    expect(found).to.have.length(expected.length)
    expect(found.join()).not.to.include('hunter2')
  })
  it('names the most entries of a list that has more', () => {
    const endpoints = Array.from({ length: 501 }, (_, n) => ({ name: `e${n}`, urls: [`https://x.example/${n}`] }))
    const [fault, ...others] = faults({ endpoints })
    expect(fault).to.match(/^endpoints: .*write a list of at most 500,/)
    expect(others).to.deep.equal([])
  })
  it('reports what only the whole can show beside what is wrong in one place', () => {
    const found = faults({
      ingest: { prot: 1, answerTimeout: '5m' },
      admin: { port: 8080, apiToken: { env: 'NOPE' }, metricsToken: {} },
      endpoints: [
        { name: 'a', urls: ['https://x.example/'], team: 5 },
        { name: 'b', urls: [] },
        { name: 'a', urls: ['https://y.example/?q', 'https://x.example'] },
        { name: 'other', urls: ['https://z.example/'], probe: { headers: [5, { name: 'A', env: 'NOPE' }] } },
      ],
      outbound: { allow: [5, 'no such thing!'] },
    })
    const expected = [
      'ingest.prot: unknown key',
      'ingest.answerTimeout: "5m" is out of range',
      'admin.port: 8080 is the ingest',
      'admin.apiToken.env: the environment variable NOPE',
      'admin.metricsToken: has nothing; write exactly 1 of file, env',
      'endpoints[0].team: 5 is not',
      'endpoints[1].urls: [] is not',
      'endpoints[2].name: endpoints[0] is called a',
      'endpoints[2].urls[0]: https://y.example/ has a query',
      'endpoints[2].urls[1]: means the same as endpoints[0].urls[0]',
      'endpoints[3].name: other is reserved',
      'endpoints[3].probe.headers[0]: its value is not',
      'endpoints[3].probe.headers[1].env: the environment variable NOPE',
      'outbound.allow[0]: 5 is not',
      'outbound.allow[1]: "no such thing!" is not understood',
    ]
    for (const start of expected)
      expect(
        found.filter((line) => line.startsWith(start)),
        start,
      ).to.have.length(1)
    expect(found).to.have.length(expected.length)
  })
  it('reports no fault of a default that replaces a faulty value', () => {
    expect(faults({ ingest: { port: 'x' }, admin: { port: 8080 } })).to.have.length(1)
    expect(faults({ journal: { url: 'x', spill: { path: '/s' } } })).to.have.length(1)
    expect(faults({ journal: { spill: { path: '/s' }, passwordFile: '/p' } })).to.deep.equal([
      'journal.spill: is for a PostgreSQL journal; remove it, or write a postgres:// URL to journal.url',
      'journal.passwordFile: is for a PostgreSQL journal; remove it, or write a postgres:// URL to journal.url',
    ])
    const endpoints = Array.from({ length: 200 }, (_, at) => ({ name: `e${at}`, urls: [`https://e${at}.example/`] }))
    expect(faults({ endpoints, metrics: { seriesLimit: 'x' } })).to.have.length(1)
  })
  it('names an address that no socket can take', () => {
    expect(faults({ ingest: { host: 'not a host' } })).to.match(
      /^ingest\.host: "not a host" is not allowed; .*"0\.0\.0\.0"/,
    )
    expect(faults({ admin: { host: '[::]' } })).to.match(/^admin\.host: /)
    for (const host of ['::', 'fe80::1%eth0', 'localhost', '10.0.0.1'])
      expect(faults({ ingest: { host } })).to.deep.equal([])
  })

  it('refuses durations and sizes out of range, in either form', () => {
    expect(faults({ journal: { retention: { age: '1s' } } })).to.match(
      /journal\.retention\.age: "1s" is out of range; write 1m to/,
    )
    expect(faults({ journal: { retention: { age: 5 } } })).to.have.length(1)
    expect(faults({ ingest: { bodyLimit: '1GiB' } })).to.match(/1KiB to 1MiB/)
  })
  it('names every key of the schema whose value is wrong, whatever it is', () => {
    const wrong = { nonsense: ['hunter2'] }
    const places: [place: string, document: unknown][] = []
    const walk = (schema: Schema, place: string, wrap: (value: unknown) => unknown) => {
      if (place) places.push([place, wrap(wrong)])
      for (const [key, child] of Object.entries(schema.properties ?? {}))
        walk(child, place ? `${place}.${key}` : key, (value) => wrap({ [key]: value }))
      for (const child of Object.values(schema.patternProperties ?? {}))
        walk(child, `${place}[5]`, (value) => wrap({ 5: value }))
      if (schema.items) walk(schema.items, `${place}[0]`, (value) => wrap([value]))
    }
    walk(ConfigSchema as Schema, '', (value) => value)
    expect(places).to.have.length.above(50)
    for (const [place, document] of places)
      expect(
        faults(document).filter((line) => line.startsWith(`${place}:`) || line.startsWith(`${place}.nonsense:`)),
        `${place}: ${faults(document)}`,
      ).to.have.length.above(0)
  })
  it('shows no secret that was written in the wrong place', () => {
    const found = faults({
      admin: { apiToken: 'hunter2', metricsToken: { file: ['hunter2'] }, externalUrl: 'https://ops:hunter2@host' },
      sources: {
        retm: { tokens: ['hunter2', { tenant: 'a', env: 'hunter2-hunter2' }, { tenant: 'b', token: 'hunter2' }] },
      },
      canary: { url: 'https://a.example/', secret: 'hunter2' },
      endpoints: [{ name: 'a', urls: ['https://a/'], probe: { headers: [{ name: 'A', value: 'hunter2' }] } }],
      journal: { url: 'mysql://root:p@ss/hunter2@db/x' },
    })
    expect(found).to.have.length.above(7)
    expect(found.join('\n')).not.to.include('hunter2')
  })
  it('reports a misspelled key that has no value, at any depth', () => {
    expect(faults({ ingset: null })).to.match(/^ingset: unknown key; did you mean ingest\?/)
    expect(faults({ sources: { retm: { tokenDir: null } } })).to.match(/^sources\.retm\.tokenDir: .*tokensDir/)
    expect(faults({ endpoints: [{ name: 'a', urls: ['https://x/'], probe: { ulr: null } }] })).to.match(/probe\.ulr: /)
  })
  it('checks what is left of an entry with a gap, so that one run reports everything', () => {
    const found = faults({
      endpoints: [{ urls: ['ftp://x'] }, { name: '-', urls: [5, 'https://y/?q'] }, { name: 'a', urls: ['https://z/'] }],
      canary: { token: { env: 'NOPE' } },
    })
    for (const start of [
      'endpoints[0].name: is missing',
      'endpoints[0].urls[0]: ftp://x',
      'endpoints[1].name: ',
      'endpoints[1].urls[0]: 5',
      'endpoints[1].urls[1]: https://y/ has a query',
      'canary.url: is missing',
      'canary.secret: is missing',
      'canary.token.env: ',
    ])
      expect(
        found.filter((line) => line.startsWith(start)),
        `${start} in ${found}`,
      ).to.have.length(1)
    expect(found).to.have.length(8)
  })
  it('names the variable that a wrong value came from', () => {
    expect(faults({}, { INGEST_PORT: 'abc', JOURNAL_URL: 'x' })).to.satisfy(
      ([port, url]: string[]) =>
        port!.startsWith('ingest.port: "abc" (from INGEST_PORT) is') && url!.includes('JOURNAL_URL'),
    )
  })
})
