import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { parse } from 'yaml'
import { tempFolder, until } from '../support/temp.ts'
import { wayIn } from './support/golden.ts'
import { CASES, type KubernetesObject, render, rendering, requireHelm, the, withValues } from './support/helm.ts'
import { podsOf } from './support/policy-rules.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Mounted {
  readonly env: Record<string, string>
  /** Program and arguments, as image and rendering say them. */
  readonly command: readonly string[]
  /** Where a path of the container is here. */
  readonly path: (inContainer: string) => string
}

/** What a kubelet does for the stand-alone container, with a folder for its root: volumes, environment, command. */
function mount(objects: readonly KubernetesObject[]): Mounted {
  const root = tempFolder()
  const pod = podsOf(objects).find(({ owner }) => /^(StatefulSet|Deployment)/.test(owner))
  // The sidecar form's own release has no pod; its configuration is mounted all the same.
  const container = pod?.containers.find(({ name }) => name === 'webhook-error-exporter')?.spec
  const path = (inContainer: string) => join(root, inContainer)
  const folder = (name: string) => {
    mkdirSync(path(name), { recursive: true })
    return path(name)
  }
  folder('/data')
  const write = (at: string, data: Record<string, string>) => {
    for (const [key, text] of Object.entries(data)) writeFileSync(join(folder(at), key), text)
  }
  const config = the(
    objects.filter(({ metadata }) => !/-(dashboard|extra)/.test(metadata.name)),
    'ConfigMap',
  )['data']
  for (const { name, mountPath } of container?.volumeMounts ?? []) {
    const volume = pod!.spec.volumes.find((it: { name: string }) => it.name === name)
    const secret = objects.find(
      ({ kind, metadata }) => kind === 'Secret' && metadata.name === volume?.secret?.secretName,
    )
    if (volume?.configMap && mountPath.endsWith('/config')) write(mountPath, config)
    else if (secret) write(mountPath, decoded(secret['data']))
    else if (volume?.secret?.items) {
      for (const { path: item } of volume.secret.items)
        write(mountPath, { [item]: `the-${item}-of-the-test-0123456789\n` })
    } else if (volume?.projected) {
      for (const source of volume.projected.sources)
        for (const { path: item } of source.secret.items) {
          const text = item === 'url' ? `sqlite:${path('/data')}/x.db` : `the-${item}-of-the-test-0123456789`
          write(mountPath, { [item]: `${text}\n` })
        }
    }
  }
  if (!container) write('/etc/webhook-error-exporter/config', config)

  const env: Record<string, string> = { ...imageEnvironment() }
  for (const { name, value } of container?.env ?? []) env[name] = value ?? `the-${name}-of-the-test-0123456789`
  env['CONFIG_FILE'] = path(env['CONFIG_FILE'] ?? '/etc/webhook-error-exporter/config/config.yaml')
  // Paths of the container, wherever the configuration has them.
  const file = env['CONFIG_FILE']
  const here = (text: string) =>
    text.replaceAll(/(^|[\s:"'])(\/(?:data|etc|var)\/)/g, (_, before, at) => `${before}${root}${at}`)
  writeFileSync(file, here(readFileSync(file, 'utf8')))
  for (const name of ['JOURNAL_URL_FILE', 'JOURNAL_PASSWORD_FILE']) if (env[name]) env[name] = path(env[name])
  env['JOURNAL_URL'] = env['JOURNAL_URL']!.startsWith('sqlite:')
    ? here(env['JOURNAL_URL']!)
    : `sqlite:${path('/data')}/x.db`
  mkdirSync(join(env['JOURNAL_URL'].slice('sqlite:'.length), '..'), { recursive: true })
  return { env, command: [...imageEntrypoint(), ...(container?.args ?? [])], path }
}

const decoded = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]))

const dockerfile = () => readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

/** What the image sets, but for its own folders. */
function imageEnvironment(): Record<string, string> {
  const blocks = [...dockerfile().matchAll(/^ENV ((?:.*\\\n)*.*)$/gm)].map(([, block]) => block!)
  const pairs = blocks.flatMap((block) => [...block.matchAll(/([A-Z_]+)=(\S+)/g)])
  return Object.fromEntries(
    pairs.map(([, name, value]) => [name!, value!] as const).filter(([, value]) => !value.startsWith('/app/')),
  )
}

/** The image's program with this machine's Node and sources. */
function imageEntrypoint(): string[] {
  const line = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile())
  return (JSON.parse(line![1]!) as string[]).map(localized)
}

const localized = (word: string) =>
  word === '/nodejs/bin/node'
    ? process.execPath
    : word.startsWith('/app/')
      ? join(ROOT, word.slice('/app/'.length))
      : word

function exec(command: readonly string[], env: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(command[0]!, command.slice(1), { env: { PATH: process.env['PATH']!, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    )
  })
}

describe('the service with what the chart renders', function () {
  this.timeout(60_000)
  const children: ChildProcess[] = []
  before(async function () {
    await requireHelm(this)
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  const results = new Map<string, ReturnType<typeof exec>>()
  /** The service's word; the same for the same configuration, environment and arguments. */
  function checked(objects: readonly KubernetesObject[]): ReturnType<typeof exec> {
    const { spec } = podsOf(objects)[0]?.containers[0] ?? {}
    const configs = objects.filter(({ kind }) => kind === 'ConfigMap').map((object) => object['data']['config.yaml'])
    const key = JSON.stringify([configs, spec?.env, spec?.args])
    const { env, command } = mount(objects)
    const result = results.get(key) ?? exec([...command, '--check-config'], env)
    results.set(key, result)
    return result
  }

  for (const name of CASES) {
    it(`${name}: --check-config accepts the rendered configuration`, async () => {
      const { code, output } = await checked((await rendering('4', name)).objects)
      expect(output).to.include('the configuration is valid')
      expect(code).to.equal(0)
    })
  }

  it('--check-config says no to a configuration that a broken rendering would make', async () => {
    const { objects } = await rendering('4', 'default')
    const { env, command } = mount(objects)
    writeFileSync(env['CONFIG_FILE']!, 'ingest: {prot: 1}\n')
    const { code, output } = await exec([...command, '--check-config'], env)
    expect(code).not.to.equal(0)
    expect(output).to.include('ingest.prot: unknown key')
  })

  async function start(values: object) {
    const objects = await withValues(values, async (args) => (await render('4', args)).objects)
    const mounted = mount(objects)
    const { readinessProbe, livenessProbe } = podsOf(objects)[0]!.containers[0]!.spec
    // The rendering's ports may be taken on this machine.
    const env = { ...mounted.env, INGEST_PORT: '0', ADMIN_PORT: '0', INGEST_HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1' }
    const child = spawn(mounted.command[0]!, mounted.command.slice(1), {
      env: { PATH: process.env['PATH']!, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const ports: Record<string, number> = {}
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { listener, port, msg } = JSON.parse(line) as { listener?: string; port?: number; msg?: string }
      if (msg === 'listening') ports[listener!] = port!
    })
    await until('both listeners', () => ports['ingest'] !== undefined && ports['admin'] !== undefined)
    return {
      objects,
      ...mounted,
      ingest: `http://127.0.0.1:${ports['ingest']}`,
      admin: `http://127.0.0.1:${ports['admin']}`,
      tokensDir: parse(readFileSync(mounted.env['CONFIG_FILE']!, 'utf8')).sources.retm.tokensDir as string,
      probes: { readiness: readinessProbe.httpGet.path as string, liveness: livenessProbe.httpGet.path as string },
    }
  }

  const post = (origin: string, path: string, token: string | undefined) =>
    fetch(origin + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ code: 503, endpoint: 'https://shop.example.com/webhooks/orders', message: '' }),
    })
  /** The pod of `helm test`, against the service that runs here. */
  const helmTest = (objects: readonly KubernetesObject[], origin: string, tokens: string, seconds = '120') => {
    const command = the(objects, 'Pod')['spec'].containers[0].command as string[]
    // A source's word is `token:` or `none:`, as it wants a token or not, and its URL.
    const local = command.map((word) => {
      const [, kind = '', url] = /^(token:|none:)?(http:\/\/\S+)$/.exec(word) ?? []
      if (url !== undefined) return kind + origin + new URL(url).pathname
      return word === '/tokens' ? tokens : localized(word)
    })
    return exec(local, { WAY_IN_SECONDS: seconds })
  }

  it('takes a report through the rendered route, counts it, and shows it to the rendered monitor', async () => {
    const service = await start({
      tokens: { create: { 'merchant-a': 'a-token' } },
      config: { endpoints: [{ name: 'orders', urls: ['https://shop.example.com/webhooks/orders'] }] },
      admin: { metricsToken: { existingSecret: 'metrics-token' }, apiToken: { existingSecret: 'admin-token' } },
      serviceMonitor: { enabled: true },
      ingress: { enabled: true, hosts: ['errors.example.com'] },
    })
    for (const path of Object.values(service.probes))
      expect((await fetch(service.admin + path)).status, path).to.equal(200)
    const { path } = the(service.objects, 'Ingress')['spec'].rules[0].http.paths[0]
    expect((await post(service.ingest, path, undefined)).status).to.equal(401)
    expect((await post(service.ingest, path, 'a-token')).status).to.equal(202)

    const endpoint = the(service.objects, 'ServiceMonitor')['spec'].endpoints[0]
    expect(endpoint.authorization).to.deep.equal({
      type: 'Bearer',
      credentials: { name: 'metrics-token', key: 'token' },
    })
    const scrape = (token: string) =>
      fetch(service.admin + endpoint.path, { headers: { Authorization: `Bearer ${token}` } })
    expect((await scrape('wrong')).status).to.equal(401)
    const answer = await scrape('the-metrics-token-of-the-test-0123456789')
    expect(answer.status).to.equal(200)
    expect(await answer.text()).to.match(/^webhook_delivery_failures_total\{[^}]*endpoint="orders"[^}]*\} 1$/m)
    const failures = (token: string) =>
      fetch(`${service.admin}/api/v1/failures`, { headers: { Authorization: `Bearer ${token}` } })
    expect((await failures('wrong')).status).to.equal(401)
    expect(JSON.stringify(await (await failures('the-api-token-of-the-test-0123456789')).json())).to.include(
      '"tenant":"merchant-a"',
    )
  })

  it('is ready and answers 401 until the Secret appears, then takes reports without a restart', async () => {
    const service = await start({})
    expect((await fetch(service.admin + service.probes.readiness)).status).to.equal(200)
    expect((await post(service.ingest, '/webhooks/error', 'a-token')).status).to.equal(401)
    // The pod of `helm test` has the Secret at once, the service about a minute later.
    const ours = tempFolder()
    writeFileSync(join(ours, 'merchant-a'), 'a-token')
    const test = helmTest(service.objects, service.ingest, ours)
    mkdirSync(service.tokensDir, { recursive: true })
    setTimeout(() => writeFileSync(join(service.tokensDir, 'merchant-a'), 'a-token'), 1_000)
    const { code, output } = await test
    expect(output).to.include('answered 401').and.to.include('knows the token')
    expect(code).to.equal(0)
    expect((await post(service.ingest, '/webhooks/error', 'a-token')).status).to.equal(202)
  })

  it('takes a signed report once the Secret of its source is there, and none with another signature', async () => {
    const service = await start({
      config: { sources: { partner: { kind: 'retm', auth: { kind: 'standard-webhooks' } } } },
      sources: { partner: { existingSecret: 'partner-signing' } },
    })
    const { spec, containers } = podsOf(service.objects)[0]!
    const volume = spec.volumes.find(
      (it: { secret?: { secretName: string } }) => it.secret?.secretName === 'partner-signing',
    )
    const { mountPath } = containers[0]!.spec.volumeMounts.find((it: { name: string }) => it.name === volume.name)
    const send = async (secret: string, id: string) => {
      const body = JSON.stringify({ code: 503, endpoint: 'https://shop.example.com/webhooks/orders', message: '' })
      const at = new Date()
      const headers = {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, at, body),
      }
      return (await fetch(`${service.ingest}/webhooks/partner`, { method: 'POST', headers, body })).status
    }
    const secret = Buffer.from('the-signing-secret-of-the-test-0123456789').toString('base64')
    expect(await send(secret, 'before')).to.equal(401)
    mkdirSync(service.path(mountPath), { recursive: true })
    writeFileSync(join(service.path(mountPath), 'partner'), `whsec_${secret}\n`)
    await until('the signed report to be taken', async () => (await send(secret, 'after')) === 202)
    expect(await send(Buffer.from('another').toString('base64'), 'forged')).to.equal(401)
  })

  it('passes the way-in of helm test, which records nothing', async () => {
    const service = await start({ tokens: { create: { 'merchant-a': 'a-token' } } })
    const folder = (name: string, token?: string) => {
      const path = join(tempFolder(), name)
      mkdirSync(path)
      if (token) writeFileSync(join(path, 'merchant-a'), `${token}\n`)
      return path
    }
    const known = await helmTest(service.objects, service.ingest, folder('known', 'a-token'))
    expect(known, known.output).to.include({ code: 0 })
    expect(known.output).to.include('answers and knows the token')
    const none = await helmTest(service.objects, service.ingest, folder('none'))
    expect(none, none.output).to.include({ code: 0 })
    expect(none.output).to.include('refuses a request without a token')
    const unknown = await helmTest(service.objects, service.ingest, folder('unknown', 'another-token'), '0')
    expect(unknown, unknown.output).to.include({ code: 1 })
    expect(unknown.output).to.include('answered 401')
    const elsewhere = await helmTest(service.objects, service.admin, folder('elsewhere', 'a-token'))
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
    expect(args[0]).to.equal('selftest')
    expect(env.map(({ name }) => name)).to.deep.equal(['CONFIG_FILE'])
    const local = args.map((word) => (word.startsWith('http://') ? service.ingest + new URL(word).pathname : word))
    expect(args.slice(-2)).to.deep.equal(['--retry-for', '2m'])
    const selftest = (...more: string[]) =>
      exec([...imageEntrypoint(), ...local, ...more], { CONFIG_FILE: service.env['CONFIG_FILE']! })
    const known = await selftest()
    expect(known, known.output).to.include({ code: 0 })
    expect(known.output).to.include('the canary came back')
    const metrics = await (await fetch(`${service.admin}/metrics`)).text()
    expect(metrics).to.match(/^webhook_exporter_reports_total\{[^}]*outcome="recorded"[^}]*\} 0$/m)
    const token = service.path('/etc/webhook-error-exporter/canary/token')
    writeFileSync(token, 'a-token-that-comes-later-0123456789')
    expect(await selftest('--retry-for', '0s')).to.include({ code: 1 })
    // As the kubelet brings it: to this pod at once, to the service later.
    const waiting = selftest()
    setTimeout(() => writeFileSync(join(service.tokensDir, 'merchant-b'), 'a-token-that-comes-later-0123456789'), 500)
    expect(await waiting).to.include({ code: 0 })
  })

  it('verifies in helm test where simulation.existingSecret is set, as far as the pod can reach', async () => {
    const admin = { apiToken: { existingSecret: 't' } }
    const values = { simulation: { existingSecret: 's' }, tokens: { create: { 'merchant-a': 'a-token' } } }
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
