import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { program } from '../support/programs.ts'
import { launchPrometheus } from '../support/prometheus.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { addressOf, close, listen } from './live.ts'
import { RULES } from './promtool.ts'
import { JOB, NAMESPACE, seconds } from './series.ts'

/**
 * `npm run bench:rules`: 500 endpoints begin to fail at once on a real Prometheus. Prints how long each rule group takes to
 * evaluate, as Prometheus itself reports it, while they begin to fail and after, against a tenth of the group's interval; and the slowest rules.
 */
const COUNT = Number(process.env['ENDPOINTS'] ?? 500)
const SECONDS = Number(process.env['SECONDS'] ?? 45)
/** So that many evaluations fit into a minute; what one costs does not depend on it. */
const INTERVAL = '3s'
const FILES = ['endpoints.yaml', 'error-budgets.yaml', 'receiver.yaml']

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
      `webhook_incident_info{${endpoint},cause="tls",code="60"} 1`,
      `webhook_incident_report_info{${endpoint},cause="tls",code="60"} 1`,
      // The remedy whose texts make all four queries.
      `webhook_incident_verdict_info{${endpoint},rule="agree",remedy="${index % 2 ? 'tls' : 'tls_expired'}",url="https://shop.example/hooks/${index}"} 1`,
    )
  }
  return `${lines.join('\n')}\n`
}

const server = await listen(createServer((_, response) => response.end(exposition())))
const intervals = new Map<string, number>()
const ruleFiles = FILES.map((name) => {
  const rules = parse(readFileSync(join(RULES, name), 'utf8')) as { groups: { name: string; interval: string }[] }
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
const longest = new Map<string, number>()
/** The slowest evaluation of each rule, by group and name. */
const longestRules = new Map<string, number>()
let firing = 0
for (let second = 0; second < SECONDS; second++) {
  if (second === 10) failing = true
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const { groups } = await prometheus.api<{
    groups: {
      name: string
      evaluationTime: number
      rules: { name: string; evaluationTime: number; alerts?: { state: string }[] }[]
    }[]
  }>('rules')
  for (const { name, evaluationTime, rules } of groups) {
    longest.set(name, Math.max(longest.get(name) ?? 0, evaluationTime))
    for (const rule of rules) {
      const key = `${name} ${rule.name}`
      longestRules.set(key, Math.max(longestRules.get(key) ?? 0, rule.evaluationTime))
    }
    const alerts = rules.find((rule) => rule.name === 'WebhookEndpointFailing')?.alerts
    if (alerts) firing = alerts.filter(({ state }) => state === 'firing').length
  }
}
await prometheus.stop()
await close(server)
removeTempFolders()
console.log(`${firing} of ${COUNT} endpoints fire WebhookEndpointFailing; slowest evaluation of each group:`)
let isFast = firing === COUNT
for (const [name, time] of longest) {
  const allowed = intervals.get(name)! / 10
  isFast &&= time <= allowed
  console.log(`  ${name}: ${(time * 1_000).toFixed(0)} ms (a tenth of its interval is ${allowed * 1_000} ms)`)
}
console.log('the ten slowest rules:')
for (const [name, time] of [...longestRules].sort(([, a], [, b]) => b - a).slice(0, 10))
  console.log(`  ${name}: ${(time * 1_000).toFixed(0)} ms`)
process.exitCode = isFast ? 0 : 1
