import type { AuthDefault } from './auth/config.ts'
import type { MappingRules } from './mapping/mapping.ts'
import type { presetConfig } from './preset-schemas.ts'
import { type ConfigOf, defineSource, type SourceKind } from './source.ts'

/** Bytes of the largest body, unless the configuration says otherwise: some senders put the whole business event into it. */
export const LARGE_BODY = 1_048_576

export interface Preset extends Pick<SourceKind, 'kind' | 'description' | 'namesUrls' | 'reportsOnlyLosses' | 'body'> {
  readonly auth: AuthDefault
  /** How its JSON bodies are read. */
  readonly rules: MappingRules
}

/** A kind of source that is nothing but a mapping. The code that maps is loaded only if it is configured. */
export function definePreset({ rules, ...preset }: Preset): SourceKind {
  const reader = async ({ keepBody: keep }: ConfigOf<typeof presetConfig>) =>
    (await import('./mapping/open.ts')).openMapping(rules, keep ? 'all' : 'values')
  return defineSource<typeof presetConfig>({
    ...preset,
    bodyLimit: LARGE_BODY,
    async open(config, { bodyLimit, openAuth }) {
      const { read } = await reader(config)
      return {
        contentTypes: ['application/json', ''],
        bodyLimit,
        ...(await openAuth()),
        codes: config.codes,
        reportsDeliveries: (rules.delivered ?? []).length > 0,
        read,
      }
    },
    codes: (config) => config.codes,
    explainSignals: async (config, raw, request) => (await reader(config)).explain(raw, request),
    giveUp: async (_, given) => (await import('./mapping/build-report.ts')).buildReport(rules, given),
  })
}
