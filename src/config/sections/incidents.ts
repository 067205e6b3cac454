import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'
import { duration } from '../fields.ts'

export const IncidentsSection = object(
  {
    quietTime: duration(
      '30m',
      '1s',
      '1w',
      'Time without a report before an incident may close; a failure within the same time after closing reopens it.',
    ),
    goodProbes: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: 'Good probes in a row that confirm a recovery.',
    }),
    failedProbes: Type.Integer({
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'Failed scheduled probes in a row that open an incident without any report; 0 for never.',
    }),
    unconfiguredLimit: Type.Integer({
      minimum: 0,
      maximum: 500,
      default: 50,
      description:
        'Most open incidents of endpoints that are not configured, once any endpoint is; one credential opens at most half of them. Reports beyond are stored and counted, but open no incident.',
    }),
  },
  'When incidents open and close.',
)
