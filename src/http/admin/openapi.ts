import { CANARY_HEADERS } from '../../domain/report/canary.ts'
import { ERROR_CODES } from '../../errors.ts'
import { defaultEntries, type SourceEntry } from '../../sources/index.ts'
import { schemasOf } from '../../sources/schemas.ts'
import { AcceptedSchema } from '../ingest/accepted-schema.ts'
import type { Parameter } from '../shared/query.ts'
import { EndpointListSchema, EndpointSchema, ProbeSchema } from './endpoint-schemas.ts'
import { failureQuery } from './failure-query.ts'
import { FailurePageSchema, FailureSchema } from './failure-schemas.ts'
import { INCIDENT_FORMAT_QUERY, incidentQuery } from './incident-query.ts'
import {
  IncidentDetailSchema,
  IncidentPageSchema,
  IncidentSchema,
  LossWindowSchema,
  ResolveSchema,
  VerdictSchema,
} from './incident-schemas.ts'
import { incidentOperation, json, pathParameter, problems, ref, uuid } from './openapi-parts.ts'
import { hookDocuments, recoveryPaths, recoverySchemas } from './openapi-recovery.ts'

const ProblemSchema = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', description: 'Stable name of the kind of problem.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: [...ERROR_CODES] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer or parameter.' },
          detail: { type: 'string' },
        },
      },
    },
  },
}

const idHeader = (name: string) => ({
  name,
  in: 'header',
  required: false,
  description: 'The sender’s own id of the report: recorded once, answered with the first id afterwards.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
})

const queryParameters = (parameters: Readonly<Record<string, Parameter<unknown>>>) =>
  Object.entries(parameters).map(
    ([
      name,
      {
        schema: { description, ...schema },
      },
    ]) => ({
      name,
      in: 'query',
      required: false,
      description,
      schema,
    }),
  )

const TEXT = { 'text/plain': { schema: { type: 'string' } } }
const TO_PAGE = {
  302: { description: 'To the page that shows it, for a browser: one that prefers text/html, or format=html.' },
}

const incidentPaths = {
  '/api/v1/incidents': {
    get: {
      operationId: 'listIncidents',
      summary: 'Incidents, newest first',
      parameters: queryParameters(incidentQuery(Date.now)),
      responses: {
        200: {
          description: 'A page, as JSON or text.',
          content: { ...json(ref('IncidentPage')), ...TEXT },
        },
        ...TO_PAGE,
        ...problems(400, 401, 421, 429, 503),
      },
    },
  },
  '/api/v1/incidents/{id}': {
    get: {
      operationId: 'getIncident',
      summary: 'One incident, with verdicts, remedies and what to read again',
      parameters: [pathParameter('id', uuid), ...queryParameters(INCIDENT_FORMAT_QUERY)],
      responses: {
        200: {
          description: 'The incident, as JSON or text.',
          content: { ...json(ref('IncidentDetail')), ...TEXT },
        },
        ...TO_PAGE,
        ...problems(400, 401, 404, 421, 503),
      },
    },
  },
  '/api/v1/incidents/{id}/resolve': incidentOperation({
    operationId: 'resolveIncident',
    summary: 'Close an incident manually; only if admin.apiToken is configured',
    body: 'Resolve',
    answer: 'The closed incident.',
  }),
  '/api/v1/endpoints': {
    get: {
      operationId: 'listEndpoints',
      summary: 'Endpoints that are configured or have failed',
      responses: {
        200: { description: 'All of them.', content: json(ref('EndpointList')) },
        ...problems(401, 421, 429),
      },
    },
  },
  '/api/v1/endpoints/{name}': {
    get: {
      operationId: 'getEndpoint',
      summary: 'One endpoint: newest probes, open incident',
      parameters: [pathParameter('name', { type: 'string', description: 'URL-encoded.' })],
      responses: { 200: { description: 'The endpoint.', content: json(ref('Endpoint')) }, ...problems(401, 404, 421) },
    },
  },
}

const canaryHeader = (name: string) => ({
  name,
  in: 'header',
  required: false,
  description: 'Only of a canary, see docs/canary.md; the answer is then {"canary": "…"}, and nothing is recorded.',
  schema: { type: 'string' },
})

/** Operation ids are unique; that of the first path is what it was before there were several. */
function reportPath({ name, path, kind: { body } }: SourceEntry) {
  return {
    post: {
      operationId: path === '/webhooks/error' ? 'reportError' : `reportError_${name}`,
      summary: `Report a delivery that was given up, as the source ${name} (ingest listener)`,
      parameters: [
        idHeader('webhook-id'),
        idHeader('Idempotency-Key'),
        ...Object.values(CANARY_HEADERS).map(canaryHeader),
      ],
      requestBody: { required: true, content: { [body.contentType]: { schema: ref(body.name) } } },
      responses: {
        202: { description: 'What was recorded is durable.', content: json(AcceptedSchema) },
        ...problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
      },
    },
  }
}

export interface OpenApiOptions {
  readonly version: string
  readonly externalUrl?: string
  /** Those of a configuration that names none, unless given. */
  readonly sources?: readonly SourceEntry[]
}

/** The API as OpenAPI 3.1, made from the schemas that the service itself checks with. */
export function openapi({ version, externalUrl, sources = defaultEntries() }: OpenApiOptions): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'webhook-error-exporter',
      version,
      description: 'Reports come in on the ingest listener; everything else is on the private admin listener.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(externalUrl !== undefined && { servers: [{ url: externalUrl }] }),
    security: [{}, { bearer: [] }],
    paths: {
      ...Object.fromEntries(sources.map((source) => [source.path, reportPath(source)])),
      '/api/v1/failures': {
        get: {
          operationId: 'listFailures',
          summary: 'Failures, newest first',
          parameters: queryParameters(failureQuery(Date.now)),
          responses: {
            200: {
              description: 'A page; as application/x-ndjson all that match or the first `limit`, one per line.',
              content: { ...json(ref('FailurePage')), 'application/x-ndjson': { schema: ref('Failure') } },
            },
            ...problems(400, 401, 421, 429, 503),
          },
        },
      },
      '/api/v1/failures/{id}': {
        get: {
          operationId: 'getFailure',
          summary: 'One failure',
          parameters: [pathParameter('id', uuid)],
          responses: {
            200: { description: 'The failure.', content: json(ref('Failure')) },
            ...problems(401, 404, 421, 503),
          },
        },
      },
      ...incidentPaths,
      ...recoveryPaths,
    },
    webhooks: hookDocuments,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        ...Object.fromEntries(sources.map(({ kind }) => [kind.body.name, schemasOf(kind).body])),
        Failure: FailureSchema,
        FailurePage: FailurePageSchema,
        Incident: IncidentSchema,
        IncidentDetail: IncidentDetailSchema,
        IncidentPage: IncidentPageSchema,
        Verdict: VerdictSchema,
        LossWindow: LossWindowSchema,
        Resolve: ResolveSchema,
        ...recoverySchemas,
        Endpoint: EndpointSchema,
        EndpointList: EndpointListSchema,
        Probe: ProbeSchema,
        Problem: ProblemSchema,
      },
    },
  }
}
