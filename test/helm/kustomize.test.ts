import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { parseObjects } from '../../helm/tools/example-app.ts'
import { COMPONENTS } from '../../helm/tools/kustomize.ts'
import { INJECT_LABEL } from '../../helm/tools/kustomize-parts.ts'
import { tempFolder } from '../support/temp.ts'
import { type HelmMajor, type KubernetesObject, requireHelm, requireMajors, the, tool } from './support/helm.ts'
import { modelFault } from './support/models.ts'
import { POLICIES } from './support/policy.ts'
import { podsOf } from './support/policy-rules.ts'

const KUSTOMIZE = join(import.meta.dirname, '../../helm/kustomize')

const workload = (kind: string, name: string, labels: Record<string, string>, pod: object, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, labels },
  spec: {
    replicas: 1,
    ...spec,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: pod },
  },
})
const ask = { [INJECT_LABEL]: 'true' }

/** Manifests as others write them, which know nothing of us. */
const FOREIGN = {
  shop: workload('Deployment', 'shop', ask, {
    containers: [{ name: 'shop', image: 'shop:1', ports: [{ containerPort: 8080 }] }],
  }),
  billing: workload(
    'StatefulSet',
    'billing',
    ask,
    {
      securityContext: { runAsNonRoot: true },
      initContainers: [
        { name: 'migrate', image: 'billing:2', command: ['migrate'] },
        { name: 'mesh', image: 'mesh:1', restartPolicy: 'Always' },
      ],
      containers: [{ name: 'billing', image: 'billing:2', volumeMounts: [{ name: 'data', mountPath: '/var/lib' }] }],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
    {
      serviceName: 'billing',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  ),
  mail: workload(
    'Deployment',
    'mail',
    { ...ask, team: 'mail' },
    {
      initContainers: [{ name: 'wait', image: 'wait:1' }],
      containers: [{ name: 'mail', image: 'mail:1', env: [{ name: 'A', value: 'b' }] }],
    },
  ),
  other: workload('Deployment', 'other', {}, { containers: [{ name: 'other', image: 'other:1' }] }),
}

describe('kubectl kustomize', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  async function build(major: HelmMajor, component: string, config?: string): Promise<KubernetesObject[]> {
    const folder = tempFolder()
    cpSync(KUSTOMIZE, join(folder, 'components'), { recursive: true })
    mkdirSync(join(folder, 'app'))
    for (const [name, object] of Object.entries(FOREIGN))
      writeFileSync(join(folder, 'app', `${name}.yaml`), stringify(object))
    if (config !== undefined) {
      mkdirSync(join(folder, 'components/configuration'))
      writeFileSync(join(folder, 'components/configuration/config.yaml'), config)
      writeFileSync(
        join(folder, 'components/configuration/kustomization.yaml'),
        stringify({
          apiVersion: 'kustomize.config.k8s.io/v1alpha1',
          kind: 'Component',
          configMapGenerator: [{ name: 'webhook-error-exporter', behavior: 'merge', files: ['config.yaml'] }],
        }),
      )
    }
    writeFileSync(
      join(folder, 'app/kustomization.yaml'),
      stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        namespace: 'shop',
        resources: Object.keys(FOREIGN).map((name) => `${name}.yaml`),
        components: [`../components/${component}`, ...(config ? ['../components/configuration'] : [])],
      }),
    )
    const { code, stdout, stderr } = await tool(major, 'kubectl', ['kustomize', join(folder, 'app')])
    expect(code, stderr).to.equal(0)
    return parseObjects(stdout)
  }

  for (const component of Object.keys(COMPONENTS)) {
    describe(component, () => {
      it('puts the sidecar into what asks for it, before the rest, which stays as it was', async function () {
        for (const major of await requireMajors(this)) {
          const objects = await build(major, component)
          for (const [name, foreign] of Object.entries(FOREIGN)) {
            const before = foreign.spec.template.spec as {
              initContainers?: object[]
              containers: object[]
              volumes?: object[]
            }
            const { spec, labels } = podsOf([the(objects, foreign.kind, name)])[0]!
            expect(spec.containers).to.deep.equal(before.containers)
            const injected = name !== 'other'
            const [first, ...rest] = injected ? spec.initContainers : [undefined, ...(spec.initContainers ?? [])]
            if (injected) expect(first).to.include({ name: 'webhook-error-exporter', restartPolicy: 'Always' })
            expect(rest).to.deep.equal(before.initContainers ?? [])
            expect(spec.volumes ?? []).to.deep.include.members(before.volumes ?? [])
            expect('webhook-error-exporter.github.io/sidecar' in labels).to.equal(injected)
            expect(the(objects, foreign.kind, name)['spec'].selector).to.deep.equal(foreign.spec.selector)
          }
        }
      })

      it('is valid, and nothing in it gates the application', async () => {
        const objects = await build('4', component)
        for (const object of objects) expect(await modelFault(object)).to.equal(undefined)
        const policies = [
          'no null',
          'containers have names of their own, and nothing twice',
          'a sidecar gates nothing',
          'a sidecar needs nothing that may be missing',
          'nothing that changes in selectors and claims',
          'workloads select their own pods',
          'Services reach a port that somebody has',
          'the admin port is private',
          'in the namespace of the release',
          'no subPath',
        ]
        for (const name of policies) expect(POLICIES[name]!(objects), name).to.deep.equal([])
      })

      it('mounts the ConfigMap that it generates, whose name changes with its content', async () => {
        const mounted = (objects: KubernetesObject[]) =>
          podsOf([the(objects, 'Deployment', 'shop')])[0]!.spec.volumes.find(
            (volume: { configMap?: object }) => volume.configMap,
          ).configMap.name
        const objects = await build('4', component)
        expect(mounted(objects)).to.equal(the(objects, 'ConfigMap').metadata.name)
        const changed = await build('4', component, 'metrics: {tenantLabel: true}\n')
        expect(mounted(changed)).not.to.equal(mounted(objects))
        expect(the(changed, 'ConfigMap')['data']['config.yaml']).to.equal('metrics: {tenantLabel: true}\n')
      })
    })
  }

  describe('variants in one namespace', () => {
    /** The application with a prefix, and its claim with the same. */
    async function variant(major: HelmMajor, prefix: string) {
      const folder = tempFolder()
      cpSync(KUSTOMIZE, join(folder, 'components'), { recursive: true })
      const write = (name: string, kustomization: object) => {
        mkdirSync(join(folder, name))
        writeFileSync(join(folder, name, 'shop.yaml'), stringify(FOREIGN.shop))
        writeFileSync(join(folder, name, 'billing.yaml'), stringify(FOREIGN.billing))
        writeFileSync(join(folder, name, 'kustomization.yaml'), stringify({ namespace: 'shop', ...kustomization }))
      }
      write('base', { resources: ['shop.yaml', 'billing.yaml'], components: ['../components/sidecar-volume'] })
      write('variant', { namePrefix: prefix, resources: ['../base'] })
      write('claim', { namePrefix: prefix, resources: ['../components/claim'] })
      const built = await Promise.all(
        ['variant', 'claim'].map((name) => tool(major, 'kubectl', ['kustomize', join(folder, name)])),
      )
      for (const { code, stderr } of built) expect(code, stderr).to.equal(0)
      return built.map(({ stdout }) => parseObjects(stdout)) as [KubernetesObject[], KubernetesObject[]]
    }

    it('do not select each other’s pods, and have claims of their own', async function () {
      for (const major of await requireMajors(this)) {
        const [[blue, blueClaim], [green]] = [await variant(major, 'blue-'), await variant(major, 'green-')]
        const all = [...blue, ...green]
        const services = all.filter(({ kind }) => kind === 'Service')
        expect(services).to.have.length(4)
        for (const service of services) {
          const color = service.metadata.name.split('-')[0]
          const selected = podsOf(all).filter(({ labels }) =>
            Object.entries<string>(service['spec'].selector).every(([key, value]) => labels[key] === value),
          )
          expect(selected.map(({ owner }) => owner)).to.have.members([
            `Deployment ${color}-shop`,
            `StatefulSet ${color}-billing`,
          ])
        }
        const { volumes } = podsOf([the(blue, 'Deployment')])[0]!.spec
        const claims = volumes.flatMap(
          (volume: { persistentVolumeClaim?: object }) => volume.persistentVolumeClaim ?? [],
        )
        expect(claims).to.deep.equal([{ claimName: the(blueClaim, 'PersistentVolumeClaim').metadata.name }])
      }
    })

    it('are deleted without the claim, which is its own kustomization', async () => {
      const [objects, claim] = await variant('4', 'blue-')
      expect(objects.map(({ kind }) => kind)).not.to.include('PersistentVolumeClaim')
      expect(claim.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
        'PersistentVolumeClaim blue-webhook-error-exporter-data',
      ])
      expect(claim[0]!.metadata.annotations).to.include({ 'argocd.argoproj.io/sync-options': 'Prune=false' })
    })
  })

  it('gives the sidecar a volume it can write, a Secret for its journal, or says that it loses it', async () => {
    const volume = podsOf([the(await build('4', 'sidecar-volume'), 'Deployment', 'shop')])[0]!.spec
    expect(volume.securityContext).to.deep.equal({ fsGroup: 65_532, fsGroupChangePolicy: 'OnRootMismatch' })
    const database = podsOf([the(await build('4', 'sidecar-postgresql'), 'Deployment', 'shop')])[0]!.spec
    const { projected } = database.volumes.find(({ name }: { name: string }) => name.endsWith('-journal'))
    expect(projected.sources).to.deep.equal([
      {
        secret: {
          name: 'webhook-error-exporter-journal',
          optional: true,
          items: [{ key: 'JOURNAL_URL', path: 'url' }],
        },
      },
    ])
    expect(COMPONENTS['sidecar-ephemeral']!.about).to.include('LOST')
  })
})
