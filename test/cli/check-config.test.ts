import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { runCommand } from '../support/cli.ts'
import { report } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'

describe('check-config', function () {
  this.timeout(60_000)
  afterEach(stopServices)

  const check = (config: object, args: readonly string[] = [], env: Record<string, string> = {}) => {
    const file = join(tempFolder(), 'config.yaml')
    writeFileSync(file, stringify(config))
    return runCommand(['check-config', '--config', file, ...args], env)
  }
  const warnings = async (config: object, env: Record<string, string> = {}) => {
    const { code, out, err } = await check(config, [], env)
    expect({ code, out }, err).to.deep.equal({ code: 0, out: 'the configuration is valid\n' })
    const prefix = 'webhook-error-exporter: warning: '
    return err
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        expect(line.startsWith(prefix), line).to.equal(true)
        return line.slice(prefix.length)
      })
  }

  it('does not need the lock of the journal: next to a running service it says valid, with --deep too', async () => {
    const service = await startService()
    await report(service.ingest)
    const journal = { url: `sqlite:${join(service.folder, 'journal.db')}` }
    const valid = { code: 0, out: 'the configuration is valid\n' }
    expect(await check({ journal })).to.deep.equal({ ...valid, err: '' })
    const deep = await check({ journal }, ['--deep'])
    expect(deep).to.include(valid)
    expect(deep.err).to.match(/warning: journal\.url: another process holds .*journal\.db/)
    expect((await report(service.ingest)).status).to.equal(202)
    await service.stop()
    expect(await check({ journal }, ['--deep'])).to.deep.equal({ ...valid, err: '' })
  })

  it('opens the journal only with --deep, and says first that the configuration is valid', async () => {
    const path = join(tempFolder(), 'journal.db')
    writeFileSync(path, 'this is not a database '.repeat(400))
    const journal = { url: `sqlite:${path}` }
    expect(await check({ journal })).to.include({ code: 0, err: '' })
    const deep = await check({ journal }, ['--deep'])
    expect(deep).to.include({ code: 1, out: 'the configuration is valid\n' })
    expect(deep.err).to.match(/journal\.url: .*is damaged/)
    const away = { journal: { url: 'postgres://u@127.0.0.1:1/db' } }
    expect(await check(away)).to.include({ code: 0, err: '' })
    const unreachable = await check(away, ['--deep'])
    expect(unreachable.code).to.equal(1)
    expect(unreachable.err)
      .to.match(/does not answer/)
      .and.not.match(/tried again/)
  })

  it('finds in the proxy loops, overlapping routes and endpoints that do not exist', async () => {
    const endpoints = [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }]
    const route = { endpoint: 'orders', path: '/hooks/orders', upstream: 'http://127.0.0.1:3000' }
    const valid = await check({ endpoints, proxy: { routes: [route] } })
    expect(valid).to.deep.equal({ code: 0, out: 'the configuration is valid\n', err: '' })
    const { code, err } = await check({
      endpoints,
      proxy: {
        routes: [
          route,
          { ...route, path: '/hooks/*' },
          { ...route, path: '/loop', upstream: 'http://localhost:8081' },
          { ...route, path: '/menu', endpoint: 'menu' },
        ],
      },
    })
    expect(code).to.equal(2)
    expect(err)
      .to.match(/proxy\.routes\[0\]\.path: \/hooks\/orders overlaps with \/hooks\/\* of proxy\.routes\[1\]/)
      .and.match(/proxy\.routes\[2\]\.upstream: localhost:8081 is the proxy listener itself, which makes a loop/)
      .and.match(/proxy\.routes\[3\]\.endpoint: "menu" is not the name of an endpoint/)
  })

  it('creates nothing', async () => {
    const folder = tempFolder()
    await check({ journal: { url: `sqlite:${join(folder, 'data/journal.db')}` } }, ['--deep'])
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('reports every error in one message: schema, whole, secret files and variables', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'short'), 'too-short\n')
    writeFileSync(join(folder, 'empty'), '')
    const { code, out, err } = await check(
      {
        ingset: null,
        admin: { port: 8080, apiToken: { file: join(folder, 'short') }, metricsToken: { file: join(folder, 'empty') } },
        endpoints: [{ name: 'a', urls: ['ftp://x'] }, { name: 'a' }],
        canary: { url: 'https://errors.shop.example/', secret: { file: join(folder, 'short') } },
      },
      [],
      { LOG_LEVEL: 'loud', OTEL_TRACES_EXPORTER: 'zipkin' },
    )
    expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    for (const start of [
      'ingset: unknown key',
      'endpoints[0].urls[0]: ftp://x',
      'endpoints[1].name: endpoints[0] is called a',
      'endpoints[1].urls: is missing',
      "admin.port: 8080 is the ingest listener's",
      `admin.apiToken.file: the secret in ${join(folder, 'short')} has 9 characters; write at least 32`,
      `canary.secret.file: the secret in ${join(folder, 'short')} has 9 characters`,
      'LOG_LEVEL: "loud"',
      'OTEL_TRACES_EXPORTER: "zipkin"',
    ])
      expect(err).to.include(`\n  ${start}`)
    expect(err).to.include('has 9 faults').and.not.include('too-short')
  })

  it('warns of tokens that are not there', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'tokens'))
    mkdirSync(join(folder, 'none'))
    for (const [name, text] of [
      ['a', 'same-token'],
      ['b', 'same-token'],
      ['c', '\n'],
      ['d', 'two words'],
    ] as const)
      writeFileSync(join(folder, 'tokens', name), text)
    const retm = (source: object) => warnings({ sources: { retm: source } })
    expect(await retm({ tokensDir: join(folder, 'missing') })).to.match(/^sources\.retm\.tokensDir: .*does not exist/)
    expect(await retm({ tokensDir: join(folder, 'none') })).to.match(/is empty; add one file per tenant/)
    const found = await retm({
      tokensDir: join(folder, 'tokens'),
      tokens: [{ tenant: 'x', file: join(folder, 'nope') }],
    })
    expect(found).to.have.length(4)
    expect(found.join('\n'))
      .to.match(/tokens\[0\]\.file: .*nope: it does not exist/)
      .and.match(/tokens\/c: it holds no token/)
      .and.match(/tokens\/d: a line is not a token/)
      .and.match(/the tenants a, b share one token/)
      .and.not.include('same-token')
    expect(await retm({ auth: 'none', tokensDir: join(folder, 'missing') })).to.deep.equal([])
  })

  it('warns of successes that prove nothing, since they could be sent again', async () => {
    const map = { type: '/t', recovered: ['up'], delivered: ['ok'], ref: '/r', id: '/id', time: '/at' }
    const { id: _, ...withoutId } = map
    const { time: __, ...withoutTime } = map
    const hmac = { kind: 'hmac', header: 'X' }
    const timed = { ...hmac, signed: '{timestamp}.{body}' }
    const of = (auth: unknown, mapped: object = map) =>
      warnings({ sources: { x: { kind: 'generic', auth, map: mapped, secrets: [{ env: 'S' }] } } }, { S: 'a-secret' })
    for (const [auth, mapped, fix] of [
      ['none', map, /sign id and time/],
      [{ ...hmac, unsignedHeaders: ['Y'] }, map, /sign id and time/],
      [timed, withoutId, /write map\.id$/],
      [hmac, withoutTime, /write map\.time/],
      [hmac, { ...withoutTime, delivered: [] }, /write map\.time/],
    ] as const) {
      const [found, ...others] = await of(auth, mapped)
      expect(found)
        .to.match(/^sources\.x\.map: recovered( and delivered)? may prove nothing/)
        .and.match(fix)
      expect(others).to.deep.equal([])
    }
    for (const [auth, mapped] of [
      [hmac, map],
      [timed, withoutTime],
      ['none', { ref: '/r' }],
    ] as const)
      expect(await of(auth, mapped)).to.deep.equal([])
  })

  it('warns of files that are not there', async () => {
    const found = await warnings({
      admin: { apiToken: { file: '/nope/api' }, metricsToken: { file: '/nope/metrics' } },
      canary: { url: 'https://a.example/', token: { file: '/nope/token' }, secret: { file: '/nope/secret' } },
      endpoints: [{ name: 'a', urls: ['https://a.example/'], probe: { caFile: '/nope/ca' } }],
    })
    for (const place of [
      'admin.apiToken.file',
      'admin.metricsToken.file',
      'canary.token.file',
      'canary.secret.file',
      'endpoints[0].probe.caFile',
    ])
      expect(
        found.filter((line) => line.startsWith(`${place}: /nope/`) && line.includes('does not exist')),
        place,
      ).to.have.length(1)
    expect(found).to.have.length(5)
  })

  it('warns of a journal that could not be created', async () => {
    const file = join(tempFolder(), 'file')
    writeFileSync(file, '')
    const journal = (path: string) => warnings({ journal: { url: `sqlite:${path}` } })
    for (const [path, why] of [
      ['/does/not/exist/journal.db', /folder \/does\/not\/exist does not exist|not writable/],
      [`${file}/journal.db`, /is not a folder/],
      [tempFolder(), /it is a folder; name a file in it/],
      ['/proc/nope/journal.db', /no file can be created on proc/],
    ] as const)
      expect(await journal(path), path)
        .to.have.length(1)
        .and.match(why)
    expect(await journal(join(tempFolder(), 'data/journal.db'))).to.deep.equal([])
  })

  it('warns of probes that would not be sent', async () => {
    const endpoint = (name: string, urls: string[], probe: object = { interval: '1m' }) => ({ name, urls, probe })
    const refused = [
      endpoint('v4', ['http://10.1.2.3/']),
      endpoint('v6', ['http://[fd00::1]:8080/']),
      endpoint('local', ['http://localhost:3000/']),
      endpoint('cluster', ['http://app.shop.svc/']),
      endpoint('own', ['https://a.example/'], { url: 'http://192.168.1.1/', interval: '1m' }),
    ]
    const without = [
      endpoint('two', ['https://b.example/', 'https://c.example/']),
      endpoint('pattern', ['https://d.example/*'], { method: 'GET' }),
    ]
    const found = await warnings({ endpoints: [...refused, ...without] })
    expect(found.map((line) => line.split(':')[0])).to.deep.equal([
      ...[0, 1, 2, 3].map((index) => `endpoints[${index}].urls[0]`),
      'endpoints[4].probe.url',
      'endpoints[5].probe',
      'endpoints[6].probe',
    ])
    expect(found[1]).to.include('outbound: {allow: ["[fd00::1]:8080"]}')
    expect(found[5]).to.match(/two has 2 URLs and no probe\.url/)

    const allow = found.slice(0, 5).map((line) => /allow: \["([^"]*)"/.exec(line)![1])
    const fine = [
      endpoint('public', ['https://1.1.1.1/']),
      endpoint('unscheduled', ['http://10.9.9.9/'], {}),
      endpoint('internal', ['https://e.example/', 'https://f.example/'], {
        internalUrl: 'http://10.8.8.8/',
        interval: '1m',
      }),
    ]
    expect(await warnings({ endpoints: [...refused, ...fine], outbound: { allow } })).to.deep.equal([])
  })

  it('warns of OTLP exporters that have no effect', async () => {
    expect(await warnings({}, { OTEL_METRICS_EXPORTER: 'otlp' })).to.match(/^OTEL_METRICS_EXPORTER: ignored/)
    expect(await warnings({}, { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: '' })).to.deep.equal([])
  })
})
