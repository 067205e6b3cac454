import { expect } from 'chai'
import { valuesDocs } from '../../helm/tools/values-docs.ts'
import { type HelmMajor, requireHelm, requireMajors, template, withValues } from './support/helm.ts'

type Values = Record<string, unknown>

/** Values that the schema refuses, each with the key that the message must name. */
const WRONG: readonly (readonly [what: string, values: Values, key: string])[] = [
  ['an unknown key', { replicaCount: 2 }, 'replicaCount'],
  ['a misspelt section', { ingres: { enabled: true } }, 'ingres'],
  ['a section whose keys are all commented out', { service: null }, 'service'],
  ['no configuration at all', { config: null }, 'config'],
  ['a part of a section whose keys are all commented out', { networkPolicy: { egress: null } }, 'egress'],
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
  ['a misspelt key of the journal', { journal: { passwordFil: {} } }, 'passwordFil'],
  ['a file for a Secret', { journal: { passwordFile: '/secrets/password' } }, 'passwordFile'],
  ['a misspelt key of a monitor', { podMonitor: { sampleLimits: 1 } }, 'sampleLimits'],
  ['a text as a limit of samples', { serviceMonitor: { sampleLimit: '5k' } }, 'sampleLimit'],
  ['a namespace that is none', { rules: { namespace: 'Monitoring' } }, 'namespace'],
  ['a number as an annotation of the workload', { workloadAnnotations: { a: 1 } }, 'workloadAnnotations'],
  ['a list as the pod’s spec', { podSpec: [] }, 'podSpec'],
  ['a text for containers of the pod’s spec', { podSpec: { containers: 'x' } }, 'containers'],
  ['volumes of the pod’s spec as a map', { podSpec: { volumes: { data: {} } } }, 'volumes'],
  ['a container of the pod’s spec without a name', { podSpec: { initContainers: [{ image: 'x' }] } }, 'name'],
  ['a text as a pull secret of the pod’s spec', { podSpec: { imagePullSecrets: ['x'] } }, 'imagePullSecrets'],
  ['a variable without a name', { env: [{ value: 'x' }] }, 'name'],
  ['a mount without a path', { extraVolumeMounts: [{ name: 'x' }] }, 'mountPath'],
  ['volumes as a map', { extraVolumes: { data: {} } }, 'extraVolumes'],
  ['a destination with an unknown key', { networkPolicy: { egress: { otlp: [{ to: [{}], port: [1] }] } } }, 'port'],
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
  ['a destination without ports', { networkPolicy: { egress: { otlp: [{ to: [{ podSelector: {} }] }] } } }, 'otlp'],
  ['a CIDR without its length', { networkPolicy: { egress: { probeCIDRs: ['203.0.113.0'] } } }, 'probeCIDRs'],
  ['variables as a map', { env: { LOG_LEVEL: 'debug' } }, 'env'],
  ['root', { runAs: { user: 0 } }, 'user'],
  ['a budget that is no percentage', { podDisruptionBudget: { minAvailable: 'half' } }, 'minAvailable'],
  ['no fewest replicas', { autoscaling: { minReplicas: 0 } }, 'minReplicas'],
  ['an interval without a unit', { monitoring: { interval: 15 } }, 'interval'],
  ['an override with an unknown key', { rules: { overrides: { WebhookJournalDown: { expr: 'up' } } } }, 'expr'],
  ['a text as threshold', { rules: { overrides: { WebhookFailuresIncreasing: { threshold: 'many' } } } }, 'threshold'],
  ['a runbook address that is none', { rules: { runbookUrl: 'our wiki' } }, 'runbookUrl'],
  ['a folder that is no text', { dashboards: { folder: 1 } }, 'folder'],
  ['a number as an extra object', { extraObjects: [1] }, 'extraObjects'],
  ['a grace period that is too short to flush', { terminationGracePeriodSeconds: 1 }, 'terminationGracePeriodSeconds'],
]

const OURS = 'webhook-error-exporter'
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
  [
    'one port for both listeners',
    { config: { ingest: { port: 9464 } } },
    /config\.admin\.port: 9464 is the port of config\.ingest, too/,
  ],
  [
    'variables instead of the chart’s',
    { podSpec: { containers: [{ name: OURS, env: [{ name: 'A', value: 'b' }] }] } },
    /podSpec\.containers: env of webhook-error-exporter would replace.*write env/,
  ],
  [
    'mounts instead of the chart’s',
    { podSpec: { containers: [{ name: 'other' }, { name: OURS, volumeMounts: [] }] } },
    /podSpec\.containers: volumeMounts of webhook-error-exporter would replace.*write extraVolumeMounts/,
  ],
  ['no volume', { persistence: { enabled: false } }, /persistence\.enabled: .*acceptLossOnPodDeletion: true/],
  [
    'a sidecar without a volume',
    { mode: 'sidecar', persistence: { enabled: false } },
    /persistence\.enabled: .*journal\.existingSecret/,
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
    'a loopback address',
    { config: { admin: { host: '127.0.0.1' } } },
    /config\.admin\.host: 127\.0\.0\.1 is unreachable from outside the pod/,
  ],
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
    'the Secret of a source that there is not',
    { sources: { svix: { existingSecret: 'a' } } },
    /sources\.svix: there is no such source; write it under config\.sources, which has retm/,
  ],
  [
    'an Ingress to sources that anyone can use',
    { ingress: { enabled: true, hosts: ['a.example'] }, config: { sources: { retm: { auth: 'none' } } } },
    /ingress\.enabled: no source authenticates its senders/,
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
    'a policy without Prometheus',
    { networkPolicy: { enabled: true } },
    /networkPolicy\.monitoringNamespaceSelector: is empty, which would open the admin port/,
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
    'a canary that nobody signs',
    { config: { canary: { url: 'https://a.example' } } },
    /config\.canary\.secret: is missing/,
  ],
  [
    'a canary’s secret said twice',
    { canary: { existingSecret: 'c' }, config: { canary: { url: 'https://a.example', secret: { env: 'A' } } } },
    /canary\.existingSecret already sets them/,
  ],
  [
    'a simulation’s secret said twice',
    { simulation: { existingSecret: 's' }, config: { simulation: { secret: { env: 'A' } } } },
    /simulation\.existingSecret already sets it/,
  ],
  ['a relative folder', { config: { sources: { retm: { tokensDir: 'tokens' } } } }, /tokensDir: tokens is where/],
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
  ['a sidecar’s replicas as the chart’s', { mode: 'sidecar', replicas: 3 }, /sidecar\.replicas: 3 pods cannot share/],
]

/** Fields that a later Kubernetes or operator may have, and other charts' mistakes that its API server reports. */
const PASSED_ON: readonly (readonly [what: string, values: Values, kind: string, rendered: RegExp])[] = [
  ['the container', { podSpec: { containers: [{ name: OURS, later: 1 }] } }, 'StatefulSet', /later: 1/],
  ['the pod', { podSpec: { laterField: { a: true } } }, 'StatefulSet', /laterField:\n\s+a: true/],
  ['a probe', { livenessProbe: { laterField: 7 } }, 'StatefulSet', /laterField: 7/],
  ['resources', { resources: { laterField: [{ name: 'gpu' }] } }, 'StatefulSet', /laterField:\n\s+- name: gpu/],
  ['a volume', { extraVolumes: [{ name: 'a', laterSource: {} }] }, 'StatefulSet', /laterSource: \{\}/],
  ['a toleration', { tolerations: [{ key: 'a', effect: 'Later' }] }, 'StatefulSet', /effect: Later/],
  ['security', { securityContext: { laterField: 'x' } }, 'StatefulSet', /laterField: x/],
  ['the strategy', { updateStrategy: { type: 'Later' } }, 'StatefulSet', /type: Later/],
  ['a variable', { env: [{ name: 'A', laterSource: {} }] }, 'StatefulSet', /laterSource: \{\}/],
  [
    'a monitor',
    { serviceMonitor: { enabled: true, relabelings: [{ action: 'later' }], tlsConfig: { laterField: 1 } } },
    'ServiceMonitor',
    /scheme: https\n\s+tlsConfig:\n\s+laterField: 1[\s\S]*action: later/,
  ],
  [
    'a receiver',
    { alertmanagerConfig: { enabled: true, route: { receiver: 'a' }, receivers: [{ name: 'a', later: [] }] } },
    'AlertmanagerConfig',
    /later: \[\]/,
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

  it('are not the fields that a later Kubernetes or operator has: they are passed on', async function () {
    const majors = await requireMajors(this)
    for (const [what, values, kind, rendered] of PASSED_ON) {
      for (const major of majors) {
        const { code, stdout, stderr } = await withValues(values, (args) => template(major, args))
        expect(code, `${what}: ${stderr}`).to.equal(0)
        const object = stdout.split('\n---\n').find((text) => text.includes(`\nkind: ${kind}\n`))
        expect(object, what).to.match(rendered)
      }
    }
  })

  it('are not keys whose values are all commented out, which YAML reads as null', async () => {
    const empty = valuesDocs().filter(
      ({ path, default: value }) =>
        !/^(config|rules)\b/.test(path) && typeof value === 'object' && Object.keys(value ?? {}).length === 0,
    )
    expect(empty).to.have.length.above(60)
    // `enabled:` without a value, which the release's notes read too.
    const switches = '--set=serviceMonitor.enabled=null,podMonitor.enabled=null'
    expect((await template('4', [switches])).code).to.equal(0)
    for (const form of ['{}', '{"existingSecret":"j"}']) {
      const args = empty.flatMap(({ path }) => ['--set', `${path}=null`])
      args.push('--set-json', `journal=${form}`, '--set', 'serviceMonitor.enabled=true,rules.enabled=true')
      const { code, stderr } = await template('4', args)
      expect(code, stderr).to.equal(0)
    }
  })

  for (const [what, values, said] of CONTRADICTIONS) {
    it(`${what}: refused with what to write instead`, () => expectRefused('4', values, said))
  }

  it('are refused by Helm 3 with the same messages', async function () {
    await requireHelm(this, '3')
    for (const [, values, key] of onHelm3(WRONG)) await expectRefused('3', values, ...bySchema(key))
    for (const [, values, said] of onHelm3(CONTRADICTIONS)) await expectRefused('3', values, said)
  })

  it('are reported all at once', async () => {
    const values = { replicas: 2, config: { ingest: { host: 'localhost' } }, networkPolicy: { enabled: true } }
    await expectRefused('4', values, /3 error\(s\) in the values/)
  })
})
