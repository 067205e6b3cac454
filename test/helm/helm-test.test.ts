import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { tempFolder } from '../support/temp.ts'
import { exec, imageEntrypoint } from './support/container.ts'
import { wayIn } from './support/golden.ts'
import { render, rendering, requireHelm, the, withValues } from './support/helm.ts'
import { helmTest, killStarted, start } from './support/running.ts'

describe('the service with what the chart renders', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })
  afterEach(killStarted)

  it('passes the way-in of helm test, which records nothing', async () => {
    const service = await start({ tokens: { create: { 'merchant-a': 'a-token-of-the-test' } } })
    const folder = (name: string, token?: string) => {
      const path = join(tempFolder(), name)
      mkdirSync(path)
      if (token) writeFileSync(join(path, 'merchant-a'), `${token}\n`)
      return path
    }
    const known = await helmTest(service.objects, service.ingest, folder('known', 'a-token-of-the-test'))
    expect(known, known.output).to.include({ code: 0 })
    expect(known.output).to.include('answers and knows the token')
    const none = await helmTest(service.objects, service.ingest, folder('none'))
    expect(none, none.output).to.include({ code: 0 })
    expect(none.output).to.include('refuses a request without a token')
    const unknown = await helmTest(service.objects, service.ingest, folder('unknown', 'another-token'), '0')
    expect(unknown, unknown.output).to.include({ code: 1 })
    expect(unknown.output).to.include('answered 401')
    const elsewhere = await helmTest(service.objects, service.admin, folder('elsewhere', 'a-token-of-the-test'))
    expect(elsewhere, elsewhere.output).to.include({ code: 1 })
    const metrics = await (await fetch(`${service.admin}/metrics`)).text()
    expect(metrics).to.match(/^webhook_exporter_reports_total\{[^}]*outcome="recorded"[^}]*\} 0$/m)
  })

  it('answers the canary of helm test where there is one, and no other’s', async () => {
    const values = {
      canary: { existingSecret: 'c' },
      config: { canary: { url: 'https://errors.example.com/webhooks/error' } },
    }
    const service = await start({ ...values, tokens: { create: { 'merchant-a': 'the-token-of-the-test-0123456789' } } })
    const { args, env } = the(service.objects, 'Pod')['spec'].containers[0] as {
      args: string[]
      env: { name: string }[]
    }
    expect(args.slice(0, 2)).to.deep.equal(['verify', '--only-receive'])
    expect(env.map(({ name }) => name)).to.deep.equal(['CONFIG_FILE'])
    const local = args.map((word) => (word.startsWith('http://') ? service.ingest + new URL(word).pathname : word))
    expect(args.slice(-2)).to.deep.equal(['--retry-for', '2m'])
    const verify = (...more: string[]) =>
      exec([...imageEntrypoint(), ...local, ...more], { CONFIG_FILE: service.env['CONFIG_FILE']! })
    const known = await verify()
    expect(known, known.output).to.include({ code: 0 })
    expect(known.output).to.include('canary came back')
    const metrics = await (await fetch(`${service.admin}/metrics`)).text()
    expect(metrics).to.match(/^webhook_exporter_reports_total\{[^}]*outcome="recorded"[^}]*\} 0$/m)
    const token = service.path('/etc/webhook-error-exporter/canary/token')
    writeFileSync(token, 'a-token-that-comes-later-0123456789')
    expect(await verify('--retry-for', '0s')).to.include({ code: 1 })
    // As the kubelet brings it: to this pod at once, to the service later.
    const waiting = verify()
    setTimeout(() => writeFileSync(join(service.tokensDir, 'merchant-b'), 'a-token-that-comes-later-0123456789'), 500)
    expect(await waiting).to.include({ code: 0 })
  })

  it('verifies in helm test where simulation.existingSecret is set, as far as the pod can reach', async () => {
    const admin = { apiToken: { existingSecret: 't' } }
    const values = { simulation: { existingSecret: 's' }, tokens: { create: { 'merchant-a': 'a-token-of-the-test' } } }
    const service = await start({ ...values, admin })
    const { args, env, volumeMounts } = the(service.objects, 'Pod')['spec'].containers[0]
    expect(args.slice(0, 3)).to.deep.equal([
      'verify',
      '--ingest',
      'http://demo-webhook-error-exporter.ns.svc:8080/webhooks/error',
    ])
    expect(args).to.include('--admin').and.include('http://demo-webhook-error-exporter-admin.ns.svc:9464')
    expect(env.map(({ name }: { name: string }) => name)).to.deep.equal(['CONFIG_FILE'])
    expect(volumeMounts.map(({ name }: { name: string }) => name)).to.deep.equal([
      'config',
      'tokens',
      'admin-tokens',
      'simulation',
      'tmp',
    ])
    const local = (args as string[]).map((word) => {
      const { host, pathname } = URL.parse(word) ?? {}
      if (host === undefined || host === '') return word
      return host.endsWith(':9464') ? service.admin : service.ingest + pathname
    })
    const verify = (...more: string[]) =>
      exec([...imageEntrypoint(), ...local, ...more], { CONFIG_FILE: service.env['CONFIG_FILE']! })
    const good = await verify('--json')
    expect(good, good.output).to.include({ code: 0 })
    const hops = JSON.parse(good.output).hops as { name: string; status: string }[]
    const ok = hops.filter(({ status }) => status === 'ok').map(({ name }) => name)
    expect(ok, good.output).to.include.members(['report accepted', 'counted on /metrics', 'resolved through the API'])
    const other = join(tempFolder(), 'secret')
    writeFileSync(other, 'another-secret-of-the-test-0123456789')
    const broken = await verify('--secret-file', other)
    expect(broken, broken.output).to.include({ code: 1 })
    expect(broken.output).to.include('did not accept its mark')

    // Nothing could close the incident; a policy keeps the pod from the admin port; another replica may have counted.
    const unreachable = [
      {},
      { admin, networkPolicy: { enabled: true, monitoringNamespaceSelector: { a: 'b' } } },
      { admin, journal: { existingSecret: 'j' } },
    ]
    for (const more of unreachable) {
      const objects = await withValues({ ...values, ...more }, async (words) => (await render('4', words)).objects)
      const pod = objects.find(({ kind }) => kind === 'Pod')!
      expect(pod['spec'].containers[0].args.slice(2)).to.deep.equal([args[2], '--source', 'retm', '--retry-for', '2m'])
    }
  })

  it('waits in helm test until the service knows a new token', async () => {
    const service = await start({ simulation: { existingSecret: 's' } })
    const pod = the(service.objects, 'Pod')['spec'].containers[0]
    const local = (pod.args as string[]).map((word) =>
      URL.canParse(word) ? service.ingest + new URL(word).pathname : word,
    )
    const credential = join(tempFolder(), 'token')
    writeFileSync(credential, 'a-token\n')
    const verify = (...more: string[]) =>
      exec([...imageEntrypoint(), ...local, '--credential-file', credential, ...more], {
        CONFIG_FILE: service.env['CONFIG_FILE']!,
      })
    const early = await verify('--retry-for', '0s')
    expect(early, early.output).to.include({ code: 1 })
    expect(early.output).to.include('answered 401')
    const waiting = verify()
    mkdirSync(service.tokensDir, { recursive: true })
    setTimeout(() => writeFileSync(join(service.tokensDir, 'merchant-a'), 'a-token\n'), 1_000)
    const result = await waiting
    expect(result, result.output).to.include({ code: 0 })
  })

  it('runs the script of the chart’s files in helm test', async () => {
    const command = the((await rendering('4', 'default')).objects, 'Pod')['spec'].containers[0].command as string[]
    expect(command.map((word) => basename(word)).slice(0, 3)).to.deep.equal(['node', '--input-type=module', '--eval'])
    expect(command[3]!.trimEnd()).to.equal(wayIn())
  })
})
