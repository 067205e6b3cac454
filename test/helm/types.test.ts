import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parseObjects, renderExampleApp } from '../../helm/tools/example-app.ts'
import { CASES, type KubernetesObject, rendering, requireHelm } from './support/helm.ts'
import { modelModule } from './support/models.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.cache/helm-types')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** Writes the objects as literals of their types and compiles them: a field that a kind does not have is an error. */
async function compile(name: string, objects: readonly KubernetesObject[]): Promise<string> {
  const folder = join(FOLDER, name)
  mkdirSync(folder, { recursive: true })
  const known = objects.flatMap((object) => {
    const module = modelModule(object)
    return module ? [{ object, module }] : []
  })
  const lines = known.map(
    ({ object, module }, index) =>
      `const object${index}: import('${module}').I${object.kind} = ${JSON.stringify(object, null, 1)}\nvoid object${index}\n`,
  )
  writeFileSync(join(folder, 'objects.ts'), `${lines.join('\n')}\nexport {}\n`)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        module: 'nodenext',
        target: 'esnext',
        types: [],
      },
      files: ['objects.ts'],
    }),
  )
  try {
    await promisify(execFile)(process.execPath, [TSC, '--project', folder])
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describe('tsc on renderings', function () {
  this.timeout(120_000)
  before(async function () {
    await requireHelm(this)
  })

  it('finds no unknown field in any of them', async () => {
    const texts = new Set<string>()
    for (const name of CASES)
      for (const object of (await rendering('4', name)).objects) texts.add(JSON.stringify(object))
    for (const object of parseObjects(await renderExampleApp('4', 'demo'))) texts.add(JSON.stringify(object))
    expect(
      await compile(
        'renderings',
        [...texts].map((text) => JSON.parse(text)),
      ),
    ).to.equal('')
  })

  it('finds one that was put there', async () => {
    const { objects } = await rendering('4', 'default')
    const faulty = objects.map((object) => {
      const copy = JSON.parse(JSON.stringify(object))
      if (object.kind === 'StatefulSet') copy.spec.template.spec.containers[0].readynessProbe = {}
      return copy
    })
    expect(await compile('faulty', faulty)).to.include('readynessProbe')
  })
})
