import { HOOK_EVENTS } from '../../domain/incident/hook-plan.ts'
import { ENDS } from '../../domain/incident/incident-end.ts'
import { incidentOperation, json, ref, uuid } from './openapi-parts.ts'
import { RecoverSchema, RecoveryReportSchema } from './recovery-schemas.ts'
import { RecoverySchema } from './recovery-state-schema.ts'

const string = { type: 'string' }
const time = { type: 'string', format: 'date-time' }
const nullable = (schema: object) => ({ anyOf: [schema, { type: 'null' }] })

/** The paths with which recovery is requested and reported. */
export const recoveryPaths = {
  '/api/v1/incidents/{id}/recover': incidentOperation({
    operationId: 'requestRecovery',
    summary: 'Request the recovery of a closed incident; with recovery.token or admin.apiToken',
    body: 'Recover',
    required: false,
    answer: 'The incident, with the task that was requested.',
  }),
  '/api/v1/incidents/{id}/recovery': incidentOperation({
    operationId: 'reportRecovery',
    summary: 'Report on the recovery of an incident; with recovery.token or admin.apiToken',
    body: 'RecoveryReport',
    answer: 'The incident; a repeated report changes nothing.',
  }),
}

const EVENT_DATA = {
  id: uuid,
  endpoint: string,
  event: string,
  team: string,
  severity: string,
  state: { enum: ['open', 'closed'] },
  openedAt: time,
  closedAt: nullable(time),
  resolution: nullable(string),
  end: nullable({
    type: 'object',
    required: ['how', 'sentence'],
    properties: { how: { enum: [...ENDS] }, sentence: string },
  }),
  reopened: { type: 'integer' },
  cause: string,
  code: nullable({ type: 'integer' }),
  sentence: nullable(string),
  failures: { type: 'integer' },
  firstFailureAt: nullable(time),
  lastFailureAt: nullable(time),
  sources: { type: 'array', items: string },
  tenants: { type: 'array', items: string },
  tenantsComplete: { type: 'boolean', description: 'Whether `tenants` names all of them.' },
  lossWindow: ref('LossWindow'),
  recovery: nullable({
    type: 'object',
    required: ['status', 'task', 'closedAt'],
    properties: { status: string, task: nullable(string), closedAt: time },
  }),
  recoveryRequests: {
    type: 'array',
    description: 'Requests that read the lost window again. They contain no secret: you set `$NAME`.',
    items: {
      type: 'object',
      required: ['resource', 'method', 'url', 'headers', 'documented'],
      properties: {
        resource: string,
        method: string,
        url: string,
        headers: { type: 'object', additionalProperties: string },
        documented: { type: 'boolean' },
      },
    },
  },
  links: {
    type: 'object',
    required: ['incident', 'failures', 'recovery', 'runbook'],
    properties: { incident: string, failures: string, recovery: string, runbook: string },
  },
}

const IncidentEventSchema = {
  type: 'object',
  description:
    'The body of every event about an incident, at most 20 KiB. In the headers: CloudEvents 1.0 (binary mode) and the signature of Standard Webhooks.',
  required: ['type', 'timestamp', 'data'],
  properties: {
    type: { enum: HOOK_EVENTS.map((event) => `webhook.${event}`) },
    timestamp: { ...time, description: 'When it happened; the same for each attempt.' },
    data: { type: 'object', required: Object.keys(EVENT_DATA), properties: EVENT_DATA },
  },
}

export const recoverySchemas = {
  Recovery: RecoverySchema,
  Recover: RecoverSchema,
  RecoveryReport: RecoveryReportSchema,
  IncidentEvent: IncidentEventSchema,
}

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: string,
})
const HEADERS = [
  header('ce-id', 'Identifies the event: the same for each attempt.'),
  header('ce-type', 'The event’s name.'),
  header('ce-source', 'admin.externalUrl, else /webhook-error-exporter/NAMESPACE/NAME.'),
  header('ce-subject', 'The endpoint, percent-encoded.'),
  header('webhook-id', 'As ce-id.'),
  header('webhook-timestamp', 'Unix time of this attempt.'),
  header('webhook-signature', 'Standard Webhooks: v1, and base64.'),
]

/** The requests that hooks receive (OpenAPI's `webhooks`). */
export const hookDocuments = Object.fromEntries(
  HOOK_EVENTS.map((event) => [
    `webhook.${event}`,
    {
      post: {
        operationId: `on_${event.replace('.', '_')}`,
        summary: `Sent to hooks that receive ${event}`,
        security: [{}],
        parameters: HEADERS,
        requestBody: { required: true, content: json(ref('IncidentEvent')) },
        responses: {
          '2XX': { description: 'Delivered.' },
          410: { description: 'The event is dropped without a retry.' },
          default: { description: 'Retried with back-off for 24 hours; Retry-After is honored.' },
        },
      },
    },
  ]),
)
