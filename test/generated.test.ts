import { expect } from 'chai'
import { drift as grafanaDrift } from '../grafana/generate.ts'
import { stale } from '../grafana/generated-files.ts'
import { drift as helmDrift } from '../helm/tools/generate.ts'
import { ConfigFileSchema } from '../src/config/schema.ts'
import { requireHelm } from './helm/support/helm.ts'
import { pages } from './support/docs.ts'
import { generatedChecks } from './support/generated-checks.ts'

describe('what `npm run generate` writes', () => {
  it('is what is committed: schemas, rules, dashboards, runbooks, docs, chart README and kustomize components', async function () {
    const tables = new Map([
      ...Object.entries({ ...pages(), ...generatedChecks() }),
      ['docs/config.schema.json', `${JSON.stringify(ConfigFileSchema, null, 2)}\n`] as const,
    ])
    const paths = [...stale(tables, []), ...grafanaDrift()]
    expect(paths, 'stale: run `npm run generate`').to.deep.equal([])
    await requireHelm(this)
    expect(await helmDrift(), 'stale: run `npm run generate`').to.deep.equal([])
  })
})
