import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { parseObjects, renderExampleApp } from '../../helm/tools/example-app.ts'
import { helmTools } from '../../helm/tools/programs.ts'
import { type KubernetesObject, NAMESPACE, RELEASE, rendering, requireHelm, the, tool } from '../helm/support/helm.ts'
import { HOOK_SECRET, hookReceiver } from '../support/hook-receiver.ts'
import { REPORT, report } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'
import { addressOf, close, listen } from './live.ts'
import { ALERTS, type Block, blocksOf, placeOf } from './runbook-commands.ts'

const ROOT = join(import.meta.dirname, '../..')
const JOB = `${RELEASE}-webhook-error-exporter`
const blocks = ALERTS.flatMap(blocksOf)
const steps = blocks.filter(({ isSetup }) => !isSetup)
/** Alerts whose commands need a service with hooks, and an incident that has closed. */
const RECOVERY = ['WebhookRecoveryOverdue', 'WebhookHookFailing']
const unique = (list: readonly Block[]): string[] => [...new Set(list.map(({ code }) => code))]
/** Why a command is not run here; undefined if it is. */
function reasonNotToRun(block: Block): string | undefined {
  if (placeOf(block) === 'host') return 'needs systemd on the receiver’s host'
  if (placeOf(block) === 'network') return 'needs the endpoint’s network'
  if (/PUBLIC-HOST|probe https:/.test(block.code)) return 'needs a public host'
  if (block.code.includes('recover-retm')) return 'needs the platform’s API; test/recovery runs it'
  return undefined
}

interface Ran {
  readonly code: number | null
  readonly output: string
}

function bash(script: string, env: Record<string, string>, cwd = ROOT): Promise<Ran> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, output })))
}

describe('the commands of the runbooks, against a real service', function () {
  this.timeout(60_000)
  let service: Service
  let endpoint: Server
  let tools = ''
  const table: string[] = []

  before(async function () {
    const programs = []
    for (const name of ['curl', 'jq'] as const) programs.push(await requireProgram(this, name))
    tools = programs.map(({ path }) => dirname(path)).join(delimiter)
    endpoint = await listen(createServer((_, response) => response.end()))
    service = await startService({
      config: {
        outbound: { allow: ['127.0.0.1/32'] },
        endpoints: [{ name: 'orders', team: 'sales', urls: [`${addressOf(endpoint)}/hooks/orders`] }],
      },
    })
    for (const url of [`${addressOf(endpoint)}/hooks/orders`, 'not a URL'])
      expect((await report(service.ingest, { ...REPORT, endpoint: url })).status).to.equal(202)
  })
  after(async () => {
    await stopServices()
    if (endpoint) await close(endpoint)
    console.log(table.map((line) => `      ${line}`).join('\n'))
  })

  const run = async (block: Block, code: string): Promise<Ran> => {
    const api = blocksOf(block.alert).find((it) => it.isSetup && it.code.startsWith('api()'))?.code ?? ''
    const folder = tempFolder()
    writeFileSync(join(folder, 'report.json'), JSON.stringify(REPORT))
    return bash(
      `${api}\n${code}`,
      {
        PATH: `${tools}${delimiter}${process.env['PATH']}`,
        API: service.admin,
        INGEST: service.ingest,
        REPORT_TOKEN: 'none',
        ENDPOINT: block.alert === 'WebhookFailuresUnidentified' ? 'invalid' : 'orders',
        CONFIG_FILE: join(service.folder, 'config.yaml'),
      },
      code.startsWith('npx') ? ROOT : folder,
    )
  }

  for (const code of unique(steps.filter((block) => placeOf(block) === 'service'))) {
    const block = steps.find((it) => it.code === code)!
    // Others have tests of their own below.
    if (reasonNotToRun(block) || /journal reset-series|\/resolve"/.test(code) || RECOVERY.includes(block.alert))
      continue
    it(`${block.alert}: ${code.split('\n')[0]!.slice(0, 90)}`, async () => {
      const { code: exit, output } = await run(block, code)
      expect(exit, output).to.equal(0)
      expect(output).to.have.length.above(1)
      expect(output).not.to.match(/parse error|no such|not found|"status": ?4\d\d/)
      table.push(`run against the service, exit 0: ${code.split('\n')[0]!.slice(0, 100)}`)
    })
  }

  it('restore what was lost, and try a hook', async () => {
    const receiver = await hookReceiver(() => 202)
    const env = { API_TOKEN: 'admin-token-of-the-runbook-0123456789', HOOK_SECRET }
    const recovering = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        hooks: [{ name: 'backfill', url: receiver.url, secret: { env: 'HOOK_SECRET' } }],
      },
      env,
    })
    try {
      await report(recovering.ingest, { ...REPORT, endpoint: 'https://retired.invalid/' })
      const headers = { Authorization: `Bearer ${env.API_TOKEN}`, 'Content-Type': 'application/json' }
      const list = await fetch(`${recovering.admin}/api/v1/incidents`, { headers })
      const [{ id }] = ((await list.json()) as { incidents: [{ id: string }] }).incidents
      const path = `${recovering.admin}/api/v1/incidents/${id}/resolve`
      expect((await fetch(path, { method: 'POST', headers, body: '{"reason":"fixed"}' })).status).to.equal(200)
      // The job that restores has its own test: it needs the platform's API.
      const mine = steps.filter((it) => RECOVERY.includes(it.alert) && placeOf(it) === 'service')
      for (const block of new Map(mine.map((it) => [it.code, it])).values()) {
        if (block.code.includes('recover-retm')) continue
        const api = blocksOf(block.alert).find((it) => it.isSetup && it.code.startsWith('api()'))?.code ?? ''
        const code = block.code
          .replaceAll('INCIDENT', id)
          .replaceAll('HOOK', 'backfill')
          .replace(/(npx webhook-error-exporter recovery .*)/, `$1 --service ${recovering.admin}`)
        const { code: exit, output } = await bash(`${api}\n${code}`, {
          ...env,
          PATH: `${tools}${delimiter}${process.env['PATH']}`,
          API: recovering.admin,
          TOKEN: env.API_TOKEN,
          CONFIG_FILE: join(recovering.folder, 'config.yaml'),
        })
        expect(exit, `${code}\n${output}`).to.equal(0)
        table.push(`run against a service with a hook, exit 0: ${block.code.split('\n')[0]!.slice(0, 100)}`)
      }
    } finally {
      await receiver.close()
    }
  })

  it('say what to do where the journal is held by the running service', async () => {
    const block = steps.find(({ code }) => code === 'npx webhook-error-exporter journal reset-series')!
    const { code, output } = await run(block, block.code)
    expect(code).not.to.equal(0)
    expect(output).to.match(/another process|in use|stop/i)
    table.push(`run while the service holds the journal, exit ${code}: ${block.code}`)
  })

  it('close an incident manually with the token', async () => {
    const token = 'admin-token-of-the-runbook-0123456789'
    const guarded = await startService({
      config: { admin: { apiToken: { env: 'API_TOKEN' } } },
      env: { API_TOKEN: token },
    })
    await report(guarded.ingest, { ...REPORT, endpoint: 'https://retired.invalid/' })
    const block = steps.find(({ code }) => code.includes('/resolve"'))!
    const api = blocksOf(block.alert).find((it) => it.isSetup && it.code.startsWith('api()'))!.code
    const { code, output } = await bash(`${api}\n${block.code}`, {
      PATH: `${tools}${delimiter}${process.env['PATH']}`,
      API: guarded.admin,
      TOKEN: token,
      ENDPOINT: 'https://retired.invalid/',
    })
    expect(code, output).to.equal(0)
    expect(JSON.parse(output)).to.include({ state: 'closed', resolution: 'manual' })
    table.push(`run against the service, exit 0: ${block.code.split('\n')[1]}`)
  })
})

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
    for (const command of commands) {
      const script = command.replace(/^API=.*?; /, '').replace(/>\/dev\/null & sleep 2$/, '')
      const { output } = await bash(script, env, folder)
      expect(output, command).to.match(/refused|connect|no such host|couldn't get/i)
      expect(output, command).not.to.match(/unknown (flag|command|shorthand)|Usage:|syntax error|command not found/)
    }
    console.log(
      `      ${commands.length} kubectl commands accepted up to the connection; what they name exists in each form`,
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
      const without = own.filter(({ code }) => /^(journalctl|npx webhook-error-exporter) /m.test(code)).length
      expect(without, alert).to.be.at.least(pairs)
    }
  })
})
