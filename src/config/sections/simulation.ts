import { Type } from 'typebox'
import { strict } from '../../schema-fields.ts'
import { secret } from '../fields.ts'

export const SimulationSection = Type.Optional(
  Type.Object(
    {
      secret: secret(
        'Secret that signs simulated reports and verifications; the same in every replica; at least 32 characters.',
      ),
    },
    {
      ...strict,
      description:
        'Reports that are no real failures: simulated ones are stored and marked and count nowhere; a verification goes the whole way to an alert of the endpoint webhook-verify. Off by default: then every report is real.',
    },
  ),
)
