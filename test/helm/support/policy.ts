import type { KubernetesObject } from './helm.ts'
import { POD_POLICIES } from './pod-policies.ts'
import {
  type Any,
  CHANGING,
  contains,
  LABEL_VALUE,
  nameFault,
  perObject,
  podsOf,
  QUALIFIED,
  type Rule,
  sourcePaths,
  strings,
  title,
  twice,
} from './policy-rules.ts'

/**
 * What we promise of every rendering, and what an API server refuses that templates let through. Each rule names the
 * object and the fault.
 */
export const POLICIES: Readonly<Record<string, Rule>> = {
  ...POD_POLICIES,
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
