import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { createTwoFilesPatch } from 'diff'
import { stringify } from 'yaml'
import { CHART } from '../../../helm/tools/values-docs.ts'
import type { KubernetesObject } from './helm.ts'

const FOLDER = join(import.meta.dirname, '../golden')
/** Committed whole, as NAME.yaml; so are those with a base that they have little in common with. */
const BASES: Readonly<Record<string, string>> = { sidecar: 'sidecar-statefulset', 'example-app': 'example-app-default' }
/** They come first, since the others are compared with them. */
export const WHOLE: readonly string[] = ['default', 'sidecar', ...Object.values(BASES), 'example-app-without']
/** Whose golden file has the digest of the rules; how they are rendered is the matter of rules.test.ts. */
const WITH_RULES = 'monitoring'
/** Long texts that have a home of their own and would only blow up the diffs. */
const ELSEWHERE = ['files/test/way-in.mjs', 'files/dashboards/', 'files/rules/']

/**
 * Compares with golden/NAME.yaml, or where another form is its base with golden/NAME.diff, a unified diff (GNU diff -u) from
 * that one; `UPDATE_GOLDEN=1` writes it instead. Objects are written anew, so the diff shows what changed and not how a
 * template indents.
 */
export function expectGolden(name: string, objects: readonly KubernetesObject[]): void {
  const whole = objects
    .map((object) => stringify(shortened(withoutRules(object, name)), { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
  const base = baseOf(name)
  const file = join(FOLDER, base === undefined ? `${name}.yaml` : `${name}.diff`)
  const text = base === undefined ? whole : differences(base, name, whole)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, text)
  }
  expect(text, `${name}: if this is meant, run npm run generate:golden`).to.equal(readFileSync(file, 'utf8'))
}

function baseOf(name: string): string | undefined {
  if (WHOLE.includes(name)) return undefined
  return Object.entries(BASES).find(([form]) => name.startsWith(`${form}-`))?.[1] ?? WHOLE[0]
}

function differences(base: string, name: string, text: string): string {
  const from = readFileSync(join(FOLDER, `${base}.yaml`), 'utf8')
  return createTwoFilesPatch(base, name, from, text, undefined, undefined, { context: 1 })
}

function withoutRules(object: KubernetesObject, name: string): KubernetesObject {
  if (object.kind !== 'PrometheusRule') return object
  const digest = createHash('sha256').update(JSON.stringify(object['spec'])).digest('hex')
  return { ...object, spec: name === WITH_RULES ? `(${ELSEWHERE[2]}, sha256 ${digest})` : `(${ELSEWHERE[2]})` }
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
