import type { CodeRules } from '../../domain/classify/classify.ts'
import { FORM } from '../form.ts'
import { LARGE_BODY } from '../preset.ts'
import type { presetConfig } from '../preset-schemas.ts'
import { defineSource } from '../source.ts'

/** Causes of its own numbers, where the text names none. 11200, 11217 and 15003 say nothing by themselves. */
const OWN: NonNullable<CodeRules['own']> = {
  11205: 'unreachable',
  11206: 'protocol',
  11210: 'dns',
  11215: 'redirect',
  11220: 'tls',
  11235: 'tls',
  11236: 'tls',
  11237: 'tls',
}
const rulesOf = ({ codes: given }: { readonly codes: CodeRules }): CodeRules => ({
  ...given,
  own: { ...OWN, ...given.own },
})
const load = () => import('./debugger-event.ts')

/** Twilio: the debugger's webhook, which reports every error of an account; those of webhooks are lost deliveries. */
export const twilio = defineSource<typeof presetConfig>({
  kind: 'twilio',
  description: 'Twilio: the webhook of the debugger.',
  auth: { kind: 'twilio' },
  bodyLimit: LARGE_BODY,
  body: { name: 'TwilioDebuggerEvent', contentType: FORM },
  reportsOnlyLosses: true,
  namesUrls: true,
  async open(config, { bodyLimit, openAuth }) {
    const { readDebuggerEvent } = await load()
    return {
      contentTypes: [FORM],
      bodyLimit,
      ...(await openAuth()),
      codes: rulesOf(config),
      read: (raw) => [readDebuggerEvent(raw, config.keepBody).signal],
    }
  },
  codes: rulesOf,
  giveUp: async (_, given) => (await load()).debuggerEvent(given),
  explainSignals: async (config, raw) => [(await load()).readDebuggerEvent(raw, config.keepBody)],
})
