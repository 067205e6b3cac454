import type { Incident } from '../../domain/incident/incident.ts'
import type { CanaryMoments } from '../../domain/ports/journal.ts'
import { VERIFY_ENDPOINT } from '../../domain/report/failure.ts'
import { PROXY_SOURCE } from '../../domain/report/signal.ts'
import { humanDuration } from '../../domain/text/human.ts'
import { conclusive, observation } from '../../domain/verdict/observation.ts'
import { REPORTED } from '../../domain/verdict/verdict-words.ts'
import { deciding, type Latest } from '../../service/incident-verdicts.ts'

/** Incidents that the sentence names. */
const NAMED = 3

/** @param others number of open incidents of endpoints that are not configured */
export function openCount(count: number, others: number): string {
  if (count === 0) return others === 0 ? 'No open incident' : 'No open incident of a configured endpoint'
  return `${count} open incident${count === 1 ? '' : 's'}`
}

/**
 * `1 open incident: orders, certificate of shop.example expired 40 minutes ago`, or that there is none.
 * @param all the most important first
 * @param others of endpoints that are not configured: only counted, since a sender chooses their names
 */
export function incidentSentence(
  all: readonly Incident[],
  others: readonly Incident[],
  latest: (endpoint: string) => Latest,
): string {
  const open = withoutVerification(all)
  const count = withoutVerification(others).length
  const named = open.slice(0, NAMED).map((incident) => `${incident.endpoint}, ${reason(incident, latest)}`)
  const reasons = open.length === 0 ? '' : `: ${named.join('; ')}`
  const rest = open.length > NAMED ? `; and ${open.length - NAMED} more` : ''
  const unconfigured = count === 0 ? '' : ` ${count} of endpoints that are not configured.`
  return `${openCount(open.length, count)}${reasons}${rest}.${unconfigured}`
}

const withoutVerification = (incidents: readonly Incident[]): readonly Incident[] =>
  incidents.filter(({ endpoint }) => endpoint !== VERIFY_ENDPOINT)

/** What a probe sees now; where none can tell, what the platform saw. */
function reason({ endpoint, cause, report, signals }: Incident, latest: (endpoint: string) => Latest): string {
  const probe = deciding(latest(endpoint))
  if (probe && conclusive(probe) && !probe.up) return observation(probe)
  if (report) return `the platform saw ${REPORTED[report.cause]}`
  const warning = signals?.warning
  if (!warning) return `cause ${cause}`
  return `the ${warning.source === PROXY_SOURCE ? 'proxy' : 'platform'} saw ${REPORTED[warning.cause]}`
}

/** `Last report 3 days ago, canary 40 seconds ago.`: whether silence is health. */
export function heardSentence(
  lastReportAt: number | null,
  canary: CanaryMoments | null | undefined,
  now: number,
): string {
  const report = lastReportAt === null ? 'No report so far' : `Last report ${humanDuration(now - lastReportAt)} ago`
  if (!canary) return `${report}.`
  const { succeededAt } = canary
  return `${report}, ${succeededAt === null ? 'no canary has come back yet' : `canary ${humanDuration(now - succeededAt)} ago`}.`
}
