import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { CASES, type Case } from './cases.ts'
import { run, unitTest } from './promtool.ts'
import { series, type Value } from './series.ts'

/**
 * `npm run print:notifications`: the notification of each alert, from its test's series to the text that Alertmanager sends
 * as plain text, through promtool and amtool. BEFORE names a commit to print that of, too, where it has the alert.
 */
const ROOT = join(import.meta.dirname, '../..')
const RULES = 'helm/webhook-error-exporter/files/rules'
const TEMPLATES = 'docs/alertmanager/webhooks.tmpl'
const BEFORE = process.env['BEFORE']

/** What an incident's texts are made from; `measure` is the older name of `remedy`. */
function details({ labels = {}, end, step }: Case): Record<string, Value[]> {
  const { endpoint } = labels
  if (endpoint === undefined) return {}
  const flat = Array<Value>(Math.ceil((Number.parseInt(end, 10) * 3_600) / (step ?? 15))).fill(1)
  const about = { endpoint, cause: 'connection_refused', code: '7' }
  const remedy = 'connection_refused'
  return {
    [series('webhook_incident_failures', { endpoint })]: flat,
    [series('webhook_incident_started_timestamp_seconds', { endpoint })]: flat,
    [series('webhook_incident_info', {
      ...about,
      title: 'deliveries failing, connection refused',
      summary: 'The platform saw no connection (code 7). Confirmed by a probe.',
      check: 'See whether the application is running',
      proof: '',
      recovery: 'Read again from retm, for each merchant: invoices (GET /api/v2/invoices/list).',
      remedy,
    })]: flat,
    // What earlier versions exposed.
    [series('webhook_incident_report_info', about)]: flat,
    [series('webhook_incident_verdict_info', {
      endpoint,
      rule: 'agree',
      remedy,
      measure: remedy,
      url: 'https://shop.example/hooks/orders',
    })]: flat,
  }
}

/** A folder with the rules and templates of a commit. */
function filesOf(commit: string): string {
  const folder = tempFolder()
  const show = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  for (const path of [...show('ls-tree', '--name-only', commit, `${RULES}/`).trim().split('\n'), TEMPLATES]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), show('show', `${commit}:${path}`))
  }
  return folder
}

/** @returns what Alertmanager would send, or undefined if the alert does not fire there */
async function notification(folder: string, test: Case, labels: object): Promise<string | undefined> {
  const { alert, fires, step } = test
  const { text } = await unitTest(undefined, {
    files: readdirSync(join(folder, RULES)),
    rules: join(folder, RULES),
    series: { ...details(test), ...test.series },
    keep: (rule) => rule.record !== undefined || rule.alert === alert,
    ...(step !== undefined && { step }),
    alerts: [{ at: fires!, alert }],
  })
  const annotations = /Annotations:\{([\s\S]*)\}/.exec(text)?.[1]
  if (annotations === undefined) return undefined
  const values = [...annotations.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, name, value]) => [
    name,
    JSON.parse(value!),
  ])
  const data = join(tempFolder(), 'data.json')
  const all = { namespace: 'shop', job: 'webhook-error-exporter', ...labels }
  const alerts = [{ status: 'firing', labels: { alertname: alert, ...all }, annotations: Object.fromEntries(values) }]
  writeFileSync(data, JSON.stringify({ status: 'firing', groupLabels: all, alerts }))
  const parts = await Promise.all(
    ['title', 'plain'].map((name) =>
      run(undefined, 'amtool', [
        'template',
        'render',
        `--template.glob=${join(folder, TEMPLATES)}`,
        `--template.data=${data}`,
        `--template.text={{ template "webhooks.${name}" . }}`,
      ]),
    ),
  )
  return parts.map((part) => part.text.trim()).join('\n')
}

const before = BEFORE === undefined ? undefined : filesOf(BEFORE)
for (const { alert } of alertsOf(GROUPS)) {
  const test = CASES.find((it) => it.alert === alert && it.fires !== undefined)!
  const show = async (folder: string, what: string) =>
    console.log(`${what}:\n\n${(await notification(folder, test, test.labels ?? {})) ?? '(no such alert)'}\n`)
  console.log(`## ${alert}\n`)
  if (before !== undefined) await show(before, 'Before')
  await show(ROOT, before === undefined ? 'Notification' : 'Now')
}
removeTempFolders()
