import { Type } from 'typebox'
import { CAUSES } from '../../domain/cause/cause.ts'

/** A failure as the API shows it. */
export const FailureSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'UUID version 7; sorts by receipt.' }),
    receivedAt: Type.String({ format: 'date-time', description: 'RFC 3339, UTC, with milliseconds.' }),
    source: Type.String({ description: 'Platform that reported it.' }),
    tenant: Type.String({
      description: 'Owner of the credential that the report carried; empty if tokens have no name.',
    }),
    endpoint: Type.String({ description: 'Configured name, else canonical URL, else `invalid`.' }),
    url: Type.String({ description: 'Canonical URL without secrets; for `invalid` the masked text.' }),
    code: Type.Integer({ description: 'What the platform saw.' }),
    cause: Type.Enum([...CAUSES], { description: 'Why the delivery failed, as classified when it was received.' }),
    message: Type.String({
      description: 'The platform’s words, credentials masked; marked at the end where it was cut.',
    }),
    traceId: Type.Union([Type.String({ pattern: '^[0-9a-f]{32}$' }), Type.Null()], {
      description: 'Trace of the report; null where tracing was off.',
    }),
    simulated: Type.Optional(
      Type.Literal(true, { description: 'It was simulated and is not counted. Absent from a real failure.' }),
    ),
  },
  { description: 'One delivery that the platform gave up.' },
)

export const FailurePageSchema = Type.Object(
  {
    failures: Type.Array(FailureSchema),
    next: Type.Union([Type.String(), Type.Null()], { description: 'Cursor of the next page; null at the end.' }),
  },
  { description: 'Failures, newest first.' },
)
