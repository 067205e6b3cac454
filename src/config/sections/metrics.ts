import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'

export const MetricsSection = object(
  {
    seriesLimit: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 2_000,
      description: 'Most label sets of webhook_delivery_failures_total.',
    }),
    tenantLabel: Type.Boolean({ default: false, description: 'Whether failures are also counted by tenant.' }),
  },
  'What /metrics exposes.',
)
