import { ConfigFileSchema } from '../../src/config/schema.ts'
import { kubernetesTypes, type Schema } from './kubernetes-types.ts'
import { valuesDocs } from './values-docs.ts'

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
const objectName = pattern(NAME, 253)
const optionalName = pattern(`^$|${NAME}`, 253)
const labels = map(pattern(LABEL_VALUE, 63), LABEL_KEY)
const annotations = map(text, LABEL_KEY)
const count = { type: ['integer', 'string', 'null'], minimum: 0, pattern: '^[0-9]{1,3}%$' }

/**
 * values.schema.json: strict at every level, in one file, for Helm's two validators (draft-07, RE2). Types stand here,
 * descriptions in values.yaml's comments; `config` is the service's own schema, and Kubernetes' types come from its declarations.
 * @throws Error where a value has no type here, or no comment in values.yaml
 */
export function valuesSchema(): Schema {
  const types = kubernetesTypes()
  const core = (name: string) => types.reference(`kubernetes-models/v1/${name}`)
  const networking = (name: string) => types.reference(`kubernetes-models/networking.k8s.io/v1/${name}`)
  const scaling = (name: string) => types.reference(`kubernetes-models/autoscaling/v2/${name}`)
  const operator = (name: string) =>
    types.reference(`@kubernetes-models/prometheus-operator/monitoring.coreos.com/${name}`)
  const gateway = (name: string) =>
    types.reference(`@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/${name}`)

  const secretKey = pattern('^[-._a-zA-Z0-9]+$', 253)
  const secretRef = object({ existingSecret: optionalName, key: secretKey })
  const destination = object(
    {
      to: { ...list(networking('NetworkPolicyPeer')), minItems: 1, description: 'Peers, as a NetworkPolicy has them.' },
      ports: { ...list(port), minItems: 1, description: 'TCP ports.' },
    },
    { required: ['to', 'ports'] },
  )
  const monitor = object({
    enabled: bool,
    labels,
    relabelings: list(operator('v1/RelabelConfig')),
    metricRelabelings: list(operator('v1/RelabelConfig')),
  })
  const retained = choice('Retain', 'Delete')

  const properties: Record<string, Schema> = {
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
    imagePullSecrets: list(
      object({ name: { ...objectName, description: 'Name of the Secret.' } }, { required: ['name'] }),
    ),
    replicas: integer(0, 1_000),
    config: configSchema(),
    tokens: object({
      existingSecret: optionalName,
      create: {
        ...map(pattern('^[\\x21-\\x7e]+(\\r?\\n[\\x21-\\x7e]+)*\\n?$', 65_536), '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
      },
    }),
    admin: object({ apiToken: secretRef, metricsToken: secretRef }),
    canary: object({ existingSecret: optionalName, secretKey, tokenKey: secretKey }),
    journal: object({
      existingSecret: optionalName,
      existingSecretKey: secretKey,
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
      selector: types.reference('@kubernetes-models/apimachinery/apis/meta/v1/LabelSelector'),
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
      tls: list(networking('IngressTLS')),
      labels,
      annotations,
    }),
    httpRoute: object({
      enabled: bool,
      parentRefs: list(gateway('ParentReference')),
      hostnames: { ...list(pattern('^(\\*\\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', 253)), maxItems: 16 },
      labels,
      annotations,
    }),
    networkPolicy: object({
      enabled: bool,
      ingestFrom: list(networking('NetworkPolicyPeer')),
      monitoringNamespaceSelector: labels,
      adminFrom: list(networking('NetworkPolicyPeer')),
      egress: object({
        dns: bool,
        dnsPorts: { ...list(port), minItems: 1 },
        otlp: list(destination),
        database: list(destination),
        canary: list(destination),
        probeCIDRs: list(pattern('^[0-9a-fA-F.:]+/[0-9]{1,3}$', 50)),
        probePorts: { ...list(port), minItems: 1 },
        extra: list(networking('NetworkPolicyEgressRule')),
      }),
    }),
    env: list(core('EnvVar')),
    envFrom: list(core('EnvFromSource')),
    args: list(text),
    extraVolumes: list(core('Volume')),
    extraVolumeMounts: list(core('VolumeMount')),
    extraContainers: list(core('Container')),
    extraInitContainers: list(core('Container')),
    resources: core('ResourceRequirements'),
    livenessProbe: core('Probe'),
    readinessProbe: core('Probe'),
    startupProbe: core('Probe'),
    lifecycle: core('Lifecycle'),
    securityContext: core('SecurityContext'),
    podSecurityContext: core('PodSecurityContext'),
    runAs: object({ user: integer(1, 4_294_967_295), group: integer(1, 4_294_967_295) }),
    openshift: bool,
    serviceAccount: object({ create: bool, name: optionalName, annotations }),
    podLabels: labels,
    podAnnotations: annotations,
    priorityClassName: optionalName,
    runtimeClassName: optionalName,
    nodeSelector: labels,
    affinity: core('Affinity'),
    tolerations: list(core('Toleration')),
    topologySpreadConstraints: list(core('TopologySpreadConstraint')),
    terminationGracePeriodSeconds: integer(20, 3_600),
    updateStrategy: object({
      type: {
        ...choice('RollingUpdate', 'OnDelete', 'Recreate'),
        description: 'OnDelete for a StatefulSet, Recreate for a Deployment.',
      },
      rollingUpdate: {
        ...object({
          partition: { ...integer(0, 1_000), description: 'StatefulSet: pods from this ordinal on are updated.' },
          maxUnavailable: {
            type: ['integer', 'string'],
            description: 'How many pods may be missing during an update.',
          },
          maxSurge: {
            type: ['integer', 'string'],
            description: 'Deployment: how many pods more there may be during an update.',
          },
        }),
        description: 'Parameters of RollingUpdate.',
      },
    }),
    podDisruptionBudget: object({ enabled: bool, maxUnavailable: count, minAvailable: count }),
    autoscaling: object({
      enabled: bool,
      minReplicas: integer(1, 1_000),
      maxReplicas: integer(1, 1_000),
      targetCPUUtilizationPercentage: orNull(integer(1, 1_000)),
      metrics: list(scaling('MetricSpec')),
      behavior: scaling('HorizontalPodAutoscalerBehavior'),
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
      route: operator('v1alpha1/Route'),
      receivers: list(operator('v1alpha1/Receiver')),
      inhibitRules: list(operator('v1alpha1/InhibitRule')),
      muteTimeIntervals: list(operator('v1alpha1/MuteTimeInterval')),
    }),
    dashboards: object({
      enabled: bool,
      namespace: pattern('^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 63),
      labels,
      folder: text,
      folderAnnotation: pattern(LABEL_KEY, 317),
      annotations,
    }),
    tests: object({ enabled: bool }),
    extraObjects: { type: 'array', items: { type: ['object', 'string'] } },
  }

  const schema: Schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart webhook-error-exporter',
    description: 'Generated by `node helm/tools/generate.ts`; do not edit.',
    ...object(properties),
  }
  const described = withDescriptions(schema)
  return { ...described, definitions: types.definitions() }
}

/** Takes the comments of values.yaml over, and insists that every value has a type and a description. */
function withDescriptions(schema: Schema): Schema {
  const copy = structuredClone(schema)
  const faults: string[] = []
  for (const { path, description } of valuesDocs()) {
    const at = propertyAt(copy, path.split('.'))
    if (at === 'elsewhere') continue
    if (!at) faults.push(`${path}: values.yaml has it, helm/tools/values-schema.ts does not`)
    else if (description) at.set(description)
    else if (!at.described) faults.push(`${path}: has no comment in values.yaml`)
  }
  const documented = new Set(valuesDocs().map(({ path }) => path))
  for (const path of propertyPaths(copy)) {
    if (!documented.has(path)) faults.push(`${path}: the schema knows it, values.yaml does not say it`)
  }
  if (faults.length) throw new Error(`values.schema.json cannot be made:\n  ${faults.join('\n  ')}`)
  return copy
}

type Properties = Record<string, Schema>

/** `elsewhere` for what has its description in a definition or, below `config`, in the service's schema. */
function propertyAt(
  schema: Schema,
  path: readonly string[],
): { described: boolean; set(text: string): void } | 'elsewhere' | undefined {
  let at = schema
  for (const [index, key] of path.entries()) {
    const properties = at['properties'] as Properties | undefined
    const next = properties?.[key]
    if (!next)
      return at['additionalProperties'] || at['patternProperties'] || at['allOf'] || at['$ref']
        ? 'elsewhere'
        : undefined
    if (index === path.length - 1) {
      return {
        described: typeof next['description'] === 'string',
        set: (description) => {
          // Draft-07 ignores what stands beside a $ref. The service describes its own configuration itself.
          if (next['$ref']) properties[key] = { allOf: [next], description }
          else
            next['description'] =
              path[0] === 'config' && path.length > 1 ? (next['description'] ?? description) : description
        },
      }
    }
    at = next
  }
  return undefined
}

/** Of all that values.yaml has to say; `config` is said as far as the chart needs it, rule overrides by nobody. */
function* propertyPaths(schema: Schema, path: readonly string[] = []): Generator<string> {
  for (const [key, value] of Object.entries((schema['properties'] ?? {}) as Properties)) {
    const here = [...path, key]
    if (here.join('.') === 'updateStrategy.type' || here.join('.') === 'updateStrategy.rollingUpdate') continue
    yield here.join('.')
    if (here[0] !== 'config') yield* propertyPaths(value, here)
  }
}

/** What the chart itself reads of the configuration. A null in somebody's values would take the default away. */
const NEEDED: Record<string, readonly string[]> = {
  '': ['ingest', 'admin', 'sources', 'journal'],
  ingest: ['host', 'port'],
  admin: ['host', 'port'],
  journal: ['url'],
}

function configSchema(): Schema {
  const schema = clean(JSON.parse(JSON.stringify(ConfigFileSchema)))
  for (const [section, required] of Object.entries(NEEDED)) {
    const at = section ? (schema['properties'] as Properties)[section]! : schema
    at['required'] = [...new Set([...((at['required'] as string[] | undefined) ?? []), ...required])]
  }
  // The chart fills the secret in, from `canary.existingSecret`.
  const canary = (schema['properties'] as Properties)['canary']
  if (canary) canary['required'] = ['url']
  return schema
}

/** Drops what is no keyword of draft-07; a default of an object says nothing that its properties do not. */
function clean(schema: Schema): Schema {
  const { $schema, title, ...rest } = schema
  const out: Schema = {}
  for (const [keyword, value] of Object.entries(rest)) {
    if (keyword.startsWith('x-') || keyword.startsWith('~') || (keyword === 'default' && typeof value === 'object'))
      continue
    if (keyword === 'properties') {
      out[keyword] = Object.fromEntries(Object.entries(value as Properties).map(([key, item]) => [key, clean(item)]))
    } else if (Array.isArray(value)) {
      out[keyword] = value.map((item) => (typeof item === 'object' && item !== null ? clean(item as Schema) : item))
    } else {
      out[keyword] = typeof value === 'object' && value !== null ? clean(value as Schema) : value
    }
  }
  return out
}
