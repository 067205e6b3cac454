import { writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { FORMS as RECEIVER_FORMS } from '../../grafana/rules/text.ts'
import { parseObjects, renderExampleApp } from '../../helm/tools/example-app.ts'
import { helmTools } from '../../helm/tools/programs.ts'
import { type KubernetesObject, NAMESPACE, RELEASE, rendering, requireHelm, the, tool } from '../helm/support/helm.ts'
import { tempFolder } from '../support/temp.ts'
import { ALERTS, bash, blocks, blocksOf, isOfForm, placeOf, reasonNotToRun, unique } from './runbook-commands.ts'

const JOB = `${RELEASE}-webhook-error-exporter`
/** Each form that the receiver can have, as the chart renders it. */
const FORMS: Readonly<Record<string, () => Promise<readonly KubernetesObject[]>>> = {
  StatefulSet: async () => (await rendering('4', 'default')).objects,
  Deployment: async () => (await rendering('4', 'postgresql')).objects,
  sidecar: async () => parseObjects(await renderExampleApp('4', RELEASE)),
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly containers: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[]
  }
}
const podTemplates = (objects: readonly KubernetesObject[]): PodTemplate[] =>
  objects.flatMap((object) => (object['spec'] as { template?: PodTemplate } | undefined)?.template ?? [])

describe('the commands of the runbooks, for each form in Kubernetes', function () {
  this.timeout(120_000)
  before(async function () {
    await requireHelm(this)
  })
  const inCluster = blocks.filter((block) => placeOf(block) === 'cluster')
  const commands = unique(inCluster).flatMap((code) => code.split('\n').filter((line) => line.includes('kubectl ')))

  for (const [form, objectsOf] of Object.entries(FORMS)) {
    it(`select the pods and name the container of the ${form}`, async () => {
      const objects = await objectsOf()
      const service = the(objects, 'Service', `${JOB}-admin`)
      const definition = blocks.find(({ code }) => code.startsWith('PODS='))!.code
      const template = /go-template='(.*)'\)$/s.exec(definition)![1]!
      const file = join(tempFolder(), 'service.json')
      writeFileSync(file, JSON.stringify(service))
      // The real kubectl fills in the page's template, on the Service that the chart renders.
      const { stdout: selector, stderr } = await tool('4', 'kubectl', [
        'annotate',
        '--local',
        '--filename',
        file,
        'a=b',
        `--output=go-template=${template}`,
      ])
      expect(selector, stderr).to.match(/^[^,=]+=[^,=]+(,[^,=]+=[^,=]+)*$/)
      const wanted = selector.split(',').map((pair) => pair.split('=') as [string, string])
      const pods = podTemplates(objects).filter(({ metadata }) =>
        wanted.every(([name, value]) => metadata.labels[name] === value),
      )
      expect(pods, selector).to.have.length(1)
      const { containers, initContainers = [] } = pods[0]!.spec
      const running = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
      const names = running.map(({ name }) => name)
      for (const command of commands) {
        for (const [, name] of command.matchAll(/--container (\S+)/g)) expect(names, command).to.include(name)
        if (/ (logs|exec) /.test(command)) expect(command).to.include('--container ')
        for (const [, name] of command.matchAll(/"service\/\$JOB(\S*)"/g)) the(objects, 'Service', `${JOB}${name}`)
        for (const [, name] of command.matchAll(/get service "\$JOB(\S*)"/g)) the(objects, 'Service', `${JOB}${name}`)
        expect(command, 'a pod by its name exists in one form only').not.to.match(/(exec|logs|pods?) "\$JOB/)
      }
    })
  }

  it('name workloads and claims that a form has', async () => {
    const all = (await Promise.all(Object.values(FORMS).map((objectsOf) => objectsOf()))).flat()
    const has = (kind: string, name: string) => all.some((it) => it.kind === kind && it.metadata.name === name)
    expect(has('StatefulSet', JOB) && has('Deployment', JOB)).to.equal(true)
    const [claim] = (
      all.find(({ kind }) => kind === 'StatefulSet')!['spec'] as unknown as {
        volumeClaimTemplates: { metadata: { name: string } }[]
      }
    ).volumeClaimTemplates
    expect(`${claim!.metadata.name}-$JOB-0`).to.equal('data-$JOB-0')
    expect(has('PersistentVolumeClaim', `${JOB}-data`)).to.equal(true)
  })

  it('are accepted by the real kubectl, up to the cluster that is missing', async () => {
    const { kubectl } = await helmTools('4')
    const env = {
      PATH: `${dirname(kubectl)}${delimiter}${process.env['PATH']}`,
      KUBECONFIG: '/dev/null',
      NAMESPACE,
      JOB,
      PODS: 'a=b',
      ENDPOINT: 'orders',
    }
    const folder = tempFolder()
    writeFileSync(join(folder, 'token.txt'), 'x'.repeat(32))
    const { exporter, logs } = RECEIVER_FORMS.find(({ name }) => name === 'Kubernetes')!
    const definition = `${exporter}\n${logs}`
    const own = unique(blocks.filter(isOfForm)).flatMap((code) => code.split('\n'))
    const scripts = commands
      .filter((command) => !definition.includes(command))
      .map((command) => command.replace(/^API=.*?; /, '').replace(/>\/dev\/null & sleep 2$/, ''))
    // What the functions of the set-up run, with kubectl's words of the missing cluster before grep.
    for (const code of own) scripts.push(`${definition}\n${code.replace(/^logs \|.*/, 'logs')}`)
    for (const command of new Set(scripts)) {
      const script = command
      const { output } = await bash(script, env, folder)
      expect(output, command).to.match(/refused|connect|no such host|couldn't get/i)
      expect(output, command).not.to.match(/unknown (flag|command|shorthand)|Usage:|syntax error|command not found/)
    }
    console.log(
      `      ${new Set(scripts).size} kubectl commands accepted up to the connection; what they name exists in each form`,
    )
    for (const command of commands)
      console.log(`      checked for ${Object.keys(FORMS).join(', ')}: ${command.slice(0, 100)}`)
    for (const block of new Map(blocks.map((it) => [it.code, it])).values()) {
      const reason = reasonNotToRun(block)
      if (reason) console.log(`      not run, ${reason}: ${block.code.split('\n').at(-1)!.slice(0, 100)}`)
    }
  })

  it('exist without Kubernetes wherever a step uses kubectl to look at the receiver', () => {
    for (const alert of ALERTS) {
      const own = blocksOf(alert).filter(({ isSetup }) => !isSetup)
      const pairs = own.filter(({ code }) => / (logs|exec) /.test(code)).length
      const without = own.filter(({ code }) => /^(journalctl|npx webhook-error-exporter|mkdir) /m.test(code)).length
      expect(without, alert).to.be.at.least(pairs)
    }
  })
})
