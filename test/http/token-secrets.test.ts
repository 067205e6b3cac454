import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { report } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const long = (name: string) => `${name}-of-the-token-secrets-test-0123456789`

describe('secrets of a running service', function () {
  this.timeout(120_000)
  afterEach(stopServices)

  it('revokes a leaked token at once while two other tenants share one', async () => {
    const tokensDir = tempFolder()
    const write = (tenant: string, text: string) => writeFileSync(join(tokensDir, tenant), text)
    write('a', 'shared-token\nown-a\n')
    write('b', 'shared-token\n')
    write('c', 'leaked-c\nkept-c\n')
    const service = await startService({ config: { sources: { retm: { tokensDir } } } })
    const status = async (token: string) =>
      (await report(service.ingest, undefined, { Authorization: `Bearer ${token}` })).status
    expect([await status('shared-token'), await status('own-a'), await status('leaked-c')]).to.deep.equal([
      401, 202, 202,
    ])
    write('c', 'kept-c\n')
    await until('the revocation', async () => (await status('leaked-c')) === 401)
    expect([await status('own-a'), await status('kept-c')]).to.deep.equal([202, 202])
    const warnings = service.log().filter(({ msg }) => /the tenants a, b share one token/.test(String(msg)))
    expect(warnings).to.have.length(1)
    expect(service.stdout.join()).not.to.match(/shared-token|leaked-c/)
  })

  it('keeps no token of a file: a heap snapshot shows none', async () => {
    const folder = tempFolder()
    const tokensDir = tempFolder()
    const secrets = { merchant: long('merchant'), old: long('old'), api: long('api') }
    writeFileSync(join(tokensDir, 'tenant-of-the-snapshot'), secrets.old)
    writeFileSync(join(folder, 'api'), secrets.api)
    const service = await startService({
      config: { admin: { apiToken: { file: join(folder, 'api') } }, sources: { retm: { tokensDir } } },
      nodeArgs: ['--heapsnapshot-signal=SIGUSR2', `--diagnostic-dir=${folder}`],
    })
    writeFileSync(join(tokensDir, 'tenant-of-the-snapshot'), secrets.merchant)
    await until('the rotation', () => service.log().some(({ msg }) => msg === 'tokens reloaded'))
    service.child.kill('SIGUSR2')
    const snapshot = await until(
      'the snapshot',
      () => {
        const name = readdirSync(folder).find((file) => file.endsWith('.heapsnapshot'))
        const text = name ? readFileSync(join(folder, name), 'utf8') : ''
        return text.trimEnd().endsWith('}') && text
      },
      60_000,
    )
    expect(snapshot).to.include('tenant-of-the-snapshot')
    for (const secret of Object.values(secrets)) expect(snapshot.includes(secret), secret).to.equal(false)
  })

  it('rejects a rotation to a short admin token, and keeps the previous one', async () => {
    const folder = tempFolder()
    const [api, metrics] = [join(folder, 'api'), join(folder, 'metrics')]
    writeFileSync(api, long('first'))
    writeFileSync(metrics, long('metrics'))
    const service = await startService({
      config: { admin: { apiToken: { file: api }, metricsToken: { file: metrics } } },
    })
    const status = async (path: string, token: string) =>
      (await fetch(`${service.admin}${path}`, { headers: { Authorization: `Bearer ${token}` } })).status
    writeFileSync(api, 'short')
    writeFileSync(metrics, 'brief')
    await until(
      'both rejections',
      () => service.log().filter(({ msg }) => /has 5 characters/.test(String(msg))).length === 2,
    )
    expect([await status('/api/v1/failures', 'short'), await status('/metrics', 'brief')]).to.deep.equal([401, 401])
    expect(await status('/api/v1/failures', long('first'))).to.equal(200)
    expect(await status('/metrics', long('metrics'))).to.equal(200)
    const [line] = service.log().filter(({ msg }) => /has 5 characters/.test(String(msg)))
    expect(line!['msg']).to.match(/^admin\.\w+: .*write at least 32.*stay in force$/)
    writeFileSync(api, long('second'))
    await until('the rotation', async () => (await status('/api/v1/failures', long('second'))) === 200)
  })

  for (const [place, config] of [
    ['admin.apiToken', (file: string) => ({ admin: { apiToken: { file } } })],
    ['admin.metricsToken', (file: string) => ({ admin: { metricsToken: { file } } })],
    ['canary.secret', (file: string) => ({ canary: { url: 'http://127.0.0.1:9/', secret: { file } } })],
  ] as const) {
    it(`does not start with a ${place} that is too short`, async () => {
      const file = join(tempFolder(), 'secret')
      writeFileSync(file, 'x'.repeat(31))
      const service = await startService({ config: config(file), wait: false })
      expect((await service.exited).code).to.equal(2)
      expect(service.stderr.join('\n')).to.include(
        `${place}.file: the secret in ${file} has 31 characters; write at least 32`,
      )
    })
  }

  it('says once that OTLP exporters for metrics and logs are ignored', async () => {
    const service = await startService({ env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' } })
    const lines = service
      .log()
      .filter(({ msg }) => /OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER: ignored/.test(String(msg)))
    expect(lines).to.have.length(1)
  })
})
