import { Type } from 'typebox'
import { CAUSES } from '../../domain/cause.ts'
import { object } from '../../schema-fields.ts'
import { bearerProperties } from '../bearer.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { defineSource } from '../source.ts'
import { recoveryRequests } from './recovery.ts'
import { explainReport, parseReport, ReportSchema } from './report.ts'

const codes = object(
  {
    meaning: Type.Optional(
      Type.Union([Type.Literal('http'), Type.Literal('curl'), Type.Literal('errno'), Type.Literal('own')], {
        description:
          'What its numbers are: HTTP statuses, libcurl results, errno of either sign, or its own. Without it the text and the number’s range decide.',
      }),
    ),
    own: Type.Record(Type.String({ pattern: '^-?[0-9]{1,10}$' }), Type.Enum([...CAUSES]), {
      default: {},
      additionalProperties: false,
      description: 'Causes of numbers of its own, by the number: {"1001": timeout}.',
    }),
  },
  'How the numbers in its reports are to be read.',
)

/** RETM, the restaurant platform: one JSON report per lost delivery, authenticated with a bearer token. */
export const retm = defineSource({
  kind: 'retm',
  path: '/webhooks/error',
  description: 'RETM, the restaurant platform.',
  config: { ...bearerProperties('/secrets/retm'), codes },
  body: { name: 'Report', schema: ReportSchema, contentType: 'application/json' },
  namesUrls: true,
  // It gives up after three attempts in a row.
  attempts: 3,
  async open(config, { bodyLimit, openBearer }) {
    return {
      // RETM documents no header. A body without a type may be looked at (RFC 9110 section 8.3): whether it is JSON shows then.
      contentTypes: ['application/json', ''],
      bodyLimit,
      authentication: await openBearer(config),
      codes: config.codes,
      read(raw, { headers }) {
        const id = idempotencyKey(headers)
        const { code, endpoint: url, message } = parseReport(raw)
        return [
          id === undefined ? { type: 'lost', url, code, message, raw } : { type: 'lost', id, url, code, message, raw },
        ]
      },
    }
  },
  codes: (config) => config.codes,
  explain: explainReport,
  recoveryRequests,
})
