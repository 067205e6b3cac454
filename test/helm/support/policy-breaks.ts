import { type Any, type Break, container, get, pod } from './broken-parts.ts'
import { POD_BREAKS } from './pod-breaks.ts'

/** At least one way to break a rendering for each policy. */
export const BREAKS: readonly Break[] = [
  ...POD_BREAKS,
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
