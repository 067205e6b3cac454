import { expect } from 'chai'
import { type KubernetesObject, rendering, requireHelm } from './support/helm.ts'
import { faultsIn, POLICIES } from './support/policy.ts'
import { BREAKS } from './support/policy-breaks.ts'

describe('the policies', () => {
  before(async function () {
    await requireHelm(this)
  })

  for (const [policy, base, said, change] of BREAKS) {
    it(`${policy}: say ${said}`, async () => {
      const objects = JSON.parse(JSON.stringify((await rendering('4', base)).objects)) as KubernetesObject[]
      change(objects)
      const faults = faultsIn(objects).filter((fault) => fault.startsWith(`${policy}: `))
      expect(faults.join('\n')).to.match(said)
    })
  }

  it('are all tried', () => {
    // This one is about sidecars, and tried where they are rendered.
    const elsewhere = ['a sidecar needs nothing that may be missing']
    expect([...new Set(BREAKS.map(([policy]) => policy)), ...elsewhere]).to.have.members(Object.keys(POLICIES))
  })
})
