import type { Config } from '../config/schema.ts'
import type { IncidentSettings } from '../domain/incident/incident.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import { VERIFY_ENDPOINT } from '../domain/report/failure.ts'
import { neededSeries } from '../domain/report/series.ts'

/** Names of endpoints with reserved slots: the configured ones, and that of verifications if they are possible. */
export const trackedNames = ({ endpoints, simulation }: Config): string[] => [
  ...endpoints.map(({ name }) => name),
  ...(simulation ? [VERIFY_ENDPOINT] : []),
]

/** Endpoints with reserved label sets; verifications get one only if the configured limit leaves room. */
export function namesWithReserve(config: Config): string[] {
  const names = trackedNames(config)
  const needed = neededSeries({ endpoints: names.length, sources: Object.keys(config.sources).length })
  return needed <= config.metrics.seriesLimit ? names : config.endpoints.map(({ name }) => name)
}

/** When incidents open and close. Endpoints that are not configured are limited only beside configured ones. */
export function incidentSettings(config: Config): IncidentSettings {
  const { unconfiguredLimit: limit, ...settings } = config.incidents
  if (config.endpoints.length === 0) return settings
  return { ...settings, unconfigured: { configured: trackedNames(config), limit, places: ENDPOINT_LIMIT } }
}
