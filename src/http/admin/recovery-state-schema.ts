import { Type } from 'typebox'
import { RECOVERY_STATUSES, REPORTED_STATUSES } from '../../domain/incident/recovery.ts'

const nullable = (schema: Parameters<typeof Type.Union>[0][number], description: string) =>
  Type.Union([schema, Type.Null()], { description })
const time = (description: string) => Type.String({ format: 'date-time', description })
const status = Type.Enum([...RECOVERY_STATUSES], {
  description:
    'not_needed, open (not started), requested, running, finished, or failed. All but not_needed and finished need work.',
})

export const RecoverySchema = Type.Object(
  {
    status,
    task: nullable(Type.String(), 'The task that the status is about.'),
    restored: nullable(Type.Integer(), 'Deliveries restored, as the task reports.'),
    tenants: Type.Array(
      Type.Object({
        tenant: Type.String(),
        status: Type.Enum([...REPORTED_STATUSES]),
        restored: nullable(Type.Integer(), 'Deliveries restored.'),
        detail: nullable(Type.String(), 'Why not, for people.'),
      }),
      { description: 'Tenants as the task reports them: those that failed first, at most 100.' },
    ),
    detail: nullable(Type.String(), 'For people.'),
    closedAt: time('The closing it belongs to.'),
    history: Type.Array(
      Type.Object({
        at: time('When it happened.'),
        status,
        task: nullable(Type.String(), 'Null before there was one.'),
        restored: nullable(Type.Integer(), 'Deliveries restored.'),
        detail: nullable(Type.String(), 'For people.'),
        closedAt: time('The closing it belongs to.'),
      }),
      { description: 'Oldest first, at most 50 steps; progress replaces earlier progress.' },
    ),
  },
  { description: 'State of restoring what an incident lost.' },
)
