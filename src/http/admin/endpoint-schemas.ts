import { Type } from 'typebox'
import { CAUSES } from '../../domain/cause/cause.ts'
import { PROBE_PHASES, VANTAGES } from '../../domain/verdict/probe.ts'

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
