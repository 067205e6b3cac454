import { VERIFY_ENDPOINT } from '../../domain/report/failure.ts'
import type { Sent } from '../simulate/send.ts'
import type { Client } from './client.ts'
import { type Hop, HopError } from './hop.ts'

/** What one hop finds out and later ones need. */
export interface HopFindings {
  id?: string
  traceId?: string | null
  /** Failures of the reserved endpoint that this service counts. */
  counted?: number
  /** Start of the process that counts them, as it shows it: other releases may be verified at the same time. */
  startedAt?: string | undefined
  /** Labels of this release in Prometheus. */
  release?: Readonly<Record<string, string>>
}

/** Names of hops that others need. */
export const POSSIBLE = 'verification possible'
export const SENT = 'report accepted'
export const STORED = 'stored and found in the API'
export const COUNTED = 'counted on /metrics'
export const RESOLVED = 'resolved through the API'

export interface ServiceHopDeps {
  readonly findings: HopFindings
  /** Sends the verification; undefined if no ingest URL was given. */
  readonly report: (() => Promise<Sent>) | undefined
  /** Undefined if no admin URL was given. */
  readonly admin: Client | undefined
  /** The admin listener with the token of /metrics. */
  readonly metrics: Client | undefined
  /** Whether the first hop may be repeated: a new pod or load balancer takes a while. */
  readonly waits: boolean
}

const NO_ADMIN = 'no --admin URL'

/** From the public URL to the metrics. */
export function serviceHops({ findings, report, admin, metrics, waits }: ServiceHopDeps): Hop[] {
  return [
    {
      name: POSSIBLE,
      ...(metrics ? {} : { unchecked: NO_ADMIN }),
      waits,
      async check() {
        const text = await metrics!.get('/metrics')
        if (sumOf(text, 'webhook_exporter_build_info') === 0)
          throw new HopError('this is not webhook-error-exporter', 'correct --admin', { isFinal: true })
        if (!text.includes(`webhook_endpoint_info{endpoint="${VERIFY_ENDPOINT}"`))
          throw new HopError(
            'the service has no simulation.secret, so a verification would count as a real failure; none was sent',
            'configure simulation.secret',
            { isFinal: true },
          )
        return 'simulation.secret is configured'
      },
    },
    {
      name: SENT,
      ...(report ? {} : { unchecked: 'no --ingest URL' }),
      after: [POSSIBLE],
      waits,
      async check() {
        const sent = await report!()
        findings.id = idOf(sent)
        return `202, id ${findings.id}`
      },
    },
    {
      name: STORED,
      ...(admin ? {} : { unchecked: NO_ADMIN }),
      needs: [SENT],
      async check() {
        const { endpoint, traceId } = await failureOf(admin!, findings.id!)
        if (endpoint !== VERIFY_ENDPOINT)
          throw new HopError(
            `the report counts as a real failure of ${endpoint}: the service did not accept its mark`,
            'use the same simulation.secret as the service, compare the clocks, and let proxies pass the header webhook-simulation',
          )
        findings.traceId = traceId
        return `endpoint ${endpoint}`
      },
    },
    {
      name: COUNTED,
      ...(metrics ? {} : { unchecked: NO_ADMIN }),
      needs: [SENT],
      after: [STORED],
      waits: true,
      async check() {
        const text = await metrics!.get('/metrics')
        const open = sumOf(text, 'webhook_incident_open', VERIFY_ENDPOINT)
        findings.startedAt = /^process_start_time_seconds (\S+)/m.exec(text)?.[1]
        findings.counted = sumOf(text, 'webhook_endpoint_failures_total', VERIFY_ENDPOINT)
        if (findings.counted === 0)
          throw new HopError(
            `webhook_endpoint_failures_total of ${VERIFY_ENDPOINT} is 0: another replica counted it, or the series limit was reached`,
            'verify a single replica, or raise metrics.seriesLimit',
          )
        if (open !== 1)
          throw new HopError(
            `webhook_incident_open of ${VERIFY_ENDPOINT} is not 1: at most 500 endpoints have incidents`,
            'configure the endpoints that matter; see webhook_exporter_series',
          )
        return `${findings.counted} counted, incident open`
      },
    },
  ]
}

/** The last hop: it also cleans up after a verification that failed on its way. */
export function resolveHop(findings: HopFindings, admin: Client | undefined): Hop {
  return {
    name: RESOLVED,
    ...(admin ? {} : { unchecked: `${NO_ADMIN}; an incident that was opened closes after incidents.quietTime` }),
    needs: [STORED],
    async check() {
      const { endpoints } = await admin!.json<{ endpoints: { name: string; incident: { id: string } | null }[] }>(
        '/api/v1/endpoints',
      )
      const incident = endpoints.find(({ name }) => name === VERIFY_ENDPOINT)?.incident
      if (!incident) return 'no incident is open any more'
      await admin!.post(`/api/v1/incidents/${incident.id}/resolve`, { reason: `verification ${findings.id}` })
      return `incident ${incident.id} closed`
    },
  }
}

function idOf(sent: Sent): string {
  if ('error' in sent)
    throw new HopError(`no answer: ${sent.error}`, 'check --ingest: DNS, firewall, certificate, load balancer')
  const { status, body } = sent
  if (status === 202) {
    const id = parsed(body)['id']
    if (typeof id === 'string') return id
    throw new HopError('answered 202 without an id: it is not this service that answers', 'correct --ingest')
  }
  const detail = parsed(body)['detail']
  const because = typeof detail === 'string' ? `: ${detail}` : ''
  throw new HopError(
    `answered ${status}${because}`,
    FIXES[status] ?? (status >= 500 ? SERVER_FIX : 'correct --ingest'),
    {
      // A new token reaches the service a minute after its Secret was made.
      isFinal: status < 500 && status !== 404 && status !== 401,
    },
  )
}

const SERVER_FIX = 'read the log of the service and of the proxies in front of it; see webhook_exporter_journal_up'
const FIXES: Readonly<Record<number, string>> = {
  401: 'give a credential that the source accepts: --credential-file or --credential-env',
  403: 'a proxy or firewall refuses the request: let POST to this path pass',
  404: 'correct the path of --ingest, or the route of the proxy in front of it',
  405: 'a proxy refuses POST: let it pass',
  415: 'a proxy changes Content-Type: let it pass',
  301: 'write the URL to which it redirects; platforms do not follow redirects',
  302: 'write the URL to which it redirects; platforms do not follow redirects',
  308: 'write the URL to which it redirects; platforms do not follow redirects',
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function failureOf(admin: Client, id: string): Promise<{ endpoint: string; traceId: string | null }> {
  try {
    return await admin.json(`/api/v1/failures/${id}`)
  } catch (error) {
    if (!(error instanceof HopError) || !/answered 404/.test(error.message)) throw error
    throw new HopError(
      `the API does not know ${id}: --ingest and --admin lead to different services`,
      'give the two URLs of one service',
      { isFinal: true },
    )
  }
}

/** The sum of a metric's samples, of one endpoint if it is given. */
function sumOf(exposition: string, metric: string, endpoint?: string): number {
  return exposition
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`))
    .filter((line) => endpoint === undefined || line.includes(`endpoint="${endpoint}"`))
    .reduce((sum, line) => sum + Number(/\} (\S+)/.exec(line)?.[1] ?? 0), 0)
}
