import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { CHART } from '../../../helm/tools/values-docs.ts'
import { render, the, withValues } from './helm.ts'

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
export interface Rules {
  readonly groups: readonly { readonly name: string; readonly interval?: string; readonly rules: readonly Rule[] }[]
}

export const RUNBOOKS = 'https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks/'
export const GRAFANA = 'https://grafana.example.com/'
export const VERSION = (parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { version: string }).version
const FILES = globSync('files/rules/*.yaml', { cwd: CHART }).map((file) => join(CHART, file))
export const rulesIn = (rules: Rules) => rules.groups.flatMap((group) => group.rules)
export const source = (): Rules => ({
  groups: FILES.flatMap((file) => (parse(readFileSync(file, 'utf8')) as Rules).groups),
})

/** The page that a rule links to, without the template that adds a heading of the page. */
export const pageOf = (annotations: Readonly<Record<string, string>> | undefined) =>
  annotations?.['runbook_url']?.split('{{', 1)[0]

/** The rules that the chart renders for these values. */
export const rendered = (values: object): Promise<Rules> =>
  withValues({ ...values, rules: { enabled: true, ...(values as { rules?: object }).rules } }, async (args) => {
    const { objects } = await render('4', args)
    return the(objects, 'PrometheusRule')['spec']
  })
