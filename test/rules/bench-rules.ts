import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import { program } from '../support/programs.ts'
import { launchPrometheus } from '../support/prometheus.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { addressOf, close, listen } from './live.ts'
import { RULES } from './promtool.ts'
import { JOB, NAMESPACE, seconds } from './series.ts'

/**
 * `npm run bench:rules`: 500 endpoints begin to fail at once on a real Prometheus. Prints how long each rule group takes to
 * evaluate, as Prometheus itself reports it, from the first failure on: median and longest of all evaluations, against a
 * tenth of the group's interval; and the slowest rules of the last evaluation. The exit code is 1 if one took longer.
 * RULES names another folder of rule files, to compare.
 */
const COUNT = Number(process.env['ENDPOINTS'] ?? 500)
const SECONDS = Number(process.env['SECONDS'] ?? 45)
const FOLDER = process.env['RULES'] ?? RULES
const HEALTHY_SECONDS = 10
/** So that many evaluations fit into a minute; what one costs does not depend on it. */
const INTERVAL = '3s'

let failing = false
const began = Math.floor(Date.now() / 1_000)
function exposition(): string {
  const now = Date.now() / 1_000
  const lines = [
    'webhook_exporter_build_info{version="1",node_version="26"} 1',
    'webhook_exporter_journal_up 1',
    `process_start_time_seconds ${began}`,
  ]
  for (let index = 0; index < COUNT; index++) {
    const endpoint = `endpoint="endpoint-${index}"`
    const up = failing ? 0 : 1
    lines.push(
      `webhook_endpoint_info{${endpoint},event="order.created",team="team-${index % 10}",severity="critical"} 1`,
      `webhook_incident_open{${endpoint}} ${failing ? 1 : 0}`,
      `webhook_endpoint_failures_total{source="retm",${endpoint}} ${failing ? 5 : 0}`,
      `webhook_endpoint_up{${endpoint},vantage="public"} ${up}`,
      `webhook_endpoint_tls_not_after_timestamp_seconds{${endpoint},vantage="public"} ${now - 60}`,
      `webhook_endpoint_probes_total{${endpoint},vantage="public",trigger="scheduled",result="up",cause="none"} ${Math.floor(now - began)}`,
    )
    if (!failing) continue
    lines.push(
      `webhook_delivery_failures_total{source="retm",${endpoint},code="60",cause="tls"} 5`,
      `webhook_delivery_last_failure_timestamp_seconds{source="retm",${endpoint},code="60",cause="tls"} ${now}`,
      `webhook_incident_started_timestamp_seconds{${endpoint}} ${began}`,
      `webhook_incident_loss_started_timestamp_seconds{${endpoint}} ${began}`,
      // With what makes every query: something lost, and an expired certificate.
      `webhook_incident_info{${endpoint},cause="tls",code="60",title="deliveries failing, certificate expired",summary="The platform saw an expired certificate (code 60). Confirmed by a probe.",check="See which certificate is served and when it expires: \`openssl s_client -connect ${index}.shop.example:443 </dev/null\`",proof="",recovery="Read again from retm, for each merchant: invoices (GET /api/v2/invoices/list).",remedy="${index % 2 ? 'tls' : 'tls_expired'}"} 1`,
    )
  }
  return `${lines.join('\n')}\n`
}

const server = await listen(createServer((_, response) => response.end(exposition())))
const intervals = new Map<string, number>()
const ruleFiles = [...RULE_FILES.keys()].map((name) => {
  const rules = parse(readFileSync(join(FOLDER, name), 'utf8')) as { groups: { name: string; interval: string }[] }
  for (const group of rules.groups) {
    intervals.set(group.name, seconds(group.interval))
    group.interval = INTERVAL
  }
  const file = join(tempFolder(), name)
  writeFileSync(file, stringify(rules, { lineWidth: 0 }))
  return file
})
const prometheus = await launchPrometheus((await program('prometheus'))!, {
  scrape: [
    {
      job_name: JOB,
      static_configs: [{ targets: [addressOf(server).slice('http://'.length)], labels: { namespace: NAMESPACE } }],
    },
  ],
  interval: '1s',
  ruleFiles,
})
/** Milliseconds of each evaluation since the failures began, by group and the time of the evaluation. */
const evaluations = new Map<string, Map<string, number>>()
/** Reads what Prometheus says of its last evaluations; its list of rules would cost as much as an evaluation. */
async function readEvaluations(): Promise<void> {
  const text = await (await fetch(`${prometheus.url}/metrics`)).text()
  const figures = (name: string) =>
    new Map(
      [...text.matchAll(new RegExp(`^${name}\\{rule_group="[^"]*;([^"]+)"\\} (\\S+)`, 'gm'))].map(
        ([, group, value]) => [group!, value!],
      ),
    )
  const ended = figures('prometheus_rule_group_last_evaluation_timestamp_seconds')
  for (const [group, duration] of figures('prometheus_rule_group_last_duration_seconds')) {
    const times = evaluations.get(group) ?? new Map<string, number>()
    evaluations.set(group, times.set(ended.get(group)!, 1_000 * Number(duration)))
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
await pause(1_000 * HEALTHY_SECONDS)
failing = true
// The evaluation that is under way is of healthy endpoints.
await pause(2_000)
for (let tick = 0; tick < 4 * (SECONDS - HEALTHY_SECONDS); tick++) {
  await pause(250)
  await readEvaluations()
}
const { groups } = await prometheus.api<{
  groups: {
    name: string
    rules: { name: string; evaluationTime: number; alerts?: { state: string }[] }[]
  }[]
}>('rules')
await prometheus.stop()
await close(server)
removeTempFolders()

const rules = groups.flatMap(({ name: group, rules }) => rules.map((rule) => ({ ...rule, group })))
const firing = rules
  .find(({ name }) => name === 'WebhookEndpointFailing')!
  .alerts!.filter(({ state }) => state === 'firing').length
console.log(`${firing} of ${COUNT} endpoints fire WebhookEndpointFailing; evaluations of each group:`)
let isFast = firing === COUNT
for (const [group, times] of evaluations) {
  const sorted = [...times.values()].sort((a, b) => a - b)
  const allowed = (1_000 * intervals.get(group)!) / 10
  const longest = sorted.at(-1)!
  isFast &&= longest <= allowed
  console.log(
    `  ${group}: median ${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} ms, longest ${longest.toFixed(0)} ms of ${sorted.length} (a tenth of its interval is ${allowed} ms)`,
  )
}
console.log('the ten slowest rules, in the last evaluation:')
for (const { group, name, evaluationTime } of rules.sort((a, b) => b.evaluationTime - a.evaluationTime).slice(0, 10))
  console.log(`  ${group} ${name}: ${(1_000 * evaluationTime).toFixed(0)} ms`)
process.exitCode = isFast ? 0 : 1
