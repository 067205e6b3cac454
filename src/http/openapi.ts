import type { TSchema } from 'typebox'
import { ReportSchema } from '../domain/report.ts'
import { ERROR_CODES } from '../errors.ts'
import { FailureQuerySchema } from './failure-query.ts'
import { FailurePageSchema, FailureSchema } from './failure-view.ts'
import { REPORT_PATH } from './ingest-app.ts'
import { PROBLEM_TYPE } from './problem.ts'

const json = (schema: object) => ({ 'application/json': { schema } })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'A problem document.', content: { [PROBLEM_TYPE]: { schema: ref('Problem') } } },
    ]),
  )

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

/** The API as OpenAPI 3.1, made from the schemas that the service itself checks with. */
export function openapi({ version, externalUrl }: { version: string; externalUrl?: string }): object {
  const queries = Object.entries((FailureQuerySchema as unknown as { properties: Record<string, TSchema> }).properties)
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
      [REPORT_PATH]: {
        post: {
          operationId: 'reportError',
          summary: 'Report a delivery that was given up (ingest listener)',
          parameters: [idHeader('webhook-id'), idHeader('Idempotency-Key')],
          requestBody: { required: true, content: json(ref('Report')) },
          responses: {
            202: {
              description: 'The failure is durable.',
              content: json({
                type: 'object',
                required: ['id'],
                properties: { id: { type: 'string', format: 'uuid' } },
              }),
            },
            ...problems(400, 401, 408, 413, 415, 422, 503),
          },
        },
      },
      '/api/v1/failures': {
        get: {
          operationId: 'listFailures',
          summary: 'Failures, newest first',
          parameters: queries.map(
            ([name, { description, ...schema }]: [string, TSchema & { description?: string }]) => ({
              name,
              in: 'query',
              required: false,
              description,
              schema,
            }),
          ),
          responses: {
            200: {
              description: 'A page; as application/x-ndjson all that match, one a line.',
              content: { ...json(ref('FailurePage')), 'application/x-ndjson': { schema: ref('Failure') } },
            },
            ...problems(400, 401, 503),
          },
        },
      },
      '/api/v1/failures/{id}': {
        get: {
          operationId: 'getFailure',
          summary: 'One failure',
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
          responses: {
            200: { description: 'The failure.', content: json(ref('Failure')) },
            ...problems(401, 404, 503),
          },
        },
      },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Report: ReportSchema, Failure: FailureSchema, FailurePage: FailurePageSchema, Problem: ProblemSchema },
    },
  }
}
