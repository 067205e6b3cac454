import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'
import { duration, secret } from '../fields.ts'

export const RecoverySection = object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description:
          'Whether closed incidents get a recovery, which stays open until a job reports that the lost deliveries have been restored. By default only for endpoints with a hook that receives incident.closed or recovery.requested.',
      }),
    ),
    overdueAfter: duration(
      '4h',
      '1m',
      '4w',
      'Time after closing in which a recovery is to be finished; then recovery.overdue is sent, and an alert fires.',
    ),
    token: Type.Optional(
      secret(
        'Bearer token with which recovery can be requested and reported, and nothing else; at least 32 characters.',
      ),
    ),
  },
  'Restoring what was lost while an endpoint failed.',
)
