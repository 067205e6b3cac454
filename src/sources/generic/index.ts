import { LARGE_BODY } from '../preset.ts'
import { defineSource } from '../source.ts'
import { type GenericConfig, mapFaults, rulesOf } from './config.ts'
import type { genericConfig } from './schema.ts'

const reader = async (config: GenericConfig) =>
  (await import('../mapping/open.ts')).openMapping(rulesOf(config), 'part')

/** Any sender of JSON, forms or CloudEvents, by a mapping in the configuration. */
export const generic = defineSource<typeof genericConfig>({
  kind: 'generic',
  description: 'Any sender of JSON, forms or CloudEvents: its configuration says where the values are.',
  auth: 'bearer',
  bodyLimit: LARGE_BODY,
  body: { name: 'GenericEvent', contentType: 'application/json' },
  namesUrls: true,
  async open(config, { bodyLimit, openAuth }) {
    const { read } = await reader(config)
    return {
      contentTypes: ['*'],
      bodyLimit,
      ...(await openAuth()),
      codes: config.codes,
      reportsDeliveries: (rulesOf(config).delivered ?? []).length > 0,
      read,
    }
  },
  codes: (config) => config.codes,
  configFaults: mapFaults,
  explainSignals: async (config, raw, request) => (await reader(config)).explain(raw, request),
  giveUp: async (config, given) => (await import('../mapping/build-report.ts')).buildReport(rulesOf(config), given),
})
