import { idempotencyKey } from '../idempotency-key.ts'
import { defineSource, keptOf } from '../source.ts'
import { recoveryRequests } from './recovery.ts'
import { explainReport, parseReport } from './report.ts'
import type { retmSchemas } from './schema.ts'

/** RETM, the restaurant platform: one JSON report per lost delivery, authenticated with a bearer token. */
export const retm = defineSource<(typeof retmSchemas)['config']>({
  kind: 'retm',
  path: '/webhooks/error',
  description: 'RETM, the restaurant platform.',
  auth: 'bearer',
  comparesContent: true,
  body: { name: 'Report', contentType: 'application/json' },
  namesUrls: true,
  reportsOnlyLosses: true,
  // It gives up after three attempts in a row.
  attempts: 3,
  async open(config, { bodyLimit, openAuth }) {
    return {
      // RETM documents no header. A body without a type may be looked at (RFC 9110 section 8.3): whether it is JSON shows then.
      contentTypes: ['application/json', ''],
      bodyLimit,
      ...(await openAuth()),
      codes: config.codes,
      read(body, { headers }) {
        const id = idempotencyKey(headers)
        const { code, endpoint: url, message } = parseReport(body)
        const raw = keptOf(body)
        return [
          id === undefined ? { type: 'lost', url, code, message, raw } : { type: 'lost', id, url, code, message, raw },
        ]
      },
    }
  },
  codes: (config) => config.codes,
  explain: explainReport,
  giveUp: async (_, { code, endpoint, message }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, endpoint, message }),
  }),
  recoveryRequests,
})
