import { expect } from 'chai'
import { CHART } from '../../helm/tools/values-docs.ts'
import { expectGolden, WHOLE } from './support/golden.ts'
import { CASES, caseFile, type HelmMajor, onAnyHelm, rendering, requireHelm, tool } from './support/helm.ts'
import { modelFault } from './support/models.ts'
import { faultsIn } from './support/policy.ts'

/** Cases that render every template together. */
const EACH_TEMPLATE = [
  'autoscaling',
  'canary',
  'default',
  'http-route',
  'ingress',
  'monitoring',
  'network-policy',
  'pod-monitor',
  'sidecar',
  'tokens-create',
]

describe('helm template', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  it('has a ci file for each feature and mode', () => {
    expect(CASES.length).to.be.at.least(20)
    expect(CASES).to.include.members(['default', 'postgresql', 'sidecar', 'sidecar-statefulset', 'sidecar-postgresql'])
  })

  for (const name of CASES.toSorted((one, other) => Number(WHOLE.includes(other)) - Number(WHOLE.includes(one)))) {
    describe(`with ci/${name}-values.yaml`, () => {
      it('passes lint --strict', async () => {
        await expectNoLint('4', name)
      })

      it('renders the same on Helm 3 and 4', async function () {
        await requireHelm(this, '3')
        const [three, four] = await Promise.all([rendering('3', name), rendering('4', name)])
        expect(three.text).to.equal(onAnyHelm(four.text))
      })

      it('is valid by the schemas of Kubernetes and the operators', async () => {
        const { objects } = await rendering('4', name)
        for (const object of objects) {
          if (object.apiVersion.startsWith('external-secrets.io')) continue
          expect(await modelFault(object)).to.equal(undefined)
        }
      })

      it('keeps to the policies', async () => {
        expect(faultsIn((await rendering('4', name)).objects)).to.deep.equal([])
      })

      it('keeps to them with the longest release name, which may have dots', async () => {
        const { objects } = await rendering('4', name, `web.hooks-${'a'.repeat(43)}`)
        expect(faultsIn(objects)).to.deep.equal([])
      })

      it('is as its golden file', async () => {
        expectGolden(name, (await rendering('4', name)).objects)
      })
    })
  }

  it('keeps to the policies with a release name that YAML takes for a number, in each template', async () => {
    for (const name of EACH_TEMPLATE)
      expect(faultsIn((await rendering('4', name, '1e3')).objects), name).to.deep.equal([])
  })

  it('passes lint --strict of Helm 3 in each form', async function () {
    await requireHelm(this, '3')
    for (const name of ['default', 'postgresql', 'sidecar']) await expectNoLint('3', name)
  })
})

async function expectNoLint(major: HelmMajor, name: string): Promise<void> {
  const { code, stdout, stderr } = await tool(major, 'helm', ['lint', '--strict', '--values', caseFile(name), CHART])
  expect(code, `helm ${major}: ${stdout}${stderr}`).to.equal(0)
  expect(stdout).not.to.match(/\[(WARNING|ERROR)\]/)
}
