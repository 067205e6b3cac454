import { type Static, Type } from 'typebox'
import { CAUSES } from '../../domain/cause/cause.ts'
import { RESOLUTIONS } from '../../domain/incident/incident.ts'
import { ENDS, STAYS_OPEN } from '../../domain/incident/incident-end.ts'
import { TIMELINE_LIMIT, TIMELINE_TYPES } from '../../domain/incident/timeline.ts'
import { REMEDY_IDS } from '../../domain/remedies/remedy.ts'
import { RECOVERIES } from '../../domain/report/signal.ts'
import { VANTAGES } from '../../domain/verdict/probe.ts'
import { CONFIDENCES } from '../../domain/verdict/verdict-rules.ts'

const nullable = (schema: Parameters<typeof Type.Union>[0][number], description: string) =>
  Type.Union([schema, Type.Null()], { description })
const time = Type.String({ format: 'date-time' })
const texts = (description: string) => Type.Array(Type.String(), { description })
const cause = (description: string) => Type.Enum([...CAUSES], { description })

export const VerdictSchema = Type.Object(
  {
    at: Type.String({ format: 'date-time', description: 'When it was first reached.' }),
    cause: cause('What is wrong, by report and probe together.'),
    confidence: Type.Enum([...CONFIDENCES], { description: 'Whether report and probe say the same.' }),
    rule: Type.String({ description: 'The row of docs/verdicts.md that decided.' }),
    remedy: Type.Optional(
      Type.Enum([...REMEDY_IDS], {
        description: 'The chapter of docs/remedies.md; absent in verdicts of earlier versions.',
      }),
    ),
    expiredAt: Type.Optional(
      nullable(time, 'When the certificate expired, where the report alone says that it has; null: it names no date.'),
    ),
    url: Type.Optional(Type.String({ description: 'Canonical; what the checks are about.' })),
    sentence: Type.String({ description: 'One sentence, for display.' }),
    vantage: nullable(Type.Enum([...VANTAGES]), 'Vantage of the probe; null without one.'),
    evidence: texts('What was observed, by whom and when.'),
    checks: texts('What to check next, in order.'),
  },
  { description: 'Report and probe read together.' },
)

const proof = Type.Union([
  Type.Literal('path'),
  Type.Literal('reachability'),
  Type.Literal('quiet'),
  Type.Literal('manual'),
  Type.Literal('delivery'),
  Type.Literal('platform'),
  Type.Null(),
])
export const LossWindowSchema = Type.Object(
  {
    from: nullable(time, 'The last proven good moment before; null: none is known.'),
    fromProof: proof,
    until: nullable(time, 'The recovery; null while the incident is open.'),
    untilProof: proof,
  },
  {
    description:
      'Deliveries in this period must be read again. Proof: path (a probe judged the path), reachability (a probe reached the server), quiet (no further report), manual, delivery (the proxy saw a delivery succeed), platform (the source reported one).',
  },
)

const incidentProperties = {
  id: Type.String({
    format: 'uuid',
    description: 'UUID version 7, that of the failure that opened it; sorts by opening time.',
  }),
  endpoint: Type.String(),
  state: Type.Enum(['open', 'closed']),
  openedAt: time,
  closedAt: nullable(time, 'Null while open.'),
  resolution: nullable(Type.Enum([...RESOLUTIONS]), 'How it was closed: on proof, without proof, or manually.'),
  reason: nullable(Type.String(), 'Why it was closed manually.'),
  end: nullable(
    Type.Object({
      how: Type.Enum([...ENDS], {
        description:
          'Proven by probes (path; reachability: of the server only), or by deliveries (delivery: seen by the proxy; platform: reported by the source). Closed manually. Or not proven: same_answer (the probe still got what the platform did), other_answer (the probe got another answer that does not contradict the reports), blind (this receiver could not look), not_probed, quiet (an earlier version did not record why).',
      }),
      sentence: Type.String({ description: 'The same for display.' }),
    }),
    'How its end is known; null while open.',
  ),
  firstFailureAt: nullable(time, 'Null if probes opened it.'),
  lastFailureAt: nullable(time, 'Null if no report arrived.'),
  failures: Type.Integer({
    description: 'Lost deliveries that were reported. 0: the platform has not given up on any delivery that is known.',
  }),
  earlyWarnings: Type.Integer({ description: 'Signals that deliveries fail while the platform still retries.' }),
  disabled: Type.Array(Type.Object({ source: Type.String(), tenant: Type.String(), since: time }), {
    description: 'Sources that have disabled the endpoint; while there is one, the incident stays open.',
  }),
  lastWarning: nullable(
    Type.Object({ source: Type.String(), at: time, code: Type.Integer(), cause: cause('As its code and text say.') }),
    'The newest early warning or disabling that says what happened. The source proxy is our own proxy.',
  ),
  sources: Type.Array(Type.String(), {
    description: 'The sources that reported them; empty where probes opened it, and of earlier versions.',
  }),
  tenants: Type.Array(Type.String(), { description: 'Tenants that the deliveries were for, at most 100.' }),
  tenantsComplete: Type.Boolean({ description: 'Whether `tenants` names all of them.' }),
  causes: Type.Record(Type.String(), Type.Integer(), { description: 'Reports by their own cause.' }),
  cause: cause('The newest verdict’s; before there is one the first report’s.'),
  code: nullable(Type.Integer(), 'Of the newest report; before the first one, of the last warning.'),
  reopened: Type.Integer({ description: 'How often a failure within the quiet time opened it again.' }),
  verdict: nullable(Type.Unsafe({ $ref: '#/components/schemas/Verdict' }), 'The newest.'),
  lossWindow: Type.Unsafe<Static<typeof LossWindowSchema>>({ $ref: '#/components/schemas/LossWindow' }),
  recovery: nullable(
    Type.Unsafe({ $ref: '#/components/schemas/Recovery' }),
    'State of restoring what was lost; null before it first closed, or if recovery is off.',
  ),
  failuresUrl: Type.String({ description: 'Path of its failures in this API.' }),
} as const

export const SignalRowSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    at: Type.String({ format: 'date-time', description: 'Time of receipt.' }),
    type: Type.Enum([...TIMELINE_TYPES]),
    source: Type.String(),
    tenant: Type.String(),
    url: Type.String({ description: 'Canonical, or SOURCE:REF; of our own proxy: method and path of the route.' }),
    code: nullable(Type.Integer(), 'What the source saw.'),
    cause: nullable(Type.Enum([...CAUSES]), 'What code and message say.'),
    message: Type.String(),
    time: nullable(time, 'When it happened, as the source says.'),
    attempts: nullable(Type.Integer(), 'How often the source had tried.'),
    event: nullable(Type.String(), 'The type of the notification.'),
    manual: Type.Optional(Type.Boolean({ description: 'For disabled: it was switched off on purpose.' })),
    what: Type.Optional(
      Type.Enum([...RECOVERIES], {
        description: 'For recovered: a delivery succeeded, the endpoint was enabled, or both.',
      }),
    ),
    unproven: Type.Optional(
      Type.Boolean({
        description:
          'For recovered: it ends nothing, since it is older than the last failure, or its source has no replay protection.',
      }),
    ),
  },
  { description: 'A signal other than a lost delivery.' },
)

export const IncidentSchema = Type.Object(incidentProperties, {
  description: 'The time from an endpoint’s first failure to its recovery.',
})

export const IncidentDetailSchema = Type.Object(
  {
    ...incidentProperties,
    verdicts: Type.Array(Type.Unsafe({ $ref: '#/components/schemas/Verdict' }), {
      description: 'Oldest first; the first one and the newest, at most 20.',
    }),
    timeline: Type.Array(SignalRowSchema, {
      description: `Signals other than lost deliveries, oldest first: the first one and the newest, at most ${TIMELINE_LIMIT}.`,
    }),
    timelineTotal: Type.Integer({ description: 'Rows received; more than in `timeline` if some were dropped.' }),
    remedies: Type.Object(
      {
        meaning: Type.String(),
        checks: texts('In order.'),
        fixes: texts('What to change.'),
        verify: Type.String({ description: 'How to confirm that the fix worked.' }),
      },
      { description: `Remedies, one of ${REMEDY_IDS.length}.` },
    ),
    recoveryRequests: Type.Array(
      Type.Object({
        resource: Type.String(),
        method: Type.Literal('GET'),
        url: Type.String({ description: '$NAME is a shell variable that you set.' }),
        headers: Type.Record(Type.String(), Type.String()),
        command: Type.String({ description: 'The same for a shell.' }),
        documented: Type.Boolean({ description: 'Whether the platform’s public documentation names this path.' }),
        note: Type.String(),
      }),
      { description: 'Requests that read the lost window again from the platform. They contain no secret.' },
    ),
    recoveryGaps: texts('What was lost and no request can read again, and why: a sentence for each such sender.'),
    closing: nullable(
      Type.Object({
        goodProbes: Type.Integer({ description: 'Good probes in a row so far.' }),
        goodProbesNeeded: Type.Integer({ description: 'incidents.goodProbes, if the endpoint can be probed.' }),
        quietUntil: Type.String({ format: 'date-time', description: 'No report may arrive before this time.' }),
        quietReason: Type.String({
          description: 'From when the quiet time is counted, and what of it does not count.',
        }),
        how: Type.Enum([...ENDS, ...STAYS_OPEN], {
          description:
            'How it would end if the quiet time were over; failing, disabled, pending (too few good probes yet): it would stay open.',
        }),
        sentence: Type.String({ description: 'The same for display.' }),
      }),
      'What is missing before it closes automatically; null once it is closed.',
    ),
  },
  { description: 'An incident with its history and what to do about it.' },
)

export const IncidentPageSchema = Type.Object(
  {
    incidents: Type.Array(Type.Unsafe({ $ref: '#/components/schemas/Incident' })),
    next: nullable(Type.String(), 'Cursor of the next page; null at the end.'),
  },
  { description: 'Incidents, newest first.' },
)

/** The body of a request that closes an incident. */
export const ResolveSchema = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, description: 'Why it was closed, for later readers.' }) },
  { additionalProperties: false, description: 'Closes an incident manually.' },
)
