import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { exec, mount } from './support/container.ts'
import { CASES, type KubernetesObject, rendering, requireHelm } from './support/helm.ts'
import { podsOf } from './support/policy-rules.ts'

describe('the service with what the chart renders', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  const results = new Map<string, ReturnType<typeof exec>>()
  /** The service's word; the same for the same configuration, environment and arguments. */
  function checked(objects: readonly KubernetesObject[]): ReturnType<typeof exec> {
    const { spec } = podsOf(objects)[0]?.containers[0] ?? {}
    const configs = objects.filter(({ kind }) => kind === 'ConfigMap').map((object) => object['data']['config.yaml'])
    const key = JSON.stringify([configs, spec?.env, spec?.args])
    const { env, command } = mount(objects)
    const result = results.get(key) ?? exec([...command, '--check-config'], env)
    results.set(key, result)
    return result
  }

  for (const name of CASES) {
    it(`${name}: --check-config accepts the rendered configuration`, async () => {
      const { code, output } = await checked((await rendering('4', name)).objects)
      expect(output).to.include('the configuration is valid')
      expect(code).to.equal(0)
    })
  }

  it('--check-config says no to a configuration that a broken rendering would make', async () => {
    const { objects } = await rendering('4', 'default')
    const { env, command } = mount(objects)
    writeFileSync(env['CONFIG_FILE']!, 'ingest: {prot: 1}\n')
    const { code, output } = await exec([...command, '--check-config'], env)
    expect(code).not.to.equal(0)
    expect(output).to.include('ingest.prot: unknown key')
  })
})
