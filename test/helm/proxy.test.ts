import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { parseObjects } from '../../helm/tools/example-app.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { tempFolder } from '../support/temp.ts'
import {
  type HelmMajor,
  NAMESPACE,
  RELEASE,
  requireHelm,
  requireMajors,
  the,
  tool,
  withValues,
} from './support/helm.ts'
import { modelFault } from './support/models.ts'
import { faultsIn } from './support/policy.ts'
import { podsOf } from './support/policy-rules.ts'

const PROXY = { routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: 'http://127.0.0.1:8080' }] }
const CONFIG = { endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }], proxy: PROXY }
const REPLICAS = { replicas: 2, journal: { existingSecret: 'j' } }
const peers = (port: number) => [{ to: [{ podSelector: { matchLabels: { app: 'x' } } }], ports: [port] }]

describe('the proxy in the chart', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  const template = (major: HelmMajor, values: object) =>
    withValues(values, (args) => tool(major, 'helm', ['template', RELEASE, CHART, '--namespace', NAMESPACE, ...args]))
  const rendered = async (values: object) => {
    const { code, stdout, stderr } = await template('4', values)
    expect(code, stderr).to.equal(0)
    return parseObjects(stdout)
  }
  const NAME = `${RELEASE}-webhook-error-exporter`

  it('is reached through its own Service in a Deployment of several replicas', async () => {
    const objects = await rendered({
      ...REPLICAS,
      config: CONFIG,
      networkPolicy: {
        enabled: true,
        monitoringNamespaceSelector: { a: 'b' },
        proxyFrom: [{ namespaceSelector: { matchLabels: { ingress: 'public' } } }],
        egress: { database: peers(5_432), upstreams: peers(8_080) },
      },
    })
    for (const object of objects) expect(await modelFault(object)).to.equal(undefined)
    expect(faultsIn(objects)).to.deep.equal([])
    const [container] = podsOf([the(objects, 'Deployment')])[0]!.containers
    const { spec } = the(objects, 'Service', `${NAME}-proxy`)
    expect(spec.ports[0]).to.include({ port: 80, targetPort: 8_081 })
    expect(container!.spec.ports.map((port: { containerPort: number }) => port.containerPort)).to.include(8_081)
    expect(parse(the(objects, 'ConfigMap')['data']['config.yaml']).proxy.host).to.equal('0.0.0.0')
    const policy = the(objects, 'NetworkPolicy')['spec']
    expect(JSON.stringify(policy.ingress)).to.include('"ingress":"public"')
    expect(JSON.stringify(policy.egress)).to.include('8080')
    // Deliveries that arrive while the pod is removed from the endpoints are still served.
    expect(container!.spec.lifecycle.preStop).to.deep.equal({ sleep: { seconds: 5 } })
  })

  it('is reached by no one while a policy names no peers', async () => {
    const objects = await rendered({
      ...REPLICAS,
      config: CONFIG,
      networkPolicy: {
        enabled: true,
        monitoringNamespaceSelector: { a: 'b' },
        egress: { database: peers(5_432), upstreams: peers(8_080) },
      },
    })
    const ports = the(objects, 'NetworkPolicy')['spec'].ingress.flatMap((rule: { ports: unknown[] }) => rule.ports)
    expect(ports).to.have.length(2)
    expect(JSON.stringify(ports)).not.to.include('8081')
  })

  it('is not there without its configuration', async () => {
    expect(JSON.stringify(await rendered(REPLICAS))).not.to.match(/8081|-proxy/)
  })

  for (const [what, values, said] of [
    ['one replica', { ...REPLICAS, replicas: 1 }, /config\.proxy: with one pod each rollout .* would lose deliveries/],
    ['an SQLite journal', { replicas: 1 }, /config\.proxy: with one pod/],
    [
      'an autoscaler that may leave one',
      { ...REPLICAS, autoscaling: { enabled: true, minReplicas: 1 } },
      /config\.proxy: with one pod/,
    ],
    [
      'the port of the supervisor',
      { mode: 'sidecar', config: { proxy: { ...PROXY, port: 9_466 } } },
      /config\.proxy\.port: 9466 is sidecar\.supervisorPort/,
    ],
    [
      'the port of another listener',
      { ...REPLICAS, config: { proxy: { ...PROXY, port: 9_465 } } },
      /needs its own port/,
    ],
    [
      'the loopback address',
      { ...REPLICAS, config: { proxy: { ...PROXY, host: '::1' } } },
      /config\.proxy\.host: ::1 is/,
    ],
    [
      'a policy that lets nothing out',
      { ...REPLICAS, networkPolicy: { enabled: true, monitoringNamespaceSelector: { a: 'b' } } },
      /networkPolicy\.egress\.upstreams: is empty/,
    ],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const { code, stderr } = await template('4', { config: CONFIG, ...values })
      expect(code).not.to.equal(0)
      expect(stderr).to.match(said)
    })
  }

  it('needs no second replica in the sidecar, where it shares the fate of its application', async () => {
    const objects = await rendered({ mode: 'sidecar', config: CONFIG })
    expect(the(objects, 'Service', `${NAME}-proxy`)['spec']).not.to.have.property('publishNotReadyAddresses')
  })

  it('is a kustomize component after that of a sidecar', async function () {
    const folder = tempFolder()
    cpSync(join(CHART, '../kustomize'), join(folder, 'components'), { recursive: true })
    mkdirSync(join(folder, 'app'))
    const labels = { 'webhook-error-exporter.github.io/inject': 'true' }
    const pod = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'shop', image: 'shop:1' }] } }
    const spec = { selector: { matchLabels: { app: 'shop' } }, template: pod }
    const shop = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop', labels }, spec }
    writeFileSync(join(folder, 'app/shop.yaml'), stringify(shop))
    writeFileSync(
      join(folder, 'app/kustomization.yaml'),
      stringify({
        resources: ['shop.yaml'],
        namePrefix: 'blue-',
        components: ['../components/sidecar-ephemeral', '../components/proxy'],
      }),
    )
    for (const major of await requireMajors(this)) {
      const { stdout, stderr } = await tool(major, 'kubectl', ['kustomize', join(folder, 'app')])
      const objects = parseObjects(stdout)
      expect(objects, stderr).not.to.have.length(0)
      const { containers, labels: given } = podsOf([the(objects, 'Deployment')])[0]!
      expect(containers[0]!.spec.ports.map((port: { name: string }) => port.name)).to.have.members([
        'webhook-ingest',
        'webhook-admin',
        'webhook-live',
        'webhook-proxy',
      ])
      expect(given).to.include(the(objects, 'Service', 'blue-webhook-error-exporter-proxy')['spec'].selector)
    }
  })
})
