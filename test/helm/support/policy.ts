import { parse } from 'yaml'
import { defaultPath } from '../../../src/sources/index.ts'
import type { KubernetesObject } from './helm.ts'

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are looked into freely.
type Any = any

export interface Container {
  readonly name: string
  readonly initial: boolean
  readonly spec: Any
}

export interface PodOf {
  /** `StatefulSet demo-…` */
  readonly owner: string
  readonly object: KubernetesObject
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Any
  readonly containers: readonly Container[]
}

const title = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`

/** Pods and the templates of pods. */
export function podsOf(objects: readonly KubernetesObject[]): PodOf[] {
  return objects.flatMap((object) => {
    const template = object.kind === 'Pod' ? object : object['spec']?.template
    if (!template?.spec?.containers) return []
    const containers = (list: Any[] | undefined, initial: boolean) =>
      (list ?? []).map((spec) => ({ name: spec.name as string, initial, spec }))
    return [
      {
        owner: title(object),
        object,
        labels: template.metadata?.labels ?? {},
        annotations: template.metadata?.annotations ?? {},
        spec: template.spec,
        containers: [...containers(template.spec.initContainers, true), ...containers(template.spec.containers, false)],
      },
    ]
  })
}

type Rule = (objects: readonly KubernetesObject[]) => string[]

const perPod =
  (rule: (pod: PodOf) => (string | false | undefined)[]): Rule =>
  (objects) =>
    podsOf(objects).flatMap((pod) => rule(pod).flatMap((fault) => (fault ? [`${pod.owner}: ${fault}`] : [])))
/** Paths of the sources that the rendered configuration names, but for those that are open to anyone. */
function sourcePaths(all: readonly Any[]): string[] {
  return all
    .filter(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'])
    .flatMap(({ data }) => Object.entries<Any>(parse(data['config.yaml']).sources))
    .filter(([, source]) => source?.auth !== 'none')
    .map(([name, source]) => source?.path ?? defaultPath(name))
}

const perObject =
  (rule: (object: KubernetesObject, all: readonly KubernetesObject[]) => (string | false | undefined)[]): Rule =>
  (objects) =>
    objects.flatMap((object) => rule(object, objects).flatMap((fault) => (fault ? [`${title(object)}: ${fault}`] : [])))
const perContainer = (rule: (container: Container, pod: PodOf) => (string | false | undefined)[]): Rule =>
  perPod((pod) =>
    pod.containers.flatMap((container) => rule(container, pod).map((fault) => fault && `${container.name}: ${fault}`)),
  )

export function twice(values: readonly unknown[]): unknown[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

const contains = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const LABEL_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Kubernetes' validation of names, by kind. */
function nameFault({ kind, metadata: { name } }: KubernetesObject): string | false {
  if (kind === 'Service') return !LABEL_NAME.test(name) && `${name} is no name of a Service (DNS label, 63 characters)`
  // The label controller-revision-hash has the name and eleven characters more.
  if (kind === 'StatefulSet' && name.length > 52) return `${name} is longer than 52`
  if (kind === 'Pod' && name.length > 63) return `${name} is longer than 63`
  return !SUBDOMAIN.test(name) && `${name} is no name`
}

/** Bytes or cores; NaN where it is no quantity. */
export function quantity(value: unknown): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(String(value))
  if (!match) return Number.NaN
  const units: Record<string, number> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }
  const binary: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 }
  return Number(match[1]) * (match[2] ? (units[match[2]] ?? binary[match[2]]!) : 1)
}

function* strings(value: unknown, path = ''): Generator<[string, string]> {
  if (typeof value === 'string') yield [path, value]
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* strings(item, `${path}/${key}`)
}

function* nulls(value: unknown, path = ''): Generator<string> {
  if (value === null || value === undefined) yield path
  else if (typeof value === 'object')
    for (const [key, item] of Object.entries(value)) yield* nulls(item, `${path}/${key}`)
}

/** Labels that a new chart, alias or image changes. */
const CHANGING = [
  'helm.sh/chart',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/part-of',
]
const OUR_CONTAINER = 'webhook-error-exporter'
const CONTAINER_ONLY = ['allowPrivilegeEscalation', 'capabilities', 'privileged', 'readOnlyRootFilesystem', 'procMount']
const POD_ONLY = ['fsGroup', 'fsGroupChangePolicy', 'supplementalGroups', 'sysctls']

/**
 * What we promise of every rendering, and what an API server refuses that templates let through. Each rule names the
 * object and the fault.
 */
export const POLICIES: Readonly<Record<string, Rule>> = {
  'Pod Security restricted, pod': perPod(({ spec }) => [
    (spec.hostNetwork || spec.hostPID || spec.hostIPC) && 'shares a namespace of the host',
    ...(spec.volumes ?? []).map(
      (volume: Any) =>
        ![
          'configMap',
          'csi',
          'downwardAPI',
          'emptyDir',
          'ephemeral',
          'persistentVolumeClaim',
          'projected',
          'secret',
        ].some((type) => volume[type]) && `volume ${volume.name} is of a type that restricted does not allow`,
    ),
  ]),
  'Pod Security restricted, containers': perContainer(({ spec }, pod) => {
    const context = spec.securityContext ?? {}
    const inherited = pod.spec.securityContext ?? {}
    const seccomp = (context.seccompProfile ?? inherited.seccompProfile)?.type
    return [
      context.allowPrivilegeEscalation !== false && 'allowPrivilegeEscalation is not false',
      context.privileged && 'is privileged',
      (context.runAsNonRoot ?? inherited.runAsNonRoot) !== true && 'runAsNonRoot is not true',
      (context.runAsUser ?? inherited.runAsUser) === 0 && 'runs as root',
      !context.capabilities?.drop?.includes('ALL') && 'does not drop ALL capabilities',
      context.capabilities?.add && 'adds capabilities',
      seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost' && 'has no seccomp profile',
      context.readOnlyRootFilesystem !== true && 'has a root file system that can be written',
      ...(spec.ports ?? []).map((port: Any) => port.hostPort !== undefined && 'has a hostPort'),
    ]
  }),
  'no service account token': perPod(({ spec, object }) => [
    object.kind !== 'Deployment' || !spec.initContainers?.some((c: Any) => c.name === OUR_CONTAINER)
      ? spec.automountServiceAccountToken !== false && 'mounts a service account token'
      : false,
  ]),
  'requests set and within limits': perContainer(({ spec, initial }) => {
    const { requests = {}, limits = {} } = spec.resources ?? {}
    return [
      ...['cpu', 'memory'].map((resource) => requests[resource] === undefined && `requests no ${resource}`),
      initial && spec.restartPolicy && !(limits.cpu && limits.memory) && 'a sidecar without limits',
      ...[...Object.values(requests), ...Object.values(limits)].map(
        (value) => Number.isNaN(quantity(value)) && `${value} is no quantity`,
      ),
      ...Object.keys(limits).map(
        (resource) =>
          quantity(requests[resource]) > quantity(limits[resource]) && `requests more ${resource} than its limit`,
      ),
    ]
  }),
  'no null': perObject((object) => [...nulls(object)].map((path) => `${path} is null`)),
  'containers have names of their own, and nothing twice': perPod(({ containers, spec }) => [
    ...twice(containers.map(({ name }) => name)).map((name) => `two containers ${name}`),
    ...twice((spec.volumes ?? []).map((volume: Any) => volume.name)).map((name) => `two volumes ${name}`),
    ...twice((spec.imagePullSecrets ?? []).map((secret: Any) => secret.name)).map(
      (name) => `pull secret ${name} twice`,
    ),
    ...containers.flatMap(({ name, spec: { env = [], ports = [], volumeMounts = [] } }) => [
      ...twice(env.map((variable: Any) => variable.name)).map((it) => `${name}: variable ${it} twice`),
      ...twice(ports.map((port: Any) => `${port.containerPort}/${port.protocol}`)).map(
        (it) => `${name}: port ${it} twice`,
      ),
      ...twice(ports.map((port: Any) => port.name)).map((it) => `${name}: port name ${it} twice`),
      ...twice(volumeMounts.map((mount: Any) => mount.mountPath.replace(/\/$/, ''))).map(
        (it) => `${name}: mounted at ${it} twice`,
      ),
    ]),
  ]),
  'containers of one pod do not take each other’s ports': perPod(({ containers }) =>
    twice(containers.flatMap(({ spec }) => (spec.ports ?? []).map((port: Any) => port.containerPort))).map(
      (port) => `two containers listen to ${port}`,
    ),
  ),
  'names of ports': perContainer(({ spec }) =>
    (spec.ports ?? []).map(
      ({ name }: Any) =>
        name !== undefined &&
        !(/^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes('--')) &&
        `${name} is no name of a port (15 characters)`,
    ),
  ),
  'mounts have volumes, volumes are mounted': perPod(({ spec, containers, object }) => {
    const claims = (object['spec']?.volumeClaimTemplates ?? []).map((claim: Any) => claim.metadata.name)
    const volumes = [...(spec.volumes ?? []).map((volume: Any) => volume.name), ...claims]
    const mounted = new Set(containers.flatMap(({ spec: c }) => (c.volumeMounts ?? []).map((mount: Any) => mount.name)))
    return [
      ...[...mounted].map((name) => !volumes.includes(name) && `there is no volume ${name}`),
      ...volumes.map((name) => !mounted.has(name) && `nobody mounts the volume ${name}`),
    ]
  }),
  '/tmp and /data are mounted': perContainer(({ name, spec }) =>
    name === OUR_CONTAINER
      ? ['/tmp', '/data'].map(
          (path) => !spec.volumeMounts.some((mount: Any) => mount.mountPath === path) && `${path} is not mounted`,
        )
      : [],
  ),
  'sources read what is mounted': (objects) => {
    const mounted = podsOf(objects).flatMap(({ containers }) =>
      containers.filter(({ name }) => name === OUR_CONTAINER).flatMap(({ spec }) => spec.volumeMounts as Any[]),
    )
    if (mounted.length === 0) return []
    return objects
      .filter(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'])
      .flatMap(({ data }) => Object.entries<Any>(parse(data['config.yaml']).sources))
      .flatMap(([name, source]) =>
        ['tokensDir', 'secretsDir']
          .filter((key) => source?.[key] && !mounted.some(({ mountPath }) => mountPath === source[key]))
          .map((key) => `${name}: nothing is mounted at ${source[key]}`),
      )
  },
  'no subPath': perContainer(({ spec }) =>
    (spec.volumeMounts ?? []).map(
      (mount: Any) => (mount.subPath || mount.subPathExpr) && `${mount.mountPath} would never see a rotation`,
    ),
  ),
  'images by version': perContainer(({ spec }) => [
    !/@sha256:[a-f0-9]{64}$|:[A-Za-z0-9_][\w.-]*$/.test(spec.image) && `${spec.image} has neither tag nor digest`,
    /:latest$/.test(spec.image) && `${spec.image} is whatever is latest`,
  ]),
  'variables are texts with valid names': perContainer(({ spec }) =>
    (spec.env ?? []).flatMap((variable: Any) => [
      !/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(variable.name) && `${variable.name} is no name of a variable`,
      variable.value !== undefined && typeof variable.value !== 'string' && `${variable.name} is no text`,
      variable.value !== undefined && variable.valueFrom !== undefined && `${variable.name} has two values`,
    ]),
  ),
  'a sidecar gates nothing': perContainer(({ spec, initial, name }) =>
    name === OUR_CONTAINER && initial
      ? [
          spec.restartPolicy !== 'Always' && 'is an init container that would never end',
          spec.readinessProbe && 'has a readiness probe',
          spec.startupProbe && 'has a startup probe',
          spec.lifecycle?.postStart && 'has a postStart hook',
        ]
      : [
          name === OUR_CONTAINER &&
            spec.restartPolicy !== undefined &&
            'has a restartPolicy, which only init containers have',
        ],
  ),
  'a sidecar needs nothing that may be missing': perPod(({ spec, containers }) => {
    const ours = containers.find(({ name, initial }) => name === OUR_CONTAINER && initial)?.spec
    if (!ours) return []
    const mounted = ours.volumeMounts.map((mount: Any) => mount.name)
    return [
      ...ours.env.map(
        ({ name, valueFrom }: Any) =>
          (valueFrom?.secretKeyRef || valueFrom?.configMapKeyRef) &&
          (valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef).optional !== true &&
          `${name} keeps the application from starting where it is missing`,
      ),
      ...spec.volumes
        .filter(({ name }: Any) => mounted.includes(name))
        .flatMap(({ name, secret, projected }: Any) =>
          [secret, ...(projected?.sources ?? []).map((source: Any) => source.secret)].map(
            (source) =>
              source &&
              source.optional !== true &&
              `${name} keeps the application from starting where its Secret is missing`,
          ),
        ),
    ]
  }),
  'security contexts at their level': perPod(({ spec, containers }) => [
    ...CONTAINER_ONLY.map((field) => spec.securityContext?.[field] !== undefined && `${field} belongs to containers`),
    ...containers.flatMap(({ name, spec: c }) =>
      POD_ONLY.map((field) => c.securityContext?.[field] !== undefined && `${name}: ${field} belongs to the pod`),
    ),
  ]),
  'one handler a probe, by number': perContainer(({ spec }) =>
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind) => {
      const probe = spec[kind]
      if (!probe) return []
      const handlers = ['httpGet', 'exec', 'tcpSocket', 'grpc'].filter((handler) => probe[handler])
      const port = probe.httpGet?.port ?? probe.tcpSocket?.port
      return [
        handlers.length !== 1 && `${kind} has ${handlers.length} handlers`,
        kind !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1 && `${kind}.successThreshold must be 1`,
        port !== undefined && typeof port !== 'number' && `${kind} names its port`,
        port !== undefined &&
          !spec.ports?.some((it: Any) => it.containerPort === port) &&
          `${kind} asks a port that is none`,
      ]
    }),
  ),
  'names and labels': perObject((object) => {
    const pod = podsOf([object])[0]
    const labels = [
      object.metadata.labels,
      pod?.labels,
      ...(object['spec']?.volumeClaimTemplates ?? []).map((c: Any) => c.metadata.labels),
    ]
    const annotations = [object.metadata.annotations, pod?.annotations]
    return [
      nameFault(object),
      ...labels.flatMap((map) =>
        Object.entries(map ?? {}).flatMap(([key, value]) => [
          !QUALIFIED.test(key) && `${key} is no name of a label`,
          (typeof value !== 'string' || !LABEL_VALUE.test(value)) && `${key}: ${value} is no value of a label`,
        ]),
      ),
      ...annotations.flatMap((map) =>
        Object.entries(map ?? {}).flatMap(([key, value]) => [
          !QUALIFIED.test(key) && `${key} is no name of an annotation`,
          typeof value !== 'string' && `${key} is no text`,
        ]),
      ),
    ]
  }),
  'nothing that changes in selectors and claims': perObject(({ kind, metadata, spec }: Any) => {
    const sets = [
      spec?.selector?.matchLabels,
      kind === 'Service' ? spec?.selector : undefined,
      ...(spec?.volumeClaimTemplates ?? []).map((claim: Any) => claim.metadata.labels),
    ]
    return sets.flatMap((labels) =>
      Object.keys(labels ?? {}).map((key) => CHANGING.includes(key) && `${metadata.name} selects by ${key}`),
    )
  }),
  'workloads select their own pods': perObject((object) => {
    if (!['StatefulSet', 'Deployment'].includes(object.kind)) return []
    const selector = object['spec'].selector.matchLabels
    return [
      Object.keys(selector).length === 0 && 'selects everything',
      !contains(object['spec'].template.metadata.labels, selector) && 'does not select its own pods',
    ]
  }),
  'Services reach a port that somebody has': perObject((object, all) => {
    if (object.kind !== 'Service') return []
    const { selector, ports, type, clusterIP } = object['spec']
    const pods = podsOf(all).filter(({ labels }) => contains(labels, selector))
    const sidecarAlone = pods.length === 0 && !podsOf(all).some(({ object: { kind } }) => kind !== 'Pod')
    const open = pods.flatMap(({ containers }) =>
      containers.flatMap(({ spec }) => (spec.ports ?? []).map((port: Any) => port.containerPort)),
    )
    return [
      !selector && 'has no selector',
      pods.length === 0 && !sidecarAlone && 'selects no pod',
      pods.some(({ object: { kind } }) => kind === 'Pod') && 'selects the pod of helm test',
      ...ports.flatMap((port: Any) => [
        typeof port.targetPort !== 'number' && `${port.name} goes to a named port`,
        typeof port.targetPort === 'number' &&
          pods.length > 0 &&
          !open.includes(port.targetPort) &&
          `nobody listens to ${port.targetPort}`,
        !/^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(port.name) &&
          `${port.name} is no name of a Service's port`,
      ]),
      ...twice(ports.map((port: Any) => `${port.port}/${port.protocol}`)).map((it) => `port ${it} twice`),
      clusterIP === 'None' && type !== 'ClusterIP' && 'headless, but not ClusterIP',
    ]
  }),
  'the admin port is private': perObject((object, all) => {
    const admin = podsOf(all).flatMap(({ containers }) =>
      containers.flatMap(({ spec }) =>
        (spec.ports ?? []).filter((port: Any) => port.name === 'webhook-admin').map((port: Any) => port.containerPort),
      ),
    )
    const spec = object['spec']
    if (object.kind !== 'Service') return []
    const shows = spec.ports.some((port: Any) => admin.includes(port.targetPort))
    return [shows && !(spec.type === 'ClusterIP' && spec.clusterIP === 'None') && 'shows the admin port']
  }),
  'routes let in the paths of sources': perObject((object, all) => {
    const paths = sourcePaths(all)
    const backendFault = (name: string, port: number) => {
      const service = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name)
      return (
        !service?.['spec'].ports.some((it: Any) => it.port === port) &&
        `routes to ${name}:${port}, which is no Service here`
      )
    }
    if (object.kind === 'Ingress') {
      return object['spec'].rules.flatMap((rule: Any) =>
        rule.http.paths.flatMap(({ path, pathType, backend }: Any) => [
          (!paths.includes(path) || pathType !== 'Exact') && `lets ${path} (${pathType}) in`,
          backendFault(backend.service.name, backend.service.port.number),
        ]),
      )
    }
    if (object.kind === 'HTTPRoute') {
      return object['spec'].rules.flatMap((rule: Any) => [
        !rule.matches?.length && 'lets everything in',
        ...(rule.matches ?? []).map(
          ({ path }: Any) => (path?.type !== 'Exact' || !paths.includes(path.value)) && `lets ${path?.value} in`,
        ),
        ...rule.backendRefs.map(({ name, port }: Any) => backendFault(name, port)),
      ])
    }
    return []
  }),
  'no secret in a ConfigMap': perObject((object) =>
    object.kind === 'ConfigMap'
      ? [...strings(object['data'])].map(
          ([path, text]) =>
            /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN|bearer [A-Za-z0-9]{8,}/i.test(text) && `${path} holds a secret`,
        )
      : [],
  ),
  'ConfigMaps and Secrets fit': perObject((object) => {
    if (object.kind !== 'ConfigMap' && object.kind !== 'Secret') return []
    const data = (object['data'] ?? {}) as Record<string, string>
    return [
      Buffer.byteLength(JSON.stringify(data)) > 1_000_000 && 'is larger than etcd takes',
      ...Object.keys(data).map((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) && `${key} is no key`),
    ]
  }),
  'one writer': perObject((object) => {
    const claims = [
      object.kind === 'PersistentVolumeClaim' ? object : undefined,
      ...(object['spec']?.volumeClaimTemplates ?? []),
    ]
    const journals =
      claims.filter(Boolean).length > 0 ||
      podsOf([object]).some(({ spec }) => spec.volumes?.some((v: Any) => v.persistentVolumeClaim))
    return [
      ...claims.map(
        (claim) =>
          claim?.spec.accessModes.includes('ReadWriteOncePod') &&
          claim.spec.accessModes.length > 1 &&
          'ReadWriteOncePod is not alone',
      ),
      journals && (object['spec']?.replicas ?? 1) > 1 && 'several replicas, and a volume with one writer',
    ]
  }),
  'no name twice': (objects) =>
    twice(objects.map((object) => `${title(object)} in ${object.metadata.namespace}`)).map((name) => `${name} twice`),
  'in the namespace of the release': perObject(({ kind, metadata }, all) => {
    const own = all.find((object) => object.kind === 'Service')?.metadata.namespace
    if (metadata.namespace === own || kind === 'ExternalSecret') return []
    if (kind === 'ConfigMap' && metadata.name.includes('-dashboard-')) return []
    if (['ServiceMonitor', 'PodMonitor', 'PrometheusRule'].includes(kind))
      return [!metadata.name.startsWith(`${own}-`) && 'has a name that a release in another namespace may have']
    return [`is in ${metadata.namespace}`]
  }),
  'a StatefulSet has its Service': perObject((object, all) => [
    object.kind === 'StatefulSet' &&
      !all.some(({ kind, metadata }) => kind === 'Service' && metadata.name === object['spec'].serviceName) &&
      `there is no Service ${object['spec'].serviceName}`,
  ]),
  'scaled by one': perObject((object, all) => {
    if (object.kind !== 'HorizontalPodAutoscaler') return []
    const { kind, name } = object['spec'].scaleTargetRef
    const target = all.find((it) => it.kind === kind && it.metadata.name === name)
    return [
      !target && `there is no ${kind} ${name}`,
      target?.['spec'].replicas !== undefined && 'the Deployment says replicas too',
    ]
  }),
  'a drain goes through': perObject((object, all) => {
    if (object.kind !== 'PodDisruptionBudget') return []
    const { minAvailable, maxUnavailable, selector } = object['spec']
    const owner = all.find(
      (it) => it['spec']?.template && contains(it['spec'].template.metadata.labels, selector.matchLabels),
    )
    const replicas =
      owner?.['spec'].replicas ?? all.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.['spec'].minReplicas
    return [
      (minAvailable === undefined) === (maxUnavailable === undefined) && 'needs one of minAvailable and maxUnavailable',
      maxUnavailable === 0 && 'blocks every drain',
      typeof minAvailable === 'number' && minAvailable >= replicas && 'blocks every drain',
      !owner && 'selects nothing',
    ]
  }),
  'NetworkPolicies by number': perObject((object) => {
    if (object.kind !== 'NetworkPolicy') return []
    const rules = [...(object['spec'].ingress ?? []), ...(object['spec'].egress ?? [])]
    return rules.flatMap((rule: Any) => [
      ...(rule.ports ?? []).map((port: Any) => typeof port.port !== 'number' && `names the port ${port.port}`),
      ...[...(rule.from ?? []), ...(rule.to ?? [])].map(
        (peer: Any) => peer.ipBlock && (peer.podSelector || peer.namespaceSelector) && 'an ipBlock stands alone',
      ),
    ])
  }),
  'monitors keep our label endpoint': perObject(({ kind, spec }: Any) => {
    const endpoints = kind === 'ServiceMonitor' ? spec.endpoints : kind === 'PodMonitor' ? spec.podMetricsEndpoints : []
    return endpoints.flatMap((endpoint: Any) => [
      !endpoint.relabelings.some((it: Any) => it.action === 'labeldrop' && it.regex === 'endpoint') &&
        'overwrites the label endpoint',
      !endpoint.interval && 'has no interval of its own',
    ])
  }),
}

/** @returns every fault, each with its policy's name */
export function faultsIn(objects: readonly KubernetesObject[]): string[] {
  return Object.entries(POLICIES).flatMap(([name, rule]) => rule(objects).map((fault) => `${name}: ${fault}`))
}
