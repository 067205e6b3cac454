import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseObjects } from '../../helm/tools/example-app.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { CASES, render, rendering, requireHelm, requireMajors, the, tool } from './support/helm.ts'
import { podsOf } from './support/policy-rules.ts'
import { statefulSetModel } from './support/statefulset.ts'

/** The commands of the first block of shell below a heading, each as words; `$(…)` is replaced by a text. */
function commandsBelow(heading: string): string[][] {
  const text = readFileSync(join(CHART, 'README.md'), 'utf8')
  const [, block] = /```sh\n([\s\S]*?)```/.exec(text.slice(text.indexOf(`\n${heading}\n`)))!
  return block!
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/"\$\([^)]*\)"/g, '0123456789abcdef')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).map((word) => word.replaceAll("'", '')))
}

describe('an installation', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  it('works as the README has it: namespace, then the Secret that the chart mounts, then the release, then its test', async function () {
    const commands = commandsBelow('## Install')
    expect(commands.map(([program, ...words]) => `${program} ${words.slice(0, 2).join(' ')}`)).to.deep.equal([
      'kubectl create namespace',
      'kubectl create secret',
      'helm install webhook-error-exporter',
      'helm test webhook-error-exporter',
    ])
    const [namespace, secret, install, test] = commands as [string[], string[], string[], string[]]
    for (const major of await requireMajors(this)) {
      const made = await Promise.all(
        [namespace, secret].map(([, ...args]) =>
          tool(major, 'kubectl', [...args, '--dry-run=client', '--output=yaml', '--validate=false']),
        ),
      )
      const objects = made.flatMap(({ stdout, stderr }) => {
        expect(stderr).to.equal('')
        return parseObjects(stdout)
      })
      const args = install
        .slice(2)
        .flatMap((word) => (word.startsWith('oci://') ? [CHART] : word === '--wait' ? [] : word))
      const { stdout, stderr } = await tool(major, 'helm', ['template', ...args])
      const rendered = parseObjects(stdout)
      expect(rendered, stderr).not.to.have.length(0)
      const { volumes } = podsOf([the(rendered, 'StatefulSet')])[0]!.spec
      const mounted = volumes.flatMap(({ secret: it }: { secret?: { secretName: string } }) => it?.secretName ?? [])
      expect(mounted).to.deep.equal([the(objects, 'Secret').metadata.name])
      expect(the(rendered, 'StatefulSet').metadata.namespace).to.equal(the(objects, 'Namespace').metadata.name)
      expect(the(objects, 'Secret').metadata.namespace).to.equal(the(objects, 'Namespace').metadata.name)
      // Both majors know the flags; without a cluster they fail only at reaching one.
      for (const [, ...words] of [install, test]) {
        const { stderr: said } = await tool(major, 'helm', [...words, '--help'])
        expect(said).to.equal('')
      }
    }
  })

  it('deletes the pod of helm test when that has passed, but by Helm 3 only before the next, so that it can show its log', async function () {
    await requireHelm(this, '3')
    for (const [major, policy] of [
      ['3', 'before-hook-creation'],
      ['4', 'before-hook-creation,hook-succeeded'],
    ] as const) {
      for (const values of ['default', 'canary']) {
        const { annotations } = the((await rendering(major, values)).objects, 'Pod').metadata
        expect(annotations).to.include({ 'helm.sh/hook-delete-policy': policy })
      }
    }
  })

  it('is healed by a rollback after an image that never becomes ready', async () => {
    const works = (image: string) => image !== 'bad'
    for (const values of CASES) {
      for (const object of (await rendering('4', values)).objects) {
        if (object.kind !== 'StatefulSet') continue
        const healed = (spec: typeof object.spec) => {
          const model = statefulSetModel(spec, works)
          for (const image of ['good', 'bad', 'good']) model.apply(image)
          return model.pods().every((pod) => pod?.image === 'good' && pod.ready)
        }
        expect(healed(object['spec']), values).to.equal(true)
        // Kubernetes' default would wait for the bad pod forever.
        expect(healed({ ...object['spec'], podManagementPolicy: 'OrderedReady' })).to.equal(false)
      }
    }
  })

  it('keeps the claim of a sidecar, for Helm and for Argo CD', async () => {
    const { annotations } = the((await rendering('4', 'sidecar')).objects, 'PersistentVolumeClaim').metadata
    expect(annotations).to.include({
      'helm.sh/resource-policy': 'keep',
      'argocd.argoproj.io/sync-options': 'Prune=false',
    })
  })

  describe('podSpec', () => {
    const podOf = async (podSpec: object, more: object = {}) => {
      const values = Object.entries({ podSpec, ...more }).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      const { objects } = await render(
        '4',
        values.flatMap((value) => ['--set-json', value]),
      )
      return podsOf([the(objects, 'StatefulSet')])[0]!.spec
    }

    it('merges maps, also with false and 0, and leaves the rest', async () => {
      const plain = await podOf({})
      const pod = await podOf({ securityContext: { runAsNonRoot: false, fsGroup: 0 }, shareProcessNamespace: false })
      const { securityContext, shareProcessNamespace, ...rest } = pod
      expect(shareProcessNamespace).to.equal(false)
      expect(securityContext).to.deep.equal({ ...plain.securityContext, runAsNonRoot: false, fsGroup: 0 })
      expect(rest).to.deep.equal((({ securityContext: _, ...it }) => it)(plain))
    })

    it('merges containers and volumes by name, and replaces other lists', async () => {
      const extra = { extraVolumes: [{ name: 'ca', emptyDir: {} }], tolerations: [{ key: 'a' }] }
      const pod = await podOf(
        {
          containers: [
            { name: 'webhook-error-exporter', tty: true },
            { name: 'other', image: 'other:1' },
          ],
          volumes: [
            { name: 'ca', emptyDir: { medium: 'Memory' } },
            { name: 'more', emptyDir: {} },
          ],
          tolerations: [{ key: 'b' }],
        },
        extra,
      )
      const [ours, other] = pod.containers
      expect(ours).to.include({ name: 'webhook-error-exporter', tty: true })
      expect(ours.env).not.to.have.length(0)
      expect(other).to.deep.equal({ name: 'other', image: 'other:1' })
      expect(pod.volumes.slice(-2)).to.deep.equal([
        { name: 'ca', emptyDir: { medium: 'Memory' } },
        { name: 'more', emptyDir: {} },
      ])
      expect(pod.tolerations).to.deep.equal([{ key: 'b' }])
    })
  })
})
