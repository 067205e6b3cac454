import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { program, requireProgram } from '../support/programs.ts'
import { tempFolder } from '../support/temp.ts'
import { JOB, type Labels, labelText, NAMESPACE, notation, STEP, type Value } from './series.ts'

/** All rule files; those of burn rates only where they matter, since their windows cost most. */
export const FILES = ['endpoints.yaml', 'receiver.yaml'] as const
export const RULES = join(import.meta.dirname, '../../helm/webhook-error-exporter/files/rules')

export interface Output {
  readonly code: number | null
  readonly text: string
}

/** Runs a program of the Prometheus family to its end; both outputs together. */
export async function run(
  context: Mocha.Context | undefined,
  name: 'promtool' | 'amtool',
  args: readonly string[],
): Promise<Output> {
  const { path, env } = context ? await requireProgram(context, name) : (await program(name))!
  // Runs of a few seconds: collecting garbage less often saves a quarter of the CPU time.
  const child = spawn(path, args, { env: { GOGC: '400', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const add = (chunk: Buffer) => {
    text += chunk
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { code, text }
}

export interface Expectation {
  readonly at: string
  readonly promql: string
  readonly samples: readonly { readonly labels: string; readonly value: number }[]
}

export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly labels?: Readonly<Record<string, string>>
}

interface TestCase {
  /** Named where it fails. */
  readonly name?: string
  readonly series: ReadonlyMap<string, readonly Value[]> | Readonly<Record<string, readonly Value[]>>
  readonly expect?: readonly Expectation[]
}

export interface UnitTest extends Partial<TestCase> {
  readonly files: readonly string[]
  /** Paths of further rule files, evaluated before the others. */
  readonly others?: readonly string[]
  readonly alerts?: readonly { readonly at: string; readonly alert: string }[]
  /** Seconds between two samples, and between two evaluations. */
  readonly step?: number
  /** Which rules take part; all unless given. It saves time where the others could change nothing. */
  readonly keep?: (rule: Rule) => boolean
  /** Instead of `series`, several of the same rules in one process. */
  readonly tests?: readonly TestCase[]
  /** Without annotations, whose queries cost more than many an expression. */
  readonly bare?: boolean
  /** Where the rule files are; the chart's unless given. */
  readonly rules?: string
}

/** The rules that an alert needs: itself, and every recording that its expression is made from. */
export function needed(alert: string): (rule: Rule) => boolean {
  const expressions = new Map(
    GROUPS.flatMap(({ rules }) => rules).map((rule) => ['alert' in rule ? rule.alert : rule.record, rule.expr]),
  )
  const names = new Set([alert])
  // A set can grow while it is read.
  for (const name of names)
    for (const [word] of expressions.get(name)!.matchAll(/\w+(?::\w+)+/g)) if (expressions.has(word)) names.add(word)
  return (rule) => names.has(rule.alert ?? rule.record!)
}

/** `promtool test rules` of one test. With `alerts` it fails on purpose and tells in `text` what fires, annotations included. */
export async function unitTest(context: Mocha.Context | undefined, test: UnitTest): Promise<Output> {
  const folder = tempFolder()
  const file = join(folder, 'test.yaml')
  const step = `${test.step ?? STEP}s`
  writeFileSync(
    file,
    stringify(
      {
        rule_files: [
          ...(test.others ?? []),
          ...test.files.map((name) => {
            const path = join(test.rules ?? RULES, name)
            return test.keep ? filtered(path, test, folder) : path
          }),
        ],
        evaluation_interval: step,
        // Else promtool's order is random, and an alert may see the recordings of another group late.
        group_eval_order: GROUPS.map(({ name }) => name),
        tests: (test.tests ?? [{ series: {}, ...test }]).map(({ name, series, expect }) => ({
          interval: step,
          input_series: (series instanceof Map ? [...series] : Object.entries(series)).map(([of, list]) => ({
            series: of,
            values: notation(list),
          })),
          promql_expr_test: expect?.map(({ at, promql, samples }) => ({
            eval_time: at,
            // promtool names no test that fails, but prints the whole expression.
            expr: name === undefined ? promql : `${promql} # ${name}`,
            exp_samples: samples,
          })),
          alert_rule_test: test.alerts?.map(({ at, alert }) => ({ eval_time: at, alertname: alert, exp_alerts: [] })),
        })),
      },
      { lineWidth: 0 },
    ),
  )
  return run(context, 'promtool', ['test', 'rules', file])
}

function filtered(file: string, { keep, bare }: Pick<UnitTest, 'keep' | 'bare'>, folder: string): string {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }
  const path = join(folder, basename(file))
  writeFileSync(
    path,
    stringify(
      {
        groups: groups.map((group) => ({
          ...group,
          rules: group.rules.filter(keep!).map((rule) => (bare ? { ...rule, annotations: undefined } : rule)),
        })),
      },
      { lineWidth: 0 },
    ),
  )
  return path
}

/** What fires at a time: all of an alert's instances with their labels, and no other. An empty label is none. */
export const firing = (at: string, alert: string, ...instances: readonly Labels[]): Expectation => ({
  at,
  promql: `ALERTS{alertname="${alert}", alertstate="firing"}`,
  samples: instances.map((own) => {
    const labels = { alertname: alert, alertstate: 'firing', namespace: NAMESPACE, job: JOB, ...own }
    const filled = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
    return { labels: `ALERTS${labelText(filled)}`, value: 1 }
  }),
})
