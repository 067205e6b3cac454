import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { EXAMPLE_APP, parseObjects } from '../../helm/tools/example-app.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { tempFolder } from '../support/temp.ts'
import { useExampleApp } from './support/example-app.ts'
import { expectGolden } from './support/golden.ts'
import { type KubernetesObject, onAnyHelm, requireMajors, the, tool } from './support/helm.ts'
import { modelFault } from './support/models.ts'
import { faultsIn, POLICIES } from './support/policy.ts'
import { podsOf } from './support/policy-rules.ts'

/** Lists of named items in one order, since which volume comes first says nothing. */
const ordered = (object: KubernetesObject): unknown =>
  JSON.parse(JSON.stringify(object), (key, value) =>
    key === 'volumes' ? value.sort((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)) : value,
  )

const VALUES = ['default', 'statefulset', 'postgresql', 'without']

describe('the example application with the sidecar', function () {
  this.timeout(60_000)
  const app = useExampleApp()
  const { template } = app
  const objectsOf = async (...args: string[]): Promise<KubernetesObject[]> => {
    const { code, stdout, stderr } = await template('4', args)
    expect(code, stderr).to.equal(0)
    return parseObjects(stdout)
  }
  const values = (name: string) => ['--values', join(EXAMPLE_APP, `ci/${name}-values.yaml`)]

  for (const name of VALUES) {
    it(`${name}: passes lint --strict, renders the same on both, is valid and keeps to the policies`, async function () {
      const majors = await requireMajors(this)
      for (const major of majors) {
        const lint = await tool(major, 'helm', ['lint', '--strict', app.folder, ...values(name)])
        expect(lint.code, lint.stdout + lint.stderr).to.equal(0)
      }
      const [first, ...others] = await Promise.all(majors.map((major) => template(major, values(name))))
      for (const other of others) expect(onAnyHelm(other.stdout)).to.equal(onAnyHelm(first!.stdout))
      const objects = parseObjects(onAnyHelm(first!.stdout))
      for (const object of objects) expect(await modelFault(object)).to.equal(undefined)
      expect(faultsIn(objects)).to.deep.equal([])
      expectGolden(`example-app-${name}`, objects)
    })
  }

  it('runs in initContainers, restarts always, and is the stand-alone form’s container but for its supervisor and its probes', async () => {
    const sidecar = podsOf(await objectsOf()).find(({ owner }) => owner.startsWith('Deployment'))!.containers[0]!
    expect(sidecar).to.include({ name: 'webhook-error-exporter', initial: true })
    expect(sidecar.spec.restartPolicy).to.equal('Always')
    const { stdout } = await tool('4', 'helm', ['template', 'demo', CHART, '--namespace', 'shop'])
    const { readinessProbe, startupProbe, ...standalone } = the(parseObjects(stdout), 'StatefulSet')['spec'].template
      .spec.containers[0]
    const { restartPolicy, ...same } = sidecar.spec
    const prefixed = standalone.volumeMounts.map((mount: { name: string }) => ({
      ...mount,
      name: `webhook-error-exporter-${mount.name}`,
    }))
    const { args, env, ports, livenessProbe, ...rest } = same
    const { env: plainEnv, ports: plainPorts, livenessProbe: plainLiveness, ...plain } = standalone
    expect(rest).to.deep.equal({ ...plain, volumeMounts: prefixed })
    expect(args).to.deep.equal(['supervise'])
    expect(env.filter(({ name }: { name: string }) => name !== 'SUPERVISOR_PORT')).to.deep.equal(plainEnv)
    expect(ports.filter(({ name }: { name: string }) => name !== 'webhook-live')).to.deep.equal(plainPorts)
    expect(livenessProbe).to.deep.equal({ ...plainLiveness, httpGet: { path: '/livez', port: 9466 } })
    expect(readinessProbe).to.be.an('object')
    expect(startupProbe).to.be.an('object')
  })

  it('passes arguments on below the supervisor, and refuses a port that is taken', async () => {
    const sidecarOf = async (...args: string[]) =>
      podsOf(await objectsOf(...args)).find(({ owner }) => owner.startsWith('Deployment'))!.containers[0]!.spec
    expect((await sidecarOf('--set-json', 'webhookErrors.args=["serve"]')).args).to.deep.equal(['supervise', 'serve'])
    const { code, stderr } = await template('4', ['--set', 'webhookErrors.sidecar.supervisorPort=9465'])
    expect(code).not.to.equal(0)
    expect(stderr).to.include('sidecar.supervisorPort: 9465 is the port of config.ingest or config.admin')
  })

  it('is reached by its own Service while the application is not ready, unless other pods share its journal', async () => {
    const objects = await objectsOf()
    const service = the(objects, 'Service', 'demo-webhook-error-exporter')
    expect(service['spec'].publishNotReadyAddresses).to.equal(true)
    const pod = podsOf(objects).find(({ owner }) => owner === 'Deployment demo-shop')!
    expect(pod.labels).to.include(service['spec'].selector)
    expect(the(objects, 'Deployment')['spec'].selector.matchLabels).not.to.have.any.keys(
      ...Object.keys(service['spec'].selector),
    )
    expect(the(objects, 'PodMonitor')['spec'].selector.matchLabels).to.deep.equal(service['spec'].selector)
    const shared = await objectsOf('--set', 'webhookErrors.journal.existingSecret=journal')
    expect(the(shared, 'Service', 'demo-webhook-error-exporter')['spec']).not.to.have.property(
      'publishNotReadyAddresses',
    )
  })

  it('rolls with the configuration, and with nothing else', async () => {
    const checksum = async (...args: string[]) =>
      podsOf(await objectsOf(...args)).find(({ owner }) => owner === 'Deployment demo-shop')!.annotations[
        'webhook-error-exporter.github.io/config-checksum'
      ]
    const before = await checksum()
    expect(await checksum('--set', 'webhookErrors.config.metrics.seriesLimit=500')).not.to.equal(before)
    expect(await checksum('--set', 'webhookErrors.tokens.create.a=a-token-of-the-test')).to.equal(before)
  })

  it('is the same whether the pod is given as a whole, or put together from the eight templates', async () => {
    const folder = tempFolder()
    cpSync(app.folder, folder, { recursive: true })
    cpSync(join(import.meta.dirname, 'eight-templates.tpl'), join(folder, 'templates/workload.yaml'))
    for (const name of VALUES) {
      const { code, stdout, stderr } = await template('4', values(name), folder)
      expect(code, stderr).to.equal(0)
      const parts = parseObjects(stdout)
      // The whole knows that an emptyDir needs no group.
      if (name === 'postgresql') delete the(parts, 'Deployment')['spec'].template.spec.securityContext
      expect(parts.map(ordered), name).to.deep.equal((await objectsOf(...values(name))).map(ordered))
    }
  })

  it('says what is wrong where the dependency runs as its own service', async () => {
    const { code, stderr } = await template('4', ['--set', 'webhookErrors.mode=standalone'])
    expect(code).not.to.equal(0)
    expect(stderr).to.include('set mode: sidecar in its values')
  })

  it('leaves nothing behind with condition false', async () => {
    const objects = await objectsOf(...values('without'))
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.have.members([
      'Service demo-shop',
      'Deployment demo-shop',
    ])
    expect(JSON.stringify(objects)).not.to.include('webhook-error-exporter')
  })

  it('takes what the parent shares as global', async function () {
    for (const major of await requireMajors(this)) {
      const { code, stdout, stderr } = await template(major, [
        '--set-json',
        'global={"imageRegistry":"mirror.example.com","imagePullSecrets":["pull"],"storageClass":"x","nested":{"a":1}}',
      ])
      expect(code, stderr).to.equal(0)
      expect(stdout).to.include('image: "mirror.example.com/webhook-error-exporter/webhook-error-exporter:')
    }
  })

  it('takes a null in the parent’s values for what the schema says of it', async () => {
    const { stderr, code } = await template('4', ['--set-json', 'webhookErrors.config.journal=null'])
    expect(code).not.to.equal(0)
    expect(stderr).to.include('journal')
  })

  it('keeps selectors, names and claims under another alias, and without one', async () => {
    const fixed = async (alias: string | undefined) => {
      const folder = tempFolder()
      cpSync(app.folder, folder, { recursive: true })
      const chart = parse(readFileSync(join(folder, 'Chart.yaml'), 'utf8'))
      const key = alias ?? 'webhook-error-exporter'
      const [dependency] = chart.dependencies
      delete dependency.alias
      if (alias) dependency.alias = alias
      dependency.condition = `${key}.enabled`
      writeFileSync(join(folder, 'Chart.yaml'), stringify(chart))
      const app_ = parse(readFileSync(join(folder, 'values.yaml'), 'utf8'))
      app_.workload = 'StatefulSet'
      app_[key] = { ...app_.webhookErrors, sidecar: { workload: 'StatefulSet' } }
      if (key !== 'webhookErrors') delete app_.webhookErrors
      writeFileSync(join(folder, 'values.yaml'), stringify(app_))
      const file = join(folder, 'templates/workload.yaml')
      const text = readFileSync(file, 'utf8')
        .replaceAll('.Values.webhookErrors.enabled', `(index .Values "${key}").enabled`)
        .replaceAll('.Subcharts.webhookErrors', `(index .Subcharts "${key}")`)
      writeFileSync(file, text)
      const { code, stdout, stderr } = await template('4', [], folder)
      expect(code, stderr).to.equal(0)
      return parseObjects(stdout).map((object) => ({
        name: `${object.kind} ${object.metadata.name}`,
        selector: object['spec']?.selector,
        claims: object['spec']?.volumeClaimTemplates,
      }))
    }
    const usual = await fixed('webhookErrors')
    expect(await fixed('errors')).to.deep.equal(usual)
    expect(await fixed(undefined)).to.deep.equal(usual)
  })

  it('is what `helm dependency update` lays as well', async function () {
    for (const major of await requireMajors(this)) {
      const folder = tempFolder()
      cpSync(CHART, join(folder, 'helm/webhook-error-exporter'), { recursive: true })
      mkdirSync(join(folder, 'test/helm'), { recursive: true })
      cpSync(EXAMPLE_APP, join(folder, 'test/helm/example-app'), { recursive: true })
      const update = await tool(major, 'helm', ['dependency', 'update', join(folder, 'test/helm/example-app')])
      expect(update.code, update.stderr).to.equal(0)
      const { stdout } = await template(major, [], join(folder, 'test/helm/example-app'))
      expect(stdout).to.equal((await template(major, [])).stdout)
    }
  })

  it('needs nothing that may be missing: the policy says so where it does', async () => {
    const objects = JSON.parse(JSON.stringify(await objectsOf(...values('postgresql'))))
    const pod = the(objects, 'Deployment')['spec'].template.spec
    const policy = POLICIES['a sidecar needs nothing that may be missing']!
    expect(policy(objects)).to.deep.equal([])
    pod.initContainers[0].env.push({ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'a' } } })
    for (const volume of pod.volumes) {
      delete volume.secret?.optional
      for (const { secret } of volume.projected?.sources ?? []) delete secret.optional
    }
    expect(policy(objects).join()).to.match(
      /A keeps the application.*-tokens keeps the application.*-journal keeps the application/,
    )
  })
})
