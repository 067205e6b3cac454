import type { Env } from '../../config/config.ts'
import type { Config, SecretRef } from '../../config/schema.ts'
import { firstSource } from '../simulate/given-up.ts'
import { caOption, durationOption, httpUrl, markSecret, readRef, refOption, type Values } from '../simulate/options.ts'
import { sendReport } from '../simulate/report.ts'
import { UsageError } from '../usage.ts'
import { alertmanagerHops } from './alertmanager-hops.ts'
import { type Client, verifyClient } from './client.ts'
import type { Hop } from './hop.ts'
import { prometheusHops } from './prometheus-hops.ts'
import { type HopFindings, resolveHop, serviceHops } from './service-hops.ts'
import { traceHop } from './trace-hop.ts'

/** What the verification reports as the URL; the service replaces the endpoint in any case. */
const REPORTED_URL = 'https://webhook-verify.invalid/'
/** Milliseconds for the answer to the report. */
const REPORT_TIMEOUT = 10_000
/** Other programs that a report is followed in; each is an option. */
export const SERVERS = ['prometheus', 'alertmanager', 'tempo', 'jaeger'] as const

/**
 * The hops from the public URL to the receiver of the alert.
 * @param values the options of `verify`
 * @returns those that `--retry-for` repeats, and the others
 * @throws UsageError
 */
export async function chainOf(values: Values, config: Config, env: Env): Promise<{ first: Hop[]; rest: Hop[] }> {
  const findings: HopFindings = {}
  const ca = await caOption(values)
  const timeout = Math.max(durationOption(values, 'timeout'), 1)
  // What nobody follows needs no incident: the report is marked as simulated, and counts nowhere.
  const isFollowed = !values['only-receive'] && ['admin', ...SERVERS].some((name) => values[name] !== undefined)
  const secret = await markSecret(values, config, env)
  const ingestUrl = values['ingest'] ?? config.canary?.url
  const ingest = ingestUrl === undefined ? undefined : httpUrl('--ingest', String(ingestUrl))
  if (!ingest && values['only-receive'])
    throw new UsageError('--only-receive needs --ingest URL, or canary.url configured')
  const waits = durationOption(values, 'retry-for') > 0
  const { canary } = config
  if (ingest && secret === undefined && canary && !isFollowed) {
    const { canaryHop } = await import('./canary-hop.ts')
    return { first: [await canaryHop({ values, canary, config, url: ingest, timeout, waits, env })], rest: [] }
  }
  if (ingest && secret === undefined)
    throw new UsageError(
      'no secret, so the verification would be a real report: configure simulation.secret, or name --secret-file or --secret-env',
    )
  const client = async (flag: string, name: string, token: string, ref?: SecretRef): Promise<Client | undefined> => {
    const url = values[flag]
    if (url === undefined) return undefined
    const where = refOption(values, token) ?? ref
    return verifyClient({
      name,
      flag: `--${flag}`,
      url: httpUrl(`--${flag}`, String(url)).href,
      token: where && (await readRef(where, env)).split(/\s/)[0],
      tokenFlag: `--${token}-file`,
      ca,
      timeout,
    })
  }
  const admin = await client('admin', 'the admin listener', 'api-token', config.admin.apiToken)
  const metricsRef = config.admin.metricsToken ?? refOption(values, 'api-token') ?? config.admin.apiToken
  const metrics = await client('admin', 'the admin listener', 'metrics-token', metricsRef)
  // No token of this service is sent to another one: only what the command line names.
  const [prometheus, alertmanager, tempo, jaeger] = await Promise.all(
    SERVERS.map((name) => client(name, `${name[0]!.toUpperCase()}${name.slice(1)}`, `${name}-token`)),
  )
  const source = values['source'] === undefined ? firstSource(config) : String(values['source'])
  const credential = refOption(values, 'credential')
  const report =
    ingest &&
    (() =>
      sendReport(
        { endpoint: REPORTED_URL, code: 0, message: 'verification of webhook-error-exporter; not a failure' },
        {
          config,
          source,
          ingest,
          credential,
          secret,
          purpose: isFollowed ? 'verification' : 'simulation',
          env,
          ca,
          timeout: Math.min(timeout, REPORT_TIMEOUT),
        },
      ))
  const receiver = values['receiver'] === undefined ? undefined : String(values['receiver'])
  const [possible, sent, ...service] = serviceHops({ findings, report, admin, metrics, waits })
  if (values['only-receive']) return { first: admin ? [possible!, sent!] : [sent!], rest: [] }
  return {
    first: [possible!, sent!],
    rest: [
      ...service,
      ...prometheusHops(findings, prometheus),
      ...alertmanagerHops({ findings, alertmanager, prometheus, receiver }),
      traceHop(findings, tempo ?? jaeger),
      resolveHop(findings, admin),
    ],
  }
}
