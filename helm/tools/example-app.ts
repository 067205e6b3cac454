import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { type HelmMajor, helmTools } from './programs.ts'
import { CHART } from './values-docs.ts'

const run = promisify(execFile)
export const EXAMPLE_APP = join(import.meta.dirname, '../../test/helm/example-app')

/** A Kubernetes object, as a rendering has it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  // biome-ignore lint/suspicious/noExplicitAny: a rendering may contain anything; the tests look into it.
  readonly [field: string]: any
}

/**
 * The objects of a rendering: YAML documents, of which empty ones are none.
 * @throws what the parser found wrong first
 */
export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const fault = document.errors[0]
    if (fault) throw fault
    const object = document.toJS() as KubernetesObject | null
    return object ? [object] : []
  })
}

/**
 * Copies the application's chart into a temporary folder, with this chart as its unpacked dependency, as
 * `helm dependency build` would lay it.
 * @returns the copy's path; the caller removes it
 */
export function installedExampleApp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'example-app-'))
  cpSync(EXAMPLE_APP, folder, { recursive: true })
  cpSync(CHART, join(folder, 'charts/webhook-error-exporter'), { recursive: true })
  return folder
}

/**
 * Without the schema, which may be about to be made again.
 * @param args more arguments of `helm template`, such as `--set-json` pairs
 */
export async function renderExampleApp(
  major: HelmMajor,
  release: string,
  args: readonly string[] = [],
): Promise<string> {
  const folder = installedExampleApp()
  try {
    const { helm } = await helmTools(major)
    const { stdout } = await run(
      helm,
      ['template', release, folder, '--namespace', 'shop', '--skip-schema-validation', ...args],
      {
        maxBuffer: 64 * 1_024 * 1_024,
      },
    )
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
