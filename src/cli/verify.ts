import { writeFile } from 'node:fs/promises'
import { type Env, loadConfig } from '../config/config.ts'
import { command, flag, JSON_OPTION, text } from './command.ts'
import { complain } from './complain.ts'
import {
  CA_OPTION,
  CREDENTIAL_OPTIONS,
  durationOption,
  refOptions,
  SOURCE_OPTION,
  type Values,
} from './simulate/options.ts'
import { UsageError } from './usage.ts'
import { chainOf, SERVERS } from './verify/chain.ts'
import { type Hop, runHops } from './verify/hop.ts'
import { hopLine, isOk, jsonReport, junitReport } from './verify/render.ts'

/** Follows one report from the public URL to the receiver of its alert. */
export const verify = command({
  usage: 'verify [--ingest URL] [--admin URL] …',
  summary: 'prove that a failure would reach someone: one report, followed hop by hop',
  options: {
    ingest: text('--ingest URL', 'as the platform reaches it (canary.url, if configured)'),
    admin: text('--admin URL', 'API and metrics of the service'),
    prometheus: text(
      '--prometheus URL, --alertmanager URL',
      'where rules and routes are; what is left out is not checked',
    ),
    alertmanager: { type: 'string' },
    tempo: text('--tempo URL or --jaeger URL', 'where traces are'),
    jaeger: { type: 'string' },
    receiver: text('--receiver NAME', 'the receiver to which Alertmanager must route the alert; any by default'),
    'only-receive': flag(
      '--only-receive',
      'check only that the public URL accepts a report: nothing is counted, no incident opens',
    ),
    hook: text('--hook NAME', 'only send a signed webhook.test to this configured hook'),
    source: SOURCE_OPTION,
    ...CREDENTIAL_OPTIONS,
    ...refOptions('secret', 'signs the verification, instead of simulation.secret'),
    ...refOptions('api-token', 'instead of admin.apiToken; likewise --metrics-token-…'),
    ...refOptions('metrics-token'),
    ...refOptions(
      'prometheus-token',
      'bearer token; likewise --alertmanager-token-…, --tempo-token-…, --jaeger-token-…',
    ),
    ...refOptions('alertmanager-token'),
    ...refOptions('tempo-token'),
    ...refOptions('jaeger-token'),
    'ca-file': CA_OPTION,
    timeout: {
      ...text('--timeout DURATION', 'how long each hop may take (3m), a request of it at most 10s'),
      default: '3m',
    },
    'retry-for': { ...text('--retry-for DURATION', 'repeat the first hops for this long (0s)'), default: '0s' },
    json: JSON_OPTION,
    junit: text('--junit FILE', 'write a JUnit report, too'),
  },
  examples: [
    'verify --ingest https://errors.shop.example/webhooks/error --admin http://127.0.0.1:9464 \\\n    --prometheus http://127.0.0.1:9090 --alertmanager http://127.0.0.1:9093',
    'verify --only-receive --ingest https://errors.shop.example/webhooks/error --timeout 5s',
    'verify --hook backfill',
  ],
  exitCodes: '0 every hop that was checked is ok, 1 one failed, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run({ values }, env) {
    if (values.tempo !== undefined && values.jaeger !== undefined)
      throw new UsageError('give either --tempo or --jaeger')
    const hops = await (values.hook === undefined ? chainOf(values, await loadConfig(env), env) : onlyHook(values, env))
    const print = values.json ? () => {} : (line: string) => process.stdout.write(line)
    const timeout = Math.max(durationOption(values, 'timeout'), 1)
    const retryFor = durationOption(values, 'retry-for')
    const first = await runHops(hops.first, retryFor, (result) => print(hopLine(result)))
    const rest = await runHops(hops.rest, timeout, (result) => print(hopLine(result)), first)
    const results = [...first, ...rest]
    if (values.json) process.stdout.write(jsonReport(results))
    if (values.junit !== undefined)
      await writeFile(values.junit, junitReport(results)).catch(({ message }: Error) => complain(`--junit: ${message}`))
    return isOk(results) ? 0 : 1
  },
})

async function onlyHook(values: Values, env: Env): Promise<{ first: Hop[]; rest: Hop[] }> {
  const other = ['ingest', 'admin', ...SERVERS].find((name) => values[name] !== undefined)
  if (other !== undefined || values['only-receive'])
    throw new UsageError(`--hook is checked alone; leave out --${other ?? 'only-receive'}`)
  const { hookHop } = await import('./verify/hook-hop.ts')
  return { first: [await hookHop(String(values['hook']), env)], rest: [] }
}
