import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { stringify } from 'yaml'
import { type KubernetesObject, parseObjects } from '../../../helm/tools/example-app.ts'
import { HELM_MAJORS, type HelmMajor, helmTools } from '../../../helm/tools/programs.ts'
import { CHART } from '../../../helm/tools/values-docs.ts'
import { unavailable } from '../../support/programs.ts'

export const NAMESPACE = 'ns'
export const RELEASE = 'demo'

/** The names of ci/NAME-values.yaml. */
export const CASES: readonly string[] = globSync('ci/*-values.yaml', { cwd: CHART })
  .map((file) => basename(file, '-values.yaml'))
  .sort()
export const caseFile = (name: string): string => join(CHART, 'ci', `${name}-values.yaml`)

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

// Two cores: more at once would only wait for each other.
let free = 2
const waiting: (() => void)[] = []

/** Runs helm or kubectl; never throws for what the program says no to. */
export async function tool(major: HelmMajor, name: 'helm' | 'kubectl', args: readonly string[]): Promise<Outcome> {
  const program = (await helmTools(major))[name]
  if (free > 0) free--
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await new Promise((resolve) => {
      const env = {
        ...process.env,
        // No cluster, and nobody's plugins or repositories.
        KUBECONFIG: '/dev/null',
        HELM_CONFIG_HOME: '/nonexistent',
        HELM_DATA_HOME: '/nonexistent',
        // A tenth of a second is no time to collect garbage in; without it hundreds of runs take a third less.
        GOGC: 'off',
      }
      execFile(program, args, { env, maxBuffer: 64 * 1_024 * 1_024 }, (error, stdout, stderr) =>
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
      )
    })
  } finally {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
}

/** A rendering without what depends on the version of Helm: from 4.1 on it deletes the pod of `helm test`, see tests/way-in.yaml. */
export const onAnyHelm = (text: string): string =>
  text.replaceAll('before-hook-creation,hook-succeeded', 'before-hook-creation')

/** For `before` and `it`: finds or downloads helm and kubectl, or skips; under CI=true it fails instead. */
export async function requireHelm(context: Mocha.Context, major: HelmMajor = '4'): Promise<void> {
  if (!(await isAvailable(context, major))) context.skip()
}

/** Helm's major versions for a test that covers each; it is skipped if there is none. */
export async function requireMajors(context: Mocha.Context): Promise<HelmMajor[]> {
  const available: HelmMajor[] = []
  for (const major of HELM_MAJORS) if (await isAvailable(context, major)) available.push(major)
  if (available.length === 0) context.skip()
  return available
}

/** A download must not count towards the test's timeout. */
async function isAvailable(context: Mocha.Context, major: HelmMajor): Promise<boolean> {
  const timeout = context.timeout()
  context.timeout(0)
  try {
    await helmTools(major)
    return true
  } catch (error) {
    unavailable(`helm ${major}`, error as Error)
    return false
  } finally {
    context.timeout(timeout)
  }
}

export interface Rendering {
  readonly text: string
  readonly objects: readonly KubernetesObject[]
}

const renderings = new Map<string, Promise<Rendering>>()

/** What a ci file becomes; rendered once a process. */
export function rendering(major: HelmMajor, name: string, release = RELEASE): Promise<Rendering> {
  const key = `${major} ${name} ${release}`
  const promise = renderings.get(key) ?? render(major, ['--values', caseFile(name)], release)
  renderings.set(key, promise)
  return promise
}

/** @throws Error with what helm said */
export async function render(major: HelmMajor, args: readonly string[], release = RELEASE): Promise<Rendering> {
  const { code, stdout, stderr } = await template(major, args, release)
  if (code !== 0) throw new Error(`helm ${major} template ${args.join(' ')}: ${stderr}`)
  return { text: stdout, objects: parseObjects(stdout) }
}

export const template = (major: HelmMajor, args: readonly string[], release = RELEASE): Promise<Outcome> =>
  tool(major, 'helm', ['template', release, CHART, '--namespace', NAMESPACE, ...args])

/** Runs with a values file of these values. */
export async function withValues<T>(values: unknown, run: (args: readonly string[]) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'values-'))
  try {
    const file = join(folder, 'values.yaml')
    writeFileSync(file, stringify(values))
    return await run(['--values', file])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The one object of this kind, and of this name if it is given. */
export function the(objects: readonly KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  )
  if (found.length !== 1) {
    const names = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ')
    throw new Error(`${found.length} objects are a ${kind} ${name ?? ''}; there are ${names}`)
  }
  return found[0]!
}

export { HELM_MAJORS, type HelmMajor, type KubernetesObject }
