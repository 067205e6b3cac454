import { isBinary } from '../cloud-event.ts'
import { LARGE_BODY } from '../preset.ts'
import type { presetConfig } from '../preset-schemas.ts'
import { defineSource } from '../source.ts'

const reader = async ({ keepBody: keep }: { readonly keepBody: boolean }) => {
  const [{ openMapping }, { rules }] = await Promise.all([import('../mapping/open.ts'), import('./rules.ts')])
  return openMapping(rules, keep ? 'all' : 'values', { attributesOnly: true })
}

/**
 * Knative Eventing: this service is the `deadLetterSink`. In binary mode all that is needed is in the headers, so that the
 * body, the application's event of any size, is drained and dropped: an answer of 413 would lose the notice.
 */
export const knative = defineSource<typeof presetConfig>({
  kind: 'knative',
  description: 'Knative Eventing: dead letters, as CloudEvents.',
  auth: 'none',
  bodyLimit: LARGE_BODY,
  body: { name: 'KnativeDeadLetter', contentType: 'application/cloudevents+json' },
  reportsOnlyLosses: true,
  namesUrls: true,
  async open(config, { bodyLimit, openAuth }) {
    const { read } = await reader(config)
    const auth = await openAuth()
    return {
      contentTypes: ['*'],
      bodyLimit,
      ...auth,
      ...(!auth.verify && {
        bodyKept: ({ headers }) => (isBinary(headers) ? (config.keepBody ? bodyLimit : 0) : undefined),
      }),
      codes: config.codes,
      read,
    }
  },
  codes: (config) => config.codes,
  explainSignals: async (config, raw, request) => (await reader(config)).explain(raw, request),
  async giveUp(_, given) {
    const [{ buildReport }, { rules }] = await Promise.all([import('../mapping/build-report.ts'), import('./rules.ts')])
    const { event, message, code } = given
    // In binary mode, as its dispatchers send: they write 500 where there was no answer, and encode the text.
    const text = Buffer.from(code === 0 ? `dispatch error: ${message}` : message).toString('base64')
    const { headers } = buildReport(rules, { ...given, code: code === 0 ? 500 : code, message: text })
    const attributes = { 'ce-specversion': '1.0', 'ce-source': '/simulation', 'ce-type': event || 'order.created' }
    return { headers: { ...headers, ...attributes }, body: JSON.stringify({ event }) }
  },
})
