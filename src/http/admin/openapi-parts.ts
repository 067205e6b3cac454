import { PROBLEM_TYPE } from '../shared/problem.ts'

export const json = (schema: object) => ({ 'application/json': { schema } })
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
export const uuid = { type: 'string', format: 'uuid' }

export const pathParameter = (name: string, schema: object) => ({ name, in: 'path', required: true, schema })

/** The responses of the given statuses, each a problem document. */
export const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'A problem document.', content: { [PROBLEM_TYPE]: { schema: ref('Problem') } } },
    ]),
  )

export interface IncidentOperation {
  readonly operationId: string
  readonly summary: string
  /** Name of the body's schema. */
  readonly body: string
  /** Whether a body is required; true unless given. */
  readonly required?: boolean
  /** What the 200 contains. */
  readonly answer: string
}

/** A POST that changes one incident and answers with it. Each needs a token. */
export const incidentOperation = ({ operationId, summary, body, required = true, answer }: IncidentOperation) => ({
  post: {
    operationId,
    summary,
    security: [{ bearer: [] }],
    parameters: [pathParameter('id', uuid)],
    requestBody: { required, content: json(ref(body)) },
    responses: {
      200: { description: answer, content: json(ref('Incident')) },
      ...problems(400, 401, 403, 404, 409, 413, 415, 421, 503),
    },
  },
})
