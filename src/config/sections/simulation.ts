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
        'Reports that are not real failures. Simulated reports are stored and marked, but not counted; a verification also counts and alerts, as the endpoint webhook-verify. Off by default: every report is then real.',
    },
  ),
)
