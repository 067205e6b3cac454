import { expect } from 'chai'
import { type KubernetesObject, rendering, requireHelm, the } from './support/helm.ts'
import { faultsIn, POLICIES } from './support/policy.ts'

// biome-ignore lint/suspicious/noExplicitAny: renderings are broken freely.
type Any = any

const pod = (objects: Any[]) =>
  (objects.find((o) => o.kind === 'StatefulSet') ?? objects.find((o) => o.kind === 'Deployment')).spec.template
const container = (objects: Any[]) => pod(objects).spec.containers[0]
const get = (objects: Any[], kind: string, name?: string) => the(objects, kind, name) as Any

/** One way to break a rendering for each policy, with what the policy then says. */
const BREAKS: readonly (readonly [policy: string, base: string, said: RegExp, change: (objects: Any[]) => void])[] = [
  [
    'Pod Security restricted, pod',
    'default',
    /shares a namespace/,
    (o) => {
      pod(o).spec.hostNetwork = true
    },
  ],
  [
    'Pod Security restricted, pod',
    'default',
    /volume x is of a type/,
    (o) => {
      pod(o).spec.volumes.push({ name: 'x', hostPath: { path: '/' } })
    },
  ],
  [
    'Pod Security restricted, containers',
    'default',
    /does not drop ALL/,
    (o) => {
      delete container(o).securityContext.capabilities
    },
  ],
  [
    'Pod Security restricted, containers',
    'default',
    /root file system/,
    (o) => {
      delete container(o).securityContext.readOnlyRootFilesystem
    },
  ],
  [
    'no service account token',
    'default',
    /token/,
    (o) => {
      delete pod(o).spec.automountServiceAccountToken
    },
  ],
  [
    'requests set and within limits',
    'default',
    /requests no cpu/,
    (o) => {
      delete container(o).resources.requests.cpu
    },
  ],
  [
    'requests set and within limits',
    'default',
    /more memory/,
    (o) => {
      container(o).resources.requests.memory = '1Gi'
    },
  ],
  [
    'requests set and within limits',
    'default',
    /no quantity/,
    (o) => {
      container(o).resources.requests.memory = '1GiB'
    },
  ],
  [
    'no null',
    'default',
    /\/spec\/replicas is null/,
    (o) => {
      get(o, 'StatefulSet').spec.replicas = null
    },
  ],
  [
    'containers have names of their own, and nothing twice',
    'default',
    /variable INGEST_PORT twice/,
    (o) => {
      container(o).env.push({ name: 'INGEST_PORT', value: '1' })
    },
  ],
  [
    'containers have names of their own, and nothing twice',
    'default',
    /mounted at \/tmp twice/,
    (o) => {
      container(o).volumeMounts.push({ name: 'tmp', mountPath: '/tmp/' })
    },
  ],
  [
    'containers of one pod do not take each other’s ports',
    'pod',
    /listen to 9465/,
    (o) => {
      pod(o).spec.containers[1].ports = [{ containerPort: 9465 }]
    },
  ],
  [
    'names of ports',
    'default',
    /no name of a port/,
    (o) => {
      container(o).ports[0].name = 'webhook-ingest-port'
    },
  ],
  [
    'mounts have volumes, volumes are mounted',
    'default',
    /no volume nowhere/,
    (o) => {
      container(o).volumeMounts.push({ name: 'nowhere', mountPath: '/x' })
    },
  ],
  [
    '/tmp and /data are mounted',
    'default',
    /\/tmp is not/,
    (o) => {
      container(o).volumeMounts = container(o).volumeMounts.filter((m: Any) => m.mountPath !== '/tmp')
    },
  ],
  [
    'no subPath',
    'default',
    /never see a rotation/,
    (o) => {
      container(o).volumeMounts[1].subPath = 'merchant-a'
    },
  ],
  [
    'images by version',
    'default',
    /latest/,
    (o) => {
      container(o).image = 'registry.example.com/x:latest'
    },
  ],
  [
    'variables are texts with valid names',
    'default',
    /no text/,
    (o) => {
      container(o).env[2].value = 8080
    },
  ],
  [
    'a sidecar gates nothing',
    'default',
    /only init containers/,
    (o) => {
      container(o).restartPolicy = 'Always'
    },
  ],
  [
    'security contexts at their level',
    'default',
    /belongs to containers/,
    (o) => {
      pod(o).spec.securityContext.readOnlyRootFilesystem = true
    },
  ],
  [
    'one handler a probe, by number',
    'default',
    /2 handlers/,
    (o) => {
      container(o).livenessProbe.exec = { command: ['x'] }
    },
  ],
  [
    'one handler a probe, by number',
    'default',
    /names its port/,
    (o) => {
      container(o).livenessProbe.httpGet.port = 'webhook-admin'
    },
  ],
  [
    'names and labels',
    'default',
    /longer than 52/,
    (o) => {
      get(o, 'StatefulSet').metadata.name = 'a'.repeat(53)
    },
  ],
  [
    'names and labels',
    'default',
    /no value of a label/,
    (o) => {
      get(o, 'StatefulSet').metadata.labels['helm.sh/chart'] = 'x+1'
    },
  ],
  [
    'nothing that changes in selectors and claims',
    'default',
    /helm.sh\/chart/,
    (o) => {
      get(o, 'StatefulSet').spec.volumeClaimTemplates[0].metadata.labels['helm.sh/chart'] = 'x'
    },
  ],
  [
    'workloads select their own pods',
    'default',
    /own pods/,
    (o) => {
      pod(o).metadata.labels['app.kubernetes.io/name'] = 'x'
    },
  ],
  [
    'Services reach a port that somebody has',
    'default',
    /nobody listens to 1/,
    (o) => {
      get(o, 'Service', 'demo-webhook-error-exporter').spec.ports[0].targetPort = 1
    },
  ],
  [
    'Services reach a port that somebody has',
    'default',
    /named port/,
    (o) => {
      get(o, 'Service', 'demo-webhook-error-exporter').spec.ports[0].targetPort = 'webhook-ingest'
    },
  ],
  [
    'Services reach a port that somebody has',
    'default',
    /helm test/,
    (o) => {
      get(o, 'Pod').metadata.labels['app.kubernetes.io/component'] = 'receiver'
    },
  ],
  [
    'the admin port is private',
    'default',
    /shows the admin port/,
    (o) => {
      get(o, 'Service', 'demo-webhook-error-exporter-admin').spec.clusterIP = '10.0.0.1'
    },
  ],
  [
    'routes let in the paths of sources',
    'ingress',
    /lets \//,
    (o) => {
      get(o, 'Ingress').spec.rules[0].http.paths[0].path = '/'
    },
  ],
  [
    'routes let in the paths of sources',
    'http-route',
    /lets everything in/,
    (o) => {
      delete get(o, 'HTTPRoute').spec.rules[0].matches
    },
  ],
  [
    'no secret in a ConfigMap',
    'default',
    /holds a secret/,
    (o) => {
      get(o, 'ConfigMap').data['config.yaml'] += 'url: postgres://a:b@c/d'
    },
  ],
  [
    'ConfigMaps and Secrets fit',
    'default',
    /no key/,
    (o) => {
      get(o, 'ConfigMap').data['a/b'] = ''
    },
  ],
  [
    'one writer',
    'default',
    /several replicas/,
    (o) => {
      get(o, 'StatefulSet').spec.replicas = 2
    },
  ],
  [
    'one writer',
    'default',
    /not alone/,
    (o) => {
      get(o, 'StatefulSet').spec.volumeClaimTemplates[0].spec.accessModes.push('ReadWriteOnce')
    },
  ],
  [
    'no name twice',
    'default',
    /twice/,
    (o) => {
      o.push(o[0])
    },
  ],
  [
    'sources read what is mounted',
    'source-secrets',
    /svix: nothing is mounted at .*sources\/svix/,
    (o) => {
      container(o).volumeMounts = container(o).volumeMounts.filter((mount: Any) => mount.name !== 'source-svix')
    },
  ],
  [
    'in the namespace of the release',
    'monitoring-namespaces',
    /may have/,
    (o) => {
      get(o, 'PrometheusRule').metadata.name = 'demo'
    },
  ],
  [
    'in the namespace of the release',
    'default',
    /is in other/,
    (o) => {
      get(o, 'ConfigMap').metadata.namespace = 'other'
    },
  ],
  [
    'a StatefulSet has its Service',
    'default',
    /no Service gone/,
    (o) => {
      get(o, 'StatefulSet').spec.serviceName = 'gone'
    },
  ],
  [
    'scaled by one',
    'autoscaling',
    /says replicas too/,
    (o) => {
      get(o, 'Deployment').spec.replicas = 1
    },
  ],
  [
    'a drain goes through',
    'postgresql',
    /blocks every drain/,
    (o) => {
      get(o, 'PodDisruptionBudget').spec.maxUnavailable = 0
    },
  ],
  [
    'a drain goes through',
    'autoscaling',
    /blocks every drain/,
    (o) => {
      get(o, 'PodDisruptionBudget').spec.minAvailable = 3
    },
  ],
  [
    'NetworkPolicies by number',
    'network-policy',
    /names the port/,
    (o) => {
      get(o, 'NetworkPolicy').spec.ingress[0].ports[0].port = 'http'
    },
  ],
  [
    'monitors keep our label endpoint',
    'monitoring',
    /overwrites/,
    (o) => {
      get(o, 'ServiceMonitor').spec.endpoints[0].relabelings.shift()
    },
  ],
]

describe('the policies', () => {
  before(async function () {
    await requireHelm(this)
  })

  for (const [policy, base, said, change] of BREAKS) {
    it(`${policy}: say ${said}`, async () => {
      const objects = JSON.parse(JSON.stringify((await rendering('4', base)).objects)) as KubernetesObject[]
      change(objects)
      const faults = faultsIn(objects).filter((fault) => fault.startsWith(`${policy}: `))
      expect(faults.join('\n')).to.match(said)
    })
  }

  it('are all tried', () => {
    // This one is about sidecars, and tried where they are rendered.
    const elsewhere = ['a sidecar needs nothing that may be missing']
    expect([...new Set(BREAKS.map(([policy]) => policy)), ...elsewhere]).to.have.members(Object.keys(POLICIES))
  })
})
