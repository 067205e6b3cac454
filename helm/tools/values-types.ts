import { SOURCE_NAME } from '../../src/sources/index.ts'
import { configSchema } from './config-values.ts'

/** A JSON Schema, draft-07, as far as the chart's needs it. */
export type Schema = { [keyword: string]: unknown }
export type Properties = Record<string, Schema>

const NAME = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'
const LABEL_VALUE = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'
const LABEL_KEY = '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'
const DURATION = '^([0-9]+(ms|s|m|h|d|w|y))+$'
const QUANTITY = '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'

const bool: Schema = { type: 'boolean' }
const text: Schema = { type: 'string' }
const choice = (...values: string[]): Schema => ({ type: 'string', enum: values })
/** Choices, or nothing. */
const orNull = (schema: Schema): Schema =>
  schema['enum']
    ? { ...schema, type: ['string', 'null'], enum: [...(schema['enum'] as string[]), null] }
    : { ...schema, type: [schema['type'], 'null'] }
const pattern = (expression: string, maxLength: number): Schema => ({ type: 'string', pattern: expression, maxLength })
const integer = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum })
const list = (items: Schema): Schema => ({ type: 'array', items })
/**
 * A type of Kubernetes, of the Prometheus Operator or of the Gateway API, whose link its comment in values.yaml has. It is open: the
 * API server knows its fields, and a field of a later version must not be refused here.
 */
const open: Schema = { type: 'object', additionalProperties: true }
const openList = list(open)
/** Keys by pattern and not by `propertyNames`: Helm 4's validator does not say where those are wrong. */
const map = (values: Schema, keys = ''): Schema =>
  keys
    ? { type: 'object', patternProperties: { [keys]: values }, additionalProperties: false }
    : { type: 'object', additionalProperties: values }
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})
const port = integer(1, 65_535)
const optionalName = pattern(`^$|${NAME}`, 253)
const namespace = pattern('^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 63)
const labels = map(pattern(LABEL_VALUE, 63), LABEL_KEY)
const annotations = map(text, LABEL_KEY)
const count = { type: ['integer', 'string', 'null'], minimum: 0, pattern: '^[0-9]{1,3}%$' }

/** The type of each value of the chart; descriptions come from values.yaml. */
export function valuesTypes(): Schema {
  const secretKey = pattern('^[-._a-zA-Z0-9]+$', 253)
  const secretRef = object({ existingSecret: optionalName, key: secretKey })
  const destination = object(
    {
      to: { ...openList, minItems: 1, description: 'Peers, as a NetworkPolicy has them.' },
      ports: { ...list(port), minItems: 1, description: 'TCP ports.' },
    },
    { required: ['to', 'ports'] },
  )
  const monitor = object({
    enabled: bool,
    namespace,
    labels,
    relabelings: openList,
    metricRelabelings: openList,
    tlsConfig: open,
    sampleLimit: orNull(integer(1, 1_000_000_000)),
  })
  const retained = choice('Retain', 'Delete')

  return object({
    enabled: bool,
    global: { type: 'object' },
    mode: choice('standalone', 'sidecar'),
    nameOverride: pattern(`^$|^[a-z]([-a-z0-9]*[a-z0-9])?$`, 40),
    fullnameOverride: pattern('^$|^[a-z]([-a-z0-9]*[a-z0-9])?$', 52),
    commonLabels: labels,
    commonAnnotations: annotations,
    image: object({
      repository: pattern('^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$', 255),
      tag: pattern('^$|^[A-Za-z0-9_][A-Za-z0-9_.-]*$', 128),
      digest: pattern('^$|^sha256:[a-f0-9]{64}$', 71),
      pullPolicy: choice('IfNotPresent', 'Always', 'Never'),
    }),
    imagePullSecrets: openList,
    replicas: integer(0, 1_000),
    config: configSchema(),
    tokens: object({
      existingSecret: optionalName,
      create: {
        ...map(pattern('^[\\x21-\\x7e]+(\\r?\\n[\\x21-\\x7e]+)*\\n?$', 65_536), '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
      },
    }),
    sources: map(
      object({ existingSecret: { ...optionalName, description: 'Secret of this source, mounted whole.' } }),
      SOURCE_NAME,
    ),
    admin: object({ apiToken: secretRef, metricsToken: secretRef }),
    canary: object({ existingSecret: optionalName, secretKey, tokenKey: secretKey }),
    journal: object({
      existingSecret: optionalName,
      existingSecretKey: secretKey,
      passwordFile: secretRef,
      acceptLossOnPodDeletion: bool,
    }),
    persistence: object({
      enabled: bool,
      existingClaim: optionalName,
      storageClass: pattern(`^$|^-$|${NAME}`, 253),
      accessModes: { ...list(choice('ReadWriteOncePod', 'ReadWriteOnce')), minItems: 1, uniqueItems: true },
      size: pattern(QUANTITY, 20),
      labels,
      annotations,
      selector: open,
      retentionPolicy: object({ whenDeleted: retained, whenScaled: retained }),
    }),
    sidecar: object({
      workload: choice('Deployment', 'StatefulSet'),
      replicas: integer(0, 1_000),
      supervisorPort: integer(1_024, 65_535),
    }),
    service: object({
      type: choice('ClusterIP', 'NodePort', 'LoadBalancer'),
      port,
      nodePort: orNull(port),
      loadBalancerClass: { type: ['string', 'null'], minLength: 1 },
      loadBalancerSourceRanges: list(pattern('^[0-9a-fA-F.:]+/[0-9]{1,3}$', 50)),
      externalTrafficPolicy: orNull(choice('Cluster', 'Local')),
      ipFamilyPolicy: orNull(choice('SingleStack', 'PreferDualStack', 'RequireDualStack')),
      ipFamilies: { ...list(choice('IPv4', 'IPv6')), maxItems: 2, uniqueItems: true },
      labels,
      annotations,
    }),
    adminService: object({ labels, annotations }),
    ingress: object({
      enabled: bool,
      className: optionalName,
      hosts: { ...list(pattern('^(\\*\\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', 253)), uniqueItems: true },
      tls: openList,
      labels,
      annotations,
    }),
    httpRoute: object({
      enabled: bool,
      parentRefs: openList,
      hostnames: { ...list(pattern('^(\\*\\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', 253)), maxItems: 16 },
      labels,
      annotations,
    }),
    networkPolicy: object({
      enabled: bool,
      ingestFrom: openList,
      monitoringNamespaceSelector: labels,
      adminFrom: openList,
      egress: object({
        dns: bool,
        dnsPorts: { ...list(port), minItems: 1 },
        otlp: list(destination),
        database: list(destination),
        canary: list(destination),
        jwks: list(destination),
        probeCIDRs: list(pattern('^[0-9a-fA-F.:]+/[0-9]{1,3}$', 50)),
        probePorts: { ...list(port), minItems: 1 },
        extra: openList,
      }),
    }),
    env: openList,
    envFrom: openList,
    args: list(text),
    extraVolumes: openList,
    extraVolumeMounts: openList,
    extraContainers: openList,
    extraInitContainers: openList,
    resources: open,
    livenessProbe: open,
    readinessProbe: open,
    startupProbe: open,
    lifecycle: open,
    securityContext: open,
    podSecurityContext: open,
    runAs: object({ user: integer(1, 4_294_967_295), group: integer(1, 4_294_967_295) }),
    openshift: bool,
    serviceAccount: object({ create: bool, name: optionalName, annotations }),
    workloadAnnotations: annotations,
    podLabels: labels,
    podAnnotations: annotations,
    podSpec: open,
    priorityClassName: optionalName,
    runtimeClassName: optionalName,
    nodeSelector: labels,
    affinity: open,
    tolerations: openList,
    topologySpreadConstraints: openList,
    terminationGracePeriodSeconds: integer(20, 3_600),
    updateStrategy: open,
    podDisruptionBudget: object({ enabled: bool, maxUnavailable: count, minAvailable: count }),
    autoscaling: object({
      enabled: bool,
      minReplicas: integer(1, 1_000),
      maxReplicas: integer(1, 1_000),
      targetCPUUtilizationPercentage: orNull(integer(1, 1_000)),
      metrics: openList,
      behavior: open,
    }),
    monitoring: object({
      labels,
      interval: pattern(DURATION, 20),
      scrapeTimeout: pattern(DURATION, 20),
      job: pattern('^[A-Za-z0-9._/-]*$', 100),
      annotations: bool,
    }),
    serviceMonitor: monitor,
    podMonitor: monitor,
    rules: object({
      enabled: bool,
      namespace,
      labels,
      overrides: {
        type: 'object',
        additionalProperties: object({
          enabled: { ...bool, description: 'false leaves the alert out.' },
          for: { ...pattern(DURATION, 20), description: 'How long the condition must hold.' },
          threshold: { type: 'number', description: 'Replaces the number that files/rules marks as threshold.' },
          severity: {
            ...pattern(LABEL_VALUE, 63),
            description: 'The label severity, for example critical, warning or info.',
          },
          labels: { ...map(text, '^[a-zA-Z_][a-zA-Z0-9_]*$'), description: 'More labels of the alert.' },
        }),
      },
      extraAlertLabels: map(text, '^[a-zA-Z_][a-zA-Z0-9_]*$'),
      runbookUrl: pattern('^https?://[^\\s]+$', 2_048),
      grafanaUrl: pattern('^$|^https?://[^\\s]+$', 2_048),
    }),
    alertmanagerConfig: object({
      enabled: bool,
      labels,
      route: open,
      receivers: openList,
      inhibitRules: openList,
      muteTimeIntervals: openList,
    }),
    dashboards: object({
      enabled: bool,
      namespace,
      labels,
      folder: text,
      folderAnnotation: pattern(LABEL_KEY, 317),
      annotations,
    }),
    tests: object({ enabled: bool }),
    extraObjects: { type: 'array', items: { type: ['object', 'string'] } },
  })
}
