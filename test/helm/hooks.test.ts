import { expect } from 'chai'
import { parseObjects } from '../../helm/tools/example-app.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { hookMessageOptions } from '../../src/app/hook-options.ts'
import { NAMESPACE, RELEASE, requireHelm, tool, withValues } from './support/helm.ts'
import { podsOf } from './support/policy-rules.ts'

const HOOK = { name: 'backfill', url: 'https://jobs.example/', secret: { file: '/secrets/hook' } }
const FIELD = { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }

describe('the source of hook events', function () {
  this.timeout(60_000)

  it('names namespace and release by the variables that Kubernetes sets, for each kind of pod', () => {
    const source = (HOSTNAME: string) =>
      hookMessageOptions({ admin: {} as never }, { POD_NAMESPACE: 'shop', HOSTNAME }).source
    for (const pod of ['demo-webhook-error-exporter-0', 'demo-webhook-error-exporter-7d4b9c8f6d-x2x9z'])
      expect(source(pod)).to.equal('/webhook-error-exporter/shop/demo-webhook-error-exporter')
  })

  it('gets the namespace from the chart where hooks are configured, and not where `env` has it', async function () {
    await requireHelm(this)
    const variables = async (values: object) => {
      const { code, stdout, stderr } = await withValues(values, (args) =>
        tool('4', 'helm', ['template', RELEASE, CHART, '--namespace', NAMESPACE, ...args]),
      )
      expect(code, stderr).to.equal(0)
      const env = podsOf(parseObjects(stdout)).flatMap(({ containers }) => containers.map(({ spec }) => spec.env ?? []))
      return env.flat().filter(({ name }: { name: string }) => name === 'POD_NAMESPACE')
    }
    expect(await variables({ config: { hooks: [HOOK] } })).to.deep.equal([FIELD])
    expect(await variables({})).to.deep.equal([])
    const own = { name: 'POD_NAMESPACE', value: 'mine' }
    expect(await variables({ config: { hooks: [HOOK] }, env: [own] })).to.deep.equal([own])
  })
})
