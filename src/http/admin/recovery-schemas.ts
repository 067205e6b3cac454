import { Type } from 'typebox'
import { REPORTED_STATUSES } from '../../domain/incident/recovery.ts'

const detail = Type.Union([Type.String({ maxLength: 4_000 }), Type.Null()], {
  description: 'For people; kept up to 500 characters.',
})
/** Up to what every reader of JSON takes for an integer (RFC 8259 section 6). */
const restored = Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
  description: 'Deliveries restored so far.',
})
const status = Type.Enum([...REPORTED_STATUSES], { description: 'running, finished or failed.' })

/** The body of a request for recovery. */
export const RecoverSchema = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 500, description: 'For later readers.' })) },
  { additionalProperties: false, description: 'Requests the recovery of a closed incident.' },
)

/** The body of a job's report. */
export const RecoveryReportSchema = Type.Object(
  {
    task: Type.String({
      pattern: '^[A-Za-z0-9._:/@+=-]{1,200}$',
      description: 'Names this run of a job; the same in each of its reports. An unknown one starts a recovery.',
    }),
    status,
    restored: Type.Optional(restored),
    detail: Type.Optional(detail),
    tenants: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object(
            {
              tenant: Type.String({ minLength: 1, maxLength: 200 }),
              status: Type.Optional(status),
              restored: Type.Optional(restored),
              detail: Type.Optional(detail),
            },
            { additionalProperties: false },
          ),
          Type.String({
            minLength: 1,
            maxLength: 200,
            description: 'Shorthand for {"tenant": …} with the status of the report.',
          }),
        ]),
        { maxItems: 1_000, description: 'Result per tenant.' },
      ),
    ),
    closedAt: Type.Optional(
      Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
        description: 'The closing it belongs to; by default that of its task, else the latest.',
      }),
    ),
  },
  { additionalProperties: false, description: 'A job reports on the recovery of an incident.' },
)
