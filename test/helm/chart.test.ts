import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse } from 'yaml'
import { releaseFaults } from '../../helm/tools/release-check.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { tempFolder } from '../support/temp.ts'
import {
  CASES,
  caseFile,
  NAMESPACE,
  RELEASE,
  render,
  rendering,
  requireHelm,
  requireMajors,
  the,
  tool,
} from './support/helm.ts'
import { faultsIn } from './support/policy.ts'

const ROOT = join(import.meta.dirname, '../..')
const RELEASED = globSync('released/*/*-values.yaml', { cwd: import.meta.dirname }).sort()

describe('the chart', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  it('creates no kind that a cluster may not know unless a value asks for it', async () => {
    const { objects } = await rendering('4', 'default')
    expect(objects.map(({ kind }) => kind).sort()).to.deep.equal([
      'ConfigMap',
      'Pod',
      'Service',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ])
  })

  it('never asks what the cluster has', () => {
    for (const file of globSync('templates/**/*', { cwd: CHART, withFileTypes: false })) {
      if (!/\.(yaml|tpl|txt)$/.test(file)) continue
      expect(readFileSync(join(CHART, file), 'utf8'), file).not.to.match(
        /\.Capabilities(?!\.HelmVersion)|\blookup\b|randAlpha|genPrivateKey/,
      )
    }
  })

  it('renders the same twice', async () => {
    const args = ['--values', caseFile('tokens-create')]
    expect((await render('4', args)).text).to.equal((await render('4', args)).text)
  })

  it('rolls the pods with the configuration, and not with a token or the chart’s labels', async () => {
    const checksum = async (...args: string[]) =>
      JSON.stringify(the((await render('4', args)).objects, 'StatefulSet')['spec'].template)
    const before = await checksum()
    expect(await checksum('--set', 'config.metrics.seriesLimit=10')).not.to.equal(before)
    expect(await checksum('--set', 'tokens.create.a=a-token-of-the-test')).to.equal(before)
    expect(await checksum('--set', 'rules.enabled=true,serviceMonitor.enabled=true')).to.equal(before)
  })

  it('installs on the versions of managed clusters from 1.29 on, and on no older', async function () {
    for (const major of await requireMajors(this)) {
      for (const version of ['1.29.0', '1.31.5-gke.100', '1.30.8-eks-2d5f260', '1.35.0']) {
        const { code, stderr } = await tool(major, 'helm', ['template', 'x', CHART, '--kube-version', version])
        expect(code, `${version}: ${stderr}`).to.equal(0)
      }
      const { stderr } = await tool(major, 'helm', ['template', 'x', CHART, '--kube-version', '1.28.9'])
      expect(stderr).to.include('incompatible with Kubernetes')
    }
  })

  it('waits before it stops, whatever version the rendering is for: GitOps renders without a cluster', async () => {
    const hook = async (...args: string[]) =>
      the((await render('4', [...args, '--set', 'journal.existingSecret=j'])).objects, 'Deployment')['spec'].template
        .spec.containers[0].lifecycle
    const expected = { preStop: { sleep: { seconds: 5 } } }
    for (const args of [[], ['--kube-version', '1.29.4'], ['--kube-version', '1.36.0']])
      expect(await hook(...args)).to.deep.equal(expected)
    const own = { preStop: { httpGet: { path: '/', port: 1 } } }
    expect(await hook('--set-json', `lifecycle=${JSON.stringify(own)}`)).to.deep.equal(own)
  })

  it('leaves the choice of users to OpenShift', async () => {
    const { text } = await rendering('4', 'openshift')
    expect(text).not.to.match(/runAsUser|runAsGroup|fsGroup:/)
  })

  describe('helm package', () => {
    it('makes an archive that renders as the folder does, without the tests’ values', async function () {
      for (const major of await requireMajors(this)) {
        const folder = tempFolder()
        const { code, stdout, stderr } = await tool(major, 'helm', ['package', CHART, '--destination', folder])
        expect(code, stderr).to.equal(0)
        const archive = /: (\/.*\.tgz)/.exec(stdout)![1]!
        const show = await tool(major, 'helm', ['show', 'readme', archive])
        expect(show.stdout).to.include('# webhook-error-exporter')
        const packaged = await tool(major, 'helm', [
          'template',
          RELEASE,
          archive,
          '--namespace',
          NAMESPACE,
          '--values',
          caseFile('monitoring'),
        ])
        expect(packaged.stdout).to.equal((await rendering(major, 'monitoring')).text)
        const { stdout: names } = await promisify(execFile)('tar', ['-tzf', archive])
        expect(names)
          .to.include('webhook-error-exporter/files/rules/')
          .and.to.include('webhook-error-exporter/values.schema.json')
        expect(names).not.to.match(/\/ci\//)
      }
    })
  })

  describe('values of released versions', () => {
    it('are kept', () => expect(RELEASED.length).to.be.at.least(5))

    for (const file of RELEASED) {
      it(`${dirname(file)}, ${basename(file)}: still render`, async function () {
        for (const major of await requireMajors(this)) {
          const { objects } = await render(major, ['--values', join(import.meta.dirname, file)])
          expect(faultsIn(objects)).to.deep.equal([])
        }
      })
    }
  })

  describe('NOTES.txt', () => {
    // Helm 3 wants to reach a cluster even for a dry run of an installation.
    const notes = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await tool('4', 'helm', [
        'install',
        RELEASE,
        CHART,
        '--namespace',
        NAMESPACE,
        '--dry-run=client',
        ...args,
      ])
      expect(code, stderr).to.equal(0)
      return stdout.slice(stdout.indexOf('NOTES:'))
    }
    const name = `${RELEASE}-webhook-error-exporter`

    it('prints the one command that makes the tokens’ Secret', async () => {
      const command = new RegExp(`^ +kubectl create secret generic ${name}-tokens -n ${NAMESPACE} --from-literal=`, 'm')
      expect(await notes()).to.match(command)
      expect(await notes('--set', 'tokens.create.a=a-token-of-the-test')).not.to.match(command)
    })

    it('names Services and ports that there are', async function () {
      this.timeout(180_000)
      for (const values of CASES) {
        const text = await notes('--values', caseFile(values))
        const { objects } = await rendering('4', values)
        const forwards = [...text.matchAll(/service\/(\S+) \d+:(\d+)/g)]
        expect(forwards, values).not.to.deep.equal([])
        for (const [, service, port] of forwards) {
          const ports = the(objects, 'Service', service)['spec'].ports.map((it: { port: number }) => it.port)
          expect(ports, `${values}: ${service}`).to.include(Number(port))
        }
        expect(text, values).not.to.match(/<no value>|%!/)
      }
    })

    it('gives the URL of the way that was chosen', async () => {
      expect(await notes('--values', caseFile('ingress'))).to.include('https://errors.example.com/webhooks/error')
      expect(await notes('--values', caseFile('http-route'))).to.include('https://errors.example.com/webhooks/error')
      expect(await notes('--values', caseFile('load-balancer'))).to.include('kubectl get service')
      expect(await notes('--values', caseFile('ephemeral'))).not.to.include('Authorization')
    })

    it('tries again until the port-forward that it starts listens', async () => {
      const text = await notes()
      const commands = text.split('\n').filter((line) => /^ +curl /.test(line))
      expect(commands).to.have.length(2)
      for (const command of commands) expect(command).to.include('--retry 5 --retry-connrefused')
      expect(text.match(/port-forward .*&$/gm)).to.have.length(2)
    })

    it('tells how to see whether Prometheus selects the monitor', async () => {
      const text = await notes('--values', caseFile('monitoring'))
      expect(text).to.include('kubectl get prometheus -A').and.to.include('{"release":"kube-prometheus-stack"}')
      expect(await notes()).to.include('Nothing scrapes /metrics yet')
    })

    it('say who may reach which port', async () => {
      expect(await notes()).to.include('Any pod of the cluster reaches every port')
      const text = await notes('--values', caseFile('network-policy'))
      expect(text)
        .to.match(/ \d+ \(reports\): /)
        .and.to.match(/ \d+ \(admin\): namespaces with the labels \{/)
      const proxy = ['--values', caseFile('proxy'), '--set', 'networkPolicy.proxyFrom=null']
      expect(await notes(...proxy)).to.include('8081 (proxy): no one; list who may send deliveries')
    })
  })

  describe('a release', () => {
    const workflow = parse(readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8'))
    const steps = Object.values<{ steps: { uses?: string; run?: string }[] }>(workflow.jobs).flatMap((job) => job.steps)

    it('is refused where the repository says another version than the tag', async () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
      expect(await releaseFaults(`v${version}`)).to.deep.equal([])
      expect((await releaseFaults('v99.0.0')).join('\n')).to.match(/package\.json is .*99\.0\.0[\s\S]*Chart\.yaml/)
    })

    it('takes others’ actions by commit, and no more rights than it needs', () => {
      for (const { uses } of steps) if (uses) expect(uses).to.match(/@[a-f0-9]{40}$/)
      expect(workflow.permissions).to.deep.equal({})
      expect(JSON.stringify(workflow).match(/secrets\.[A-Z_]+/g)).to.satisfy((names: string[]) =>
        names.every((secret) => secret === 'secrets.GITHUB_TOKEN'),
      )
    })

    it('builds from the digests of both base images that the Dockerfile names', () => {
      const { run } = steps.find((step) => step.run?.includes('docker buildx build'))!
      const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
      for (const name of ['BUILD_IMAGE', 'RUNTIME_IMAGE']) {
        const variable = new RegExp(`^(\\w+)=\\$\\(base ${name}\\)$`, 'm').exec(run!)?.[1]
        expect(run, name).to.include(`--build-arg "${name}_DIGEST=$${variable}"`)
        expect(dockerfile).to.match(new RegExp(`^ARG ${name}=\\S+:\\S+$`, 'm'))
        expect(dockerfile).to.include(`${'$'}{${name}}${'$'}{${name}_DIGEST:+@}${'$'}{${name}_DIGEST}`)
      }
    })

    it('signs image and chart by digest, with provenance', () => {
      const signed = steps.filter(({ run }) => run?.startsWith('cosign sign'))
      expect(signed).to.have.length(2)
      for (const { run } of signed) expect(run).to.match(/@\$DIGEST"$/)
      expect(steps.filter(({ uses }) => uses?.startsWith('actions/attest-build-provenance@'))).to.have.length(2)
    })
  })
})
