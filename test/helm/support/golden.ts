import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { CHART } from '../../../helm/tools/values-docs.ts'
import type { KubernetesObject } from './helm.ts'

const FOLDER = join(import.meta.dirname, '../golden')
/** Whose golden file has the rules in full; the others only have their digest. */
const WITH_RULES = 'monitoring'
/** Long texts that have a home of their own and would only blow up the diffs. */
const ELSEWHERE = ['files/test/way-in.mjs', 'files/dashboards/']

/**
 * Compares with golden/NAME.yaml; `UPDATE_GOLDEN=1` writes it instead. Objects are written anew, so the diff shows what
 * changed and not how a template indents.
 */
export function expectGolden(name: string, objects: readonly KubernetesObject[]): void {
  const file = join(FOLDER, `${name}.yaml`)
  const text = objects
    .map((object) =>
      stringify(shortened(name === WITH_RULES ? object : withoutRules(object)), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      }),
    )
    .join('---\n')
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  expect(text, `${name}: if this is meant, run UPDATE_GOLDEN=1 mocha test/helm`).to.equal(readFileSync(file, 'utf8'))
}

function withoutRules(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'PrometheusRule') return object
  const digest = createHash('sha256').update(JSON.stringify(object['spec'])).digest('hex')
  return { ...object, spec: `(sha256 ${digest}; golden/${WITH_RULES}.yaml shows such rules)` }
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.startsWith('// `helm test`')) return `(${ELSEWHERE[0]})`
    if (value.startsWith('{\n')) return `(${ELSEWHERE[1]})`
    return value
  }
  if (Array.isArray(value)) return value.map(shortened)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]))
}

/** The script as a rendering holds it. */
export const wayIn = (): string => readFileSync(join(CHART, ELSEWHERE[0]!), 'utf8').trimEnd()
