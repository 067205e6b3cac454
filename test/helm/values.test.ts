import { expect } from 'chai'
import { valuesDocs } from '../../helm/tools/values-docs.ts'
import { CONTRADICTIONS, OURS, type Values } from './support/contradictions.ts'
import { type HelmMajor, requireHelm, requireMajors, template, withValues } from './support/helm.ts'

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
  ['a text as threshold', { rules: { overrides: { WebhookReportsNotRecorded: { threshold: 'many' } } } }, 'threshold'],
  ['a runbook address that is none', { rules: { runbookUrl: 'our wiki' } }, 'runbookUrl'],
  ['a folder that is no text', { dashboards: { folder: 1 } }, 'folder'],
  ['a number as an extra object', { extraObjects: [1] }, 'extraObjects'],
  ['a grace period that is too short to flush', { terminationGracePeriodSeconds: 1 }, 'terminationGracePeriodSeconds'],
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
