import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { parseObjects } from '../../helm/tools/example-app.ts'
import { tempFolder } from '../support/temp.ts'
import { useExampleApp } from './support/example-app.ts'
import { the } from './support/helm.ts'

const SIDECAR_LABEL = 'webhook-error-exporter.github.io/sidecar'

describe('the example application with the sidecar', function () {
  this.timeout(60_000)
  const app = useExampleApp()
  const { template } = app

  describe('webhook-error-exporter.sidecar.pod', () => {
    /** What becomes of a pod as the application's chart gives it. */
    async function merged(pod: string, ...args: string[]) {
      const folder = tempFolder()
      cpSync(app.folder, folder, { recursive: true })
      writeFileSync(
        join(folder, 'templates/workload.yaml'),
        `{{- $pod := ${pod} }}\nkind: Merged\nmetadata: {name: merged}\npod:\n` +
          '  {{- include "webhook-error-exporter.sidecar.pod" (list .Subcharts.webhookErrors $pod) | nindent 2 }}\n',
      )
      const { code, stdout, stderr } = await template('4', args, folder)
      return { code, stderr, pod: code === 0 ? the(parseObjects(stdout), 'Merged')['pod'] : undefined }
    }
    const foreign = {
      securityContext: { runAsNonRoot: true, fsGroup: 2_000 },
      initContainers: [{ name: 'migrate', image: 'shop:1' }],
      containers: [{ name: 'shop', image: 'shop:1', laterField: { a: false } }],
      volumes: [{ name: 'scratch', emptyDir: {} }],
      imagePullSecrets: [{ name: 'ours' }],
      laterField: 0,
    }
    const asMap = `${JSON.stringify(JSON.stringify(foreign))} | fromJson`

    it('takes a spec and keeps what it has, the sidecar first', async () => {
      const { pod, stderr } = await merged(asMap, '--set-json', 'webhookErrors.imagePullSecrets=[{"name":"pull"}]')
      expect(pod, stderr).to.be.an('object')
      const [sidecar, ...initContainers] = pod.initContainers
      expect(sidecar).to.include({ name: 'webhook-error-exporter', restartPolicy: 'Always' })
      expect(pod.volumes.at(-1)).to.deep.equal(foreign.volumes[0])
      expect(pod.volumes.map(({ name }: { name: string }) => name)).to.include('webhook-error-exporter-config')
      expect(pod.imagePullSecrets).to.deep.equal([{ name: 'ours' }, { name: 'pull' }])
      expect({
        ...pod,
        initContainers,
        volumes: foreign.volumes,
        imagePullSecrets: foreign.imagePullSecrets,
      }).to.deep.equal(foreign)
    })

    it('takes a pod template as YAML, and gives it the label, the annotation and a group for its volume', async () => {
      const template = { metadata: { labels: { app: 'shop' } }, spec: { containers: foreign.containers } }
      const text = JSON.stringify(stringify(template))
      const { pod, stderr } = await merged(text)
      expect(pod, stderr).to.be.an('object')
      expect(pod.metadata.labels).to.include({ app: 'shop' }).and.to.have.property(SIDECAR_LABEL)
      expect(pod.metadata.annotations).to.have.property('webhook-error-exporter.github.io/config-checksum')
      expect(pod.spec.securityContext).to.deep.equal({ fsGroup: 65_532, fsGroupChangePolicy: 'OnRootMismatch' })
      const ephemeral = '{"persistence":{"enabled":false},"journal":{"acceptLossOnPodDeletion":true}}'
      const without = await merged(text, '--set-json', `webhookErrors=${ephemeral}`)
      expect(without.pod.spec).not.to.have.property('securityContext')
    })

    for (const [what, pod, said] of [
      ['text that is no YAML', '"a: ["', /the pod given to .* has neither spec nor containers; .*yaml/i],
      ['something else', 'dict "image" "shop:1"', /has neither spec nor containers/],
      ['a number', '1', /has neither spec nor containers/],
      ['a text for its spec', 'dict "spec" "x"', /spec of the pod given to .* is a string; write a map/],
      ['a text for its volumes', 'dict "containers" list "volumes" "x"', /volumes of spec.* is a string; write a list/],
      [
        'a list of labels',
        'dict "metadata" (dict "labels" (list "a")) "spec" (dict "containers" list)',
        /labels of metadata.* is a slice; write a map/,
      ],
    ] as const) {
      it(`says what is wrong with ${what}`, async () => {
        const { code, stderr } = await merged(pod)
        expect(code).not.to.equal(0)
        expect(stderr).to.match(said)
      })
    }
  })
})
