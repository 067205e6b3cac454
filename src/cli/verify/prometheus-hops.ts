import { VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../../domain/report/failure.ts'
import type { Client } from './client.ts'
import { type Hop, HopError } from './hop.ts'
import { isOfRelease, releaseOf } from './release.ts'
import { COUNTED, type HopFindings, SENT, STORED } from './service-hops.ts'

export const ALERT = 'WebhookEndpointFailing'
export const SCRAPED = 'scraped by Prometheus'
export const LOADED = 'alerting rule loaded'
export const FIRING = 'alert firing'

interface Rule {
  readonly name: string
  readonly health: string
  readonly lastError?: string
  readonly query: string
  readonly alerts?: readonly { readonly labels: Readonly<Record<string, string>>; readonly state: string }[]
}
interface Target {
  readonly scrapeUrl: string
  readonly health: string
  readonly lastError: string
}
type Vector = readonly {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}[]

/** From the scrape to the alert. */
export function prometheusHops(findings: HopFindings, prometheus: Client | undefined): Hop[] {
  const unchecked = prometheus ? {} : { unchecked: 'no --prometheus URL' }
  const query = async (text: string): Promise<Vector> =>
    (await api<{ result: Vector }>(prometheus!, `query?${new URLSearchParams({ query: text })}`)).result
  const verifyRule = async (): Promise<Rule> => {
    const { groups } = await api<{ groups: { rules: Rule[] }[] }>(prometheus!, 'rules?type=alert')
    const rule = groups.flatMap(({ rules }) => rules).find(({ name }) => name === ALERT)
    if (!rule) throw new HopError(`no rule ${ALERT} is loaded`, 'load the rules of files/rules, or set rules.enabled')
    return rule
  }
  return [
    {
      name: SCRAPED,
      ...unchecked,
      needs: [SENT],
      after: [STORED, COUNTED],
      waits: true,
      async check() {
        const { startedAt } = findings
        const own =
          startedAt === undefined
            ? ''
            : ` and on (cluster, namespace, job, instance, pod) process_start_time_seconds == ${startedAt}`
        const wanted = `sum by (job) (webhook_endpoint_failures_total{endpoint="${VERIFY_ENDPOINT}"}${own})`
        const open = await query(`webhook_incident_open{endpoint="${VERIFY_ENDPOINT}"} == 1${own}`)
        const counts = await query(wanted)
        const newest = Math.max(0, ...counts.map(({ value }) => Number(value[1])))
        if (open.length > 0 && newest >= (findings.counted ?? 0)) {
          findings.release = releaseOf(open[0]!.metric)
          return `job ${open[0]!.metric['job']}`
        }
        throw await scrapeError(prometheus!, query)
      },
    },
    {
      name: LOADED,
      ...unchecked,
      after: [SCRAPED],
      waits: true,
      async check() {
        const { health, lastError } = await verifyRule()
        if (health === 'err')
          throw new HopError(`${ALERT} cannot be evaluated: ${lastError}`, 'load the rules of this release, unchanged')
        return ALERT
      },
    },
    {
      name: FIRING,
      ...unchecked,
      needs: [SCRAPED, LOADED],
      waits: true,
      async check() {
        const { alerts = [], query: expression } = await verifyRule()
        const alert = alerts.find(
          ({ labels }) => labels['endpoint'] === VERIFY_ENDPOINT && isOfRelease(labels, findings.release),
        )
        if (!alert) {
          throw notFiring(expression, findings.release?.['job'])
        }
        if (alert.state !== 'firing') throw new HopError(`${ALERT} is ${alert.state}`, 'raise --timeout')
        const { severity = '' } = alert.labels
        if (severity !== VERIFY_SEVERITY)
          throw new HopError(
            `the alert has severity ${severity || '(none set)'} instead of ${VERIFY_SEVERITY}: it would page`,
            'load the rules of this release, unchanged',
            { isFinal: true },
          )
        return `${ALERT}, severity ${severity}`
      },
    },
  ]
}

/** @throws HopError with what Prometheus says */
async function api<T>(prometheus: Client, path: string): Promise<T> {
  const { status, data, error } = await prometheus.json<{ status: string; data: T; error?: string }>(`/api/v1/${path}`)
  if (status !== 'success')
    throw new HopError(`Prometheus answered: ${error ?? 'no data'}`, 'check that --prometheus is the URL of Prometheus')
  return data
}

async function scrapeError(prometheus: Client, query: (text: string) => Promise<Vector>): Promise<HopError> {
  const [renamed] = await query(`webhook_incident_open{exported_endpoint="${VERIFY_ENDPOINT}"}`)
  if (renamed)
    return new HopError(
      'Prometheus renamed our label endpoint to exported_endpoint',
      'relabelings: [{action: labeldrop, regex: endpoint}] in the ServiceMonitor, as the chart does',
      { isFinal: true },
    )
  const { activeTargets } = await api<{ activeTargets: Target[] }>(prometheus, 'targets?state=active')
  const down = activeTargets.find(({ health, scrapeUrl }) => health === 'down' && /\/metrics/.test(scrapeUrl))
  const known = await query('webhook_exporter_build_info')
  if (known.length === 0 && down)
    return new HopError(
      `Prometheus cannot scrape ${down.scrapeUrl}: ${down.lastError}`,
      'check network policy, port and admin.metricsToken',
    )
  if (known.length === 0)
    return new HopError(
      'Prometheus has no target that is this service',
      'add a scrape configuration, or set monitoring.enabled in the chart',
    )
  return new HopError(
    'Prometheus scrapes this service, but not the verification yet',
    'raise --timeout above the scrape interval, or check that --prometheus scrapes this service and no other',
  )
}

/** The rules select one job. */
function notFiring(expression: string, job: string | undefined): HopError {
  const wanted = /job=~?\\?"([^"\\]+)/.exec(expression)?.[1]
  if (wanted !== undefined && job !== undefined && !new RegExp(`^(?:${wanted})$`).test(job))
    return new HopError(
      `the rules select job="${wanted}", but the series have job="${job}"`,
      `name the scrape job ${wanted}, or render the rules for your job`,
    )
  return new HopError(
    `${ALERT} is loaded, but has no alert for ${VERIFY_ENDPOINT}`,
    'raise --timeout above the evaluation interval, and check that all files of rules are loaded',
  )
}
