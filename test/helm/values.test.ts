import { expect } from 'chai'
import { type HelmMajor, requireHelm, template, withValues } from './support/helm.ts'

type Values = Record<string, unknown>

/** Values that the schema refuses, each with the key that the message must name. */
const WRONG: readonly (readonly [what: string, values: Values, key: string])[] = [
  ['an unknown key', { replicaCount: 2 }, 'replicaCount'],
  ['a misspelt section', { ingres: { enabled: true } }, 'ingres'],
  ['an unknown mode', { mode: 'daemonset' }, 'mode'],
  ['a text for a number', { replicas: 'two' }, 'replicas'],
  ['a negative number of replicas', { replicas: -1 }, 'replicas'],
  ['a fraction of replicas', { replicas: 1.5 }, 'replicas'],
  ['a text for a boolean', { enabled: 'yes please' }, 'enabled'],
  ['a list for global', { global: [] }, 'global'],
  ['a name with capitals', { nameOverride: 'Webhooks' }, 'nameOverride'],
  ['a name that no Service can have', { fullnameOverride: '1st' }, 'fullnameOverride'],
  ['a name that is too long', { fullnameOverride: 'a'.repeat(53) }, 'fullnameOverride'],
  ['a label that is too long', { commonLabels: { team: 'x'.repeat(64) } }, 'commonLabels'],
  ['a number as a label', { podLabels: { tier: 1 } }, 'podLabels'],
  ['a boolean as an annotation', { podAnnotations: { 'sidecar.istio.io/inject': false } }, 'podAnnotations'],
  ['a label whose name is none', { commonLabels: { 'a b': 'c' } }, 'commonLabels'],
  ['an image with its tag', { image: { repository: 'ghcr.io/x/y:1.0' } }, 'repository'],
  ['a digest without its algorithm', { image: { digest: 'abcdef' } }, 'digest'],
  ['a number as tag', { image: { tag: 1.1 } }, 'tag'],
  ['an unknown pull policy', { image: { pullPolicy: 'Sometimes' } }, 'pullPolicy'],
  ['a pull secret without a name', { imagePullSecrets: [{}] }, 'imagePullSecrets'],
  ['an unknown key of the configuration', { config: { ingest: { prot: 8080 } } }, 'prot'],
  ['an unknown section of the configuration', { config: { logging: {} } }, 'logging'],
  ['a port out of range', { config: { ingest: { port: 70_000 } } }, 'port'],
  ['a duration without a unit that there is', { config: { ingest: { answerTimeout: '1 second' } } }, 'answerTimeout'],
  ['a size that is none', { config: { ingest: { bodyLimit: 'large' } } }, 'bodyLimit'],
  ['an unknown way to authenticate', { config: { sources: { retm: { auth: 'basic' } } } }, 'auth'],
  [
    'a token with neither file nor variable',
    { config: { sources: { retm: { tokens: [{ tenant: 'a' }] } } } },
    'tokens',
  ],
  ['an endpoint without URLs', { config: { endpoints: [{ name: 'orders' }] } }, 'endpoints'],
  [
    'an endpoint of an unknown severity',
    { config: { endpoints: [{ name: 'a', urls: ['https://a.example'], severity: 'high' }] } },
    'severity',
  ],
  ['a journal of an unknown kind', { config: { journal: { url: 'mysql://db/journal' } } }, 'url'],
  ['a tenant whose name no key can have', { tokens: { create: { 'merchant a': 'token' } } }, 'create'],
  ['a token with a space', { tokens: { create: { merchant: 'a token' } } }, 'create'],
  ['an unknown key of a token Secret', { admin: { apiToken: { secret: 'x' } } }, 'apiToken'],
  ['a volume that many pods can write', { persistence: { accessModes: ['ReadWriteMany'] } }, 'accessModes'],
  ['no access mode', { persistence: { accessModes: [] } }, 'accessModes'],
  ['a size of the volume that is no quantity', { persistence: { size: '2GiB' } }, 'size'],
  ['a retention policy that is none', { persistence: { retentionPolicy: { whenDeleted: 'Keep' } } }, 'whenDeleted'],
  ['an unknown workload beside the sidecar', { sidecar: { workload: 'DaemonSet' } }, 'workload'],
  ['an unknown type of Service', { service: { type: 'ExternalName' } }, 'type'],
  ['a Service without a port', { service: { port: 0 } }, 'port'],
  ['a text as nodePort', { service: { nodePort: '30080' } }, 'nodePort'],
  ['a host with its scheme', { ingress: { hosts: ['https://errors.example.com'] } }, 'hosts'],
  ['Ingress hosts as the objects of other charts', { ingress: { hosts: [{ host: 'a.example', paths: [] }] } }, 'hosts'],
  ['a parent reference with an unknown key', { httpRoute: { parentRefs: [{ name: 'a', port: 'https' }] } }, 'port'],
  ['a peer with an unknown selector', { networkPolicy: { ingestFrom: [{ namespace: 'a' }] } }, 'ingestFrom'],
  ['a destination without ports', { networkPolicy: { egress: { otlp: [{ to: [{ podSelector: {} }] }] } } }, 'otlp'],
  ['a CIDR without its length', { networkPolicy: { egress: { probeCIDRs: ['203.0.113.0'] } } }, 'probeCIDRs'],
  ['a variable without a name', { env: [{ value: 'x' }] }, 'env'],
  ['variables as a map', { env: { LOG_LEVEL: 'debug' } }, 'env'],
  ['a number as a variable', { env: [{ name: 'A', value: 1 }] }, 'env'],
  ['a volume with an unknown source', { extraVolumes: [{ name: 'a', emptydir: {} }] }, 'extraVolumes'],
  ['a container with a misspelt field', { extraContainers: [{ name: 'a', imagee: 'x' }] }, 'extraContainers'],
  ['a misspelt limit', { resources: { limit: { cpu: 1 } } }, 'resources'],
  ['a misspelt probe field', { livenessProbe: { failureTreshold: 1 } }, 'livenessProbe'],
  ['root', { runAs: { user: 0 } }, 'user'],
  ['a toleration with an unknown effect', { tolerations: [{ key: 'a', effect: 'NoRun' }] }, 'tolerations'],
  ['an affinity with an unknown kind', { affinity: { nodeAfinity: {} } }, 'affinity'],
  ['a budget that is no percentage', { podDisruptionBudget: { minAvailable: 'half' } }, 'minAvailable'],
  ['no fewest replicas', { autoscaling: { minReplicas: 0 } }, 'minReplicas'],
  ['an interval without a unit', { monitoring: { interval: 15 } }, 'interval'],
  ['a relabeling of an unknown action', { serviceMonitor: { relabelings: [{ action: 'rename' }] } }, 'relabelings'],
  ['an override with an unknown key', { rules: { overrides: { WebhookJournalDown: { expr: 'up' } } } }, 'expr'],
  ['a text as threshold', { rules: { overrides: { WebhookFailuresIncreasing: { threshold: 'many' } } } }, 'threshold'],
  ['a runbook address that is none', { rules: { runbookUrl: 'our wiki' } }, 'runbookUrl'],
  [
    'a receiver with an unknown notifier',
    { alertmanagerConfig: { receivers: [{ name: 'a', slack: [] }] } },
    'receivers',
  ],
  ['a folder that is no text', { dashboards: { folder: 1 } }, 'folder'],
  ['a number as an extra object', { extraObjects: [1] }, 'extraObjects'],
  ['a grace period that is too short to flush', { terminationGracePeriodSeconds: 1 }, 'terminationGracePeriodSeconds'],
]

const RECEIVERS = [{ name: 'on-call', webhookConfigs: [{ url: 'https://a.example' }] }]
const NETWORK = { enabled: true, monitoringNamespaceSelector: { a: 'b' } }

/** What no schema sees: values that contradict each other, each with the sentence that says what to write instead. */
const CONTRADICTIONS: readonly (readonly [what: string, values: Values, said: RegExp])[] = [
  ['replicas on SQLite', { replicas: 2 }, /replicas: 2 pods cannot share an SQLite file.*journal\.existingSecret/],
  [
    'autoscaling on SQLite',
    { autoscaling: { enabled: true } },
    /autoscaling\.enabled: an SQLite journal has one writer/,
  ],
  [
    'a sidecar’s replicas on SQLite',
    { mode: 'sidecar', sidecar: { replicas: 2 } },
    /sidecar\.replicas: 2 pods cannot share/,
  ],
  ['no volume', { persistence: { enabled: false } }, /persistence\.enabled: .*acceptLossOnPodDeletion: true/],
  [
    'a sidecar without a volume',
    { mode: 'sidecar', persistence: { enabled: false } },
    /persistence\.enabled: .*journal\.existingSecret/,
  ],
  [
    'fewest above most',
    { journal: { existingSecret: 'j' }, autoscaling: { enabled: true, minReplicas: 9, maxReplicas: 3 } },
    /autoscaling\.minReplicas: is more/,
  ],
  [
    'autoscaling by nothing',
    { journal: { existingSecret: 'j' }, autoscaling: { enabled: true, targetCPUUtilizationPercentage: null } },
    /autoscaling: has no metric to scale on/,
  ],
  [
    'a password in the ConfigMap',
    { config: { journal: { url: 'postgres://a:b@db/j' } } },
    /config\.journal\.url: do not put a password into a ConfigMap/,
  ],
  [
    'a password in an endpoint',
    { config: { endpoints: [{ name: 'a', urls: ['https://u:p@a.example/x'] }] } },
    /config\.endpoints\[0\]\.urls/,
  ],
  [
    'two journals',
    { journal: { existingSecret: 'j' }, config: { journal: { url: 'postgres://db/j' } } },
    /config\.journal\.url: journal\.existingSecret already sets/,
  ],
  [
    'a journal on no volume',
    { config: { journal: { url: 'sqlite:./data/journal.db' } } },
    /is not on a volume.*sqlite:\/data\/journal\.db/,
  ],
  ['a volume too small', { persistence: { size: '1Gi' } }, /persistence\.size: 1Gi does not hold/],
  [
    'a retention too large',
    { config: { journal: { retention: { size: '3GB' } } } },
    /persistence\.size: 2Gi does not hold/,
  ],
  [
    'access modes that exclude each other',
    { persistence: { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] } },
    /ReadWriteOncePod cannot be combined/,
  ],
  [
    'a privileged port',
    { config: { ingest: { port: 80 } } },
    /config\.ingest\.port: the container may not listen on 80/,
  ],
  ['any free port', { config: { admin: { port: 0 } } }, /config\.admin\.port: the container may not listen on 0/],
  [
    'one port for both',
    { config: { admin: { port: 9465 } } },
    /config\.admin\.port: is the same as config\.ingest\.port/,
  ],
  [
    'a loopback address',
    { config: { admin: { host: '127.0.0.1' } } },
    /config\.admin\.host: 127\.0\.0\.1 is unreachable from outside the pod/,
  ],
  ['a nodePort without nodes', { service: { nodePort: 30_080 } }, /service\.nodePort/],
  [
    'a traffic policy without traffic',
    { service: { externalTrafficPolicy: 'Local' } },
    /service\.externalTrafficPolicy/,
  ],
  [
    'a load balancer’s class without one',
    { service: { loadBalancerClass: 'a.example/b' } },
    /service\.loadBalancerClass/,
  ],
  ['an Ingress for every host', { ingress: { enabled: true } }, /ingress\.hosts: is empty/],
  ['a route without a Gateway', { httpRoute: { enabled: true } }, /httpRoute\.parentRefs: is empty/],
  [
    'a token said twice',
    { admin: { apiToken: { existingSecret: 'a' } }, config: { admin: { apiToken: { env: 'A' } } } },
    /config\.admin\.apiToken: admin\.apiToken\.existingSecret already sets/,
  ],
  [
    'tokens that nobody reads',
    { tokens: { create: { a: 'b' } }, config: { sources: { retm: { tokensDir: null } } } },
    /tokens\.create: the tokens would not be read/,
  ],
  [
    'a variable of the chart',
    { env: [{ name: 'INGEST_PORT', value: '1' }] },
    /env: the chart sets INGEST_PORT; write config\.ingest/,
  ],
  [
    'the journal as a variable',
    { env: [{ name: 'JOURNAL_URL', value: 'x' }] },
    /env: the chart sets JOURNAL_URL; write journal\.existingSecret/,
  ],
  [
    'a variable twice',
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    },
    /env: A occurs twice/,
  ],
  [
    'a volume of the chart',
    { extraVolumes: [{ name: 'data', emptyDir: {} }] },
    /extraVolumes: a volume named data already exists/,
  ],
  [
    'a mount of the chart',
    { extraVolumes: [{ name: 'a', emptyDir: {} }], extraVolumeMounts: [{ name: 'a', mountPath: '/tmp/' }] },
    /another volume is already mounted at \/tmp/,
  ],
  [
    'a container of the chart',
    { extraContainers: [{ name: 'webhook-error-exporter' }] },
    /is the name of another container/,
  ],
  [
    'a label of a selector',
    { podLabels: { 'app.kubernetes.io/name': 'x' } },
    /podLabels: the chart sets app\.kubernetes\.io\/name, which is part of selectors/,
  ],
  [
    'both ends of a budget',
    { podDisruptionBudget: { enabled: true, minAvailable: 1, maxUnavailable: 1 } },
    /has minAvailable and maxUnavailable/,
  ],
  [
    'a budget that blocks one replica',
    { podDisruptionBudget: { enabled: true, minAvailable: 1 } },
    /1 of 1 pods would block every node drain/,
  ],
  [
    'a budget that blocks three by percentage',
    { journal: { existingSecret: 'j' }, replicas: 3, podDisruptionBudget: { enabled: true, minAvailable: '67%' } },
    /67% of 3 pods would block/,
  ],
  [
    'a budget of nothing',
    { podDisruptionBudget: { enabled: true, maxUnavailable: 0 } },
    /maxUnavailable: 0 would block/,
  ],
  [
    'a policy without Prometheus',
    { networkPolicy: { enabled: true } },
    /networkPolicy\.monitoringNamespaceSelector: is empty/,
  ],
  [
    'a policy around a sidecar',
    { mode: 'sidecar', networkPolicy: NETWORK },
    /networkPolicy\.enabled: a policy applies to the whole pod/,
  ],
  [
    'a policy without the database',
    { journal: { existingSecret: 'j' }, networkPolicy: NETWORK },
    /networkPolicy\.egress\.database: is empty/,
  ],
  [
    'a policy without the collector',
    { env: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://c:4318' }], networkPolicy: NETWORK },
    /networkPolicy\.egress\.otlp: is empty/,
  ],
  ['a scrape longer than its interval', { monitoring: { interval: '5s' } }, /monitoring\.scrapeTimeout: is longer/],
  [
    'a canary that nobody signs',
    { config: { canary: { url: 'https://a.example' } } },
    /config\.canary\.secret: is missing/,
  ],
  [
    'a canary’s Secret without a canary',
    { canary: { existingSecret: 'c' } },
    /canary\.existingSecret: no canary is configured/,
  ],
  [
    'a canary’s secret said twice',
    { canary: { existingSecret: 'c' }, config: { canary: { url: 'https://a.example', secret: { env: 'A' } } } },
    /canary\.existingSecret already sets them/,
  ],
  [
    'a policy that keeps the canary in',
    { canary: { existingSecret: 'c' }, config: { canary: { url: 'https://a.example' } }, networkPolicy: NETWORK },
    /networkPolicy\.egress\.canary: is empty/,
  ],
  [
    'a policy that makes every endpoint seem unreachable',
    { config: { endpoints: [{ name: 'a', urls: ['https://a.example'] }] }, networkPolicy: NETWORK },
    /networkPolicy\.egress\.probeCIDRs: is empty/,
  ],
  [
    'a Deployment’s strategy',
    { updateStrategy: { type: 'Recreate' } },
    /a StatefulSet supports RollingUpdate and OnDelete/,
  ],
  [
    'a StatefulSet’s strategy',
    { journal: { existingSecret: 'j' }, updateStrategy: { type: 'OnDelete' } },
    /a Deployment supports RollingUpdate and Recreate/,
  ],
  [
    'parameters of another strategy',
    { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    /rollingUpdate: does not apply to type OnDelete/,
  ],
  [
    'a surge of a StatefulSet',
    { updateStrategy: { rollingUpdate: { maxSurge: 1 } } },
    /maxSurge: applies only to a Deployment/,
  ],
  [
    'an update that cannot begin',
    { journal: { existingSecret: 'j' }, updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    /no pod could ever be replaced/,
  ],
  [
    'a liveness that must be shown twice',
    { livenessProbe: { successThreshold: 2 } },
    /livenessProbe\.successThreshold/,
  ],
  ['a relative folder', { config: { sources: { retm: { tokensDir: 'tokens' } } } }, /tokensDir: tokens is where/],
  [
    'autoscaling by a part of nothing',
    { journal: { existingSecret: 'j' }, autoscaling: { enabled: true }, resources: { requests: { cpu: null } } },
    /resources\.requests\.cpu: /,
  ],
  [
    'a hook that gates the application',
    { mode: 'sidecar', lifecycle: { postStart: { exec: { command: ['x'] } } } },
    /lifecycle\.postStart: in the sidecar form/,
  ],
  ['two monitors', { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } }, /counted twice/],
  [
    'a monitor and annotations',
    { serviceMonitor: { enabled: true }, monitoring: { annotations: true } },
    /monitoring\.annotations: with a monitor/,
  ],
  [
    'annotations and a token',
    { admin: { metricsToken: { existingSecret: 'a' } }, monitoring: { annotations: true } },
    /sends no token/,
  ],
  [
    'an Alertmanager that tells nobody',
    { alertmanagerConfig: { enabled: true } },
    /alertmanagerConfig\.receivers: is empty/,
  ],
  [
    'a route to nobody',
    { alertmanagerConfig: { enabled: true, receivers: RECEIVERS } },
    /alertmanagerConfig\.route\.receiver: must be one of the receivers; write on-call/,
  ],
  [
    'an unknown alert',
    { rules: { overrides: { WebhookOops: { enabled: false } } } },
    /rules\.overrides\.WebhookOops: unknown alert; known are .*WebhookJournalDown/,
  ],
  [
    'a threshold of a state',
    { rules: { overrides: { WebhookJournalDown: { threshold: 1 } } } },
    /WebhookJournalDown\.threshold: this alert follows a state/,
  ],
  [
    'a sidecar’s place',
    { mode: 'sidecar', nodeSelector: { a: 'b' } },
    /nodeSelector: in the sidecar form the pod belongs to the application/,
  ],
  [
    'a sidecar’s neighbours',
    { mode: 'sidecar', extraContainers: [{ name: 'a' }] },
    /extraContainers: in the sidecar form/,
  ],
  [
    'a sidecar’s budget',
    { mode: 'sidecar', podDisruptionBudget: { enabled: true } },
    /podDisruptionBudget\.enabled: in the sidecar form/,
  ],
  [
    'a sidecar’s replicas as the chart’s',
    { mode: 'sidecar', replicas: 3 },
    /replicas: in the sidecar form .*sidecar\.replicas/,
  ],
  [
    'a sidecar without limits',
    { mode: 'sidecar', resources: { limits: null } },
    /resources: a sidecar without requests and limits/,
  ],
]

/** Both majors read the same schema and templates; Helm 3 tries enough of them to show that it reports the same. */
const onHelm3 = <T>(cases: readonly T[]): T[] => cases.filter((_, index) => index % 12 === 0)

async function expectRefused(major: HelmMajor, values: Values, ...said: RegExp[]): Promise<void> {
  const { code, stderr } = await withValues(values, (args) => template(major, args))
  expect(code, `helm ${major} let it through`).not.to.equal(0)
  for (const pattern of said) expect(stderr, `helm ${major}`).to.match(pattern)
}

/** @param key that the message must name */
const bySchema = (key: string) => [/values don't meet the specifications of the schema/, new RegExp(RegExp.escape(key))]

describe('values that are wrong', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  it('are many', () => expect(WRONG.length).to.be.at.least(40))

  for (const [what, values, key] of WRONG) {
    it(`${what} is refused, and the message names ${key}`, () => expectRefused('4', values, ...bySchema(key)))
  }

  for (const [what, values, said] of CONTRADICTIONS) {
    it(`${what}: refused with what to write instead`, () => expectRefused('4', values, said))
  }

  it('are refused by Helm 3 with the same messages', async function () {
    await requireHelm(this, '3')
    for (const [, values, key] of onHelm3(WRONG)) await expectRefused('3', values, ...bySchema(key))
    for (const [, values, said] of onHelm3(CONTRADICTIONS)) await expectRefused('3', values, said)
  })

  it('are reported all at once', async () => {
    const values = { replicas: 2, config: { ingest: { port: 80 } }, ingress: { enabled: true } }
    await expectRefused('4', values, /3 error\(s\) in the values/)
  })
})
