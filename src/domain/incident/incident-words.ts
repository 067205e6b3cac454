import type { Cause } from '../cause/cause.ts'
import { calledFor, checksFor } from '../remedies/remedies.ts'
import { causeOf, type RemedyId } from '../remedies/remedy.ts'
import { ALL_RULES } from '../verdict/verdict.ts'
import { REPORTED, UP_HINTS } from '../verdict/verdict-words.ts'
import { endSentence } from './end-words.ts'
import type { Incident } from './incident.ts'

/** What a page says of an incident. Each text comes from a closed set, with host and port of the endpoint's canonical URL filled in. */
export interface IncidentWords {
  /** What happens, in a few words. */
  readonly title: string
  /** What the platform saw, and what the probe adds. */
  readonly summary: string
  /** What to check first. */
  readonly check: string
  /** The page of docs/remedies that applies. */
  readonly remedy: RemedyId
}

/** A cause, or a refinement of it, in two or three words. */
const IN_SHORT: Readonly<Record<Cause, string>> & Readonly<Partial<Record<RemedyId, string>>> = {
  disabled: 'disabled by the platform',
  dns: 'name not resolved',
  connection_refused: 'connection refused',
  connection_reset: 'connection reset',
  unreachable: 'no route',
  tls: 'TLS failure',
  tls_expired: 'certificate expired',
  timeout: 'timeout',
  redirect: 'redirect',
  authentication: 'credentials rejected',
  not_found: 'not found',
  rejected: 'rejected as invalid',
  rate_limited: 'rate-limited',
  server_error: 'server error',
  unavailable: 'no healthy application',
  protocol: 'broken response',
  blocked: 'blocked',
  unknown: 'cause unknown',
}

/** @param urlOf as of `endpointUrls` */
export function incidentWords(incident: Incident, urlOf: (endpoint: string) => string | undefined): IncidentWords {
  const { endpoint, cause, report, signals, verdict, failures, closedAt } = incident
  const { remedy, url } = calledFor(incident, urlOf)
  const isOpen = closedAt === null
  const code = (report ?? signals?.warning)?.code
  const saw = remedy === 'tls_expired' ? 'an expired certificate' : report && REPORTED[report.cause]
  const brief = ALL_RULES.find(({ id }) => id === verdict?.rule)?.brief
  return {
    title: [
      `deliveries ${isOpen ? 'failing' : 'failed'}`,
      IN_SHORT[remedy] ?? IN_SHORT[cause],
      ...(failures === 0 ? ['none reported lost'] : []),
    ].join(', '),
    summary: [
      ...(report ? [`The platform saw ${saw} (code ${report.code}).`] : []),
      ...(failures === 0 ? ['No lost delivery has been reported since the incident began.'] : []),
      verdict === null ? 'Not probed yet.' : (brief?.replace('{hint}', UP_HINTS[causeOf(remedy)]) ?? ''),
    ]
      .join(' ')
      .trim(),
    check:
      verdict === null && isOpen
        ? 'Open the incident: within seconds it shows what the probe found and what to check.'
        : checksFor(remedy, { endpoint, url, ...(code !== undefined && { code }) })[0]!,
    remedy,
  }
}

/** Whether deliveries were lost: reported so, or not sent because the platform had disabled the endpoint. */
export const hasLoss = ({ failures, signals }: Incident): boolean =>
  failures > 0 || (signals !== undefined && signals.disablings > 0)

/** How the end of a closed incident is known, without what a person wrote; empty while it is open. */
export const endWords = (incident: Incident): string => endSentence({ ...incident, reason: null })
