import type { EndpointState } from '../../domain/incident/incident.ts'
import { parseHttpUrl } from '../../domain/report/canonical-url.ts'
import type { ConfiguredEndpoint } from '../../domain/report/endpoint.ts'
import { VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../../domain/report/failure.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { ProbeResult } from '../../domain/verdict/probe.ts'
import type { Latest } from '../../service/incident-verdicts.ts'
import { incidentView } from './incident-view.ts'

/**
 * An endpoint as `EndpointSchema` says; times are RFC 3339.
 * @param name a configured name, otherwise its only canonical URL or ref
 */
export function endpointView(
  name: string,
  {
    facts,
    state,
    latest,
    unconfiguredSeverity,
  }: {
    facts: ConfiguredEndpoint | undefined
    state: EndpointState | undefined
    latest: Latest
    /** Of an endpoint without facts. */
    unconfiguredSeverity: string
  },
) {
  const incident = state?.incident ?? null
  const isUrl = parseHttpUrl(name) !== undefined
  const isVerification = name === VERIFY_ENDPOINT
  return {
    name,
    configured: facts !== undefined,
    event: facts?.event ?? '',
    team: facts?.team ?? '',
    severity: facts?.severity ?? (isVerification ? VERIFY_SEVERITY : unconfiguredSeverity),
    urls: facts?.urls ?? (isUrl ? [name] : []),
    refs: facts?.refs ?? (isUrl || isVerification ? [] : [name]),
    incident: incident && incident.closedAt === null ? incidentView(incident) : null,
    lastIncidentId: incident?.id ?? null,
    incidents: state?.incidents ?? 0,
    lastGoodAt: rfc3339(state?.goodAt),
    probes: { public: probeView(latest.public), internal: probeView(latest.internal) },
  }
}

function probeView(probe: ProbeResult | undefined) {
  if (!probe) return null
  return {
    vantage: probe.vantage,
    url: probe.url,
    startedAt: rfc3339(probe.startedAt),
    up: probe.up,
    pathUnproven: probe.pathUnproven === true,
    cause: probe.cause ?? null,
    phase: probe.phase ?? null,
    unverified: probe.unverified === true,
    detail: probe.detail,
    phases: probe.phases,
    address: probe.address ?? null,
    status: probe.status ?? null,
    certificateNotAfter: rfc3339(probe.tls?.notAfter),
  }
}
