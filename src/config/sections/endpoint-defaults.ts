import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'

export const EndpointDefaultsSection = object(
  {
    severity: Type.Optional(
      Type.Union([Type.Literal('warning'), Type.Literal('critical')], {
        description:
          'Severity of the alerts of endpoints that are not configured. By default critical while `endpoints` is empty, and warning alongside configured ones, so that the owner of one token cannot page a team by inventing URLs.',
      }),
    ),
  },
  'What applies to endpoints that are not in `endpoints`.',
)
