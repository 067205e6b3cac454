import { Type } from 'typebox'
import { parseHttpUrl } from '../../domain/canonical-url.ts'
import { CAUSES } from '../../domain/cause.ts'
import type { ConfiguredEndpoint } from '../../domain/endpoint.ts'
import { VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../../domain/failure.ts'
import { rfc3339 } from '../../domain/human.ts'
import type { EndpointState } from '../../domain/incident.ts'
import { PROBE_PHASES, type ProbeResult, VANTAGES } from '../../domain/probe.ts'
import type { Latest } from '../../service/incident-verdicts.ts'
import { incidentView } from './incident-view.ts'

const nullable = (schema: Parameters<typeof Type.Union>[0][number], description: string) =>
  Type.Union([schema, Type.Null()], { description })
const time = Type.String({ format: 'date-time' })

export const ProbeSchema = Type.Object(
  {
    vantage: Type.Enum([...VANTAGES]),
    url: Type.String({ description: 'Canonical, without secrets.' }),
    startedAt: time,
    up: Type.Boolean(),
    pathUnproven: Type.Boolean({ description: 'The server answers; whether the path takes a POST is not proven.' }),
    cause: nullable(Type.Enum([...CAUSES]), 'Null if up.'),
    phase: nullable(Type.Enum([...PROBE_PHASES]), 'Phase that failed; null if up.'),
    unverified: Type.Boolean({
      description:
        'It reached nothing, and this receiver is not known to have egress: it says nothing about the endpoint.',
    }),
    detail: Type.String(),
    phases: Type.Record(Type.String(), Type.Number(), { description: 'Milliseconds of each phase.' }),
    address: nullable(Type.String(), 'The address that was connected to, or tried last.'),
    status: nullable(Type.Integer(), 'HTTP status.'),
    certificateNotAfter: nullable(time, 'When the certificate ends.'),
  },
  { description: 'One look at an endpoint.' },
)

export const EndpointSchema = Type.Object(
  {
    name: Type.String({ description: 'Configured name, else canonical URL.' }),
    configured: Type.Boolean(),
    event: Type.String(),
    team: Type.String(),
    severity: Type.String(),
    urls: Type.Array(Type.String()),
    refs: Type.Array(Type.String(), { description: 'SOURCE:REF, of sources that name no URL.' }),
    incident: nullable(
      Type.Unsafe({ $ref: '#/components/schemas/Incident' }),
      'The open one; null where there is none.',
    ),
    lastIncidentId: nullable(Type.String(), 'The newest, open or not.'),
    incidents: Type.Integer({ description: 'Opened since the journal knows the endpoint.' }),
    lastGoodAt: nullable(time, 'The last good probe, also of earlier processes.'),
    probes: Type.Object({
      public: nullable(Type.Unsafe({ $ref: '#/components/schemas/Probe' }), 'The newest since the start.'),
      internal: nullable(Type.Unsafe({ $ref: '#/components/schemas/Probe' }), 'The newest since the start.'),
    }),
  },
  { description: 'An endpoint that is configured, or that failed.' },
)

export const EndpointListSchema = Type.Object(
  { endpoints: Type.Array(Type.Unsafe({ $ref: '#/components/schemas/Endpoint' })) },
  { description: 'All endpoints with tracked incidents, by name.' },
)

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
