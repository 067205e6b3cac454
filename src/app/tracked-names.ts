import type { Config } from '../config/schema.ts'
import { VERIFY_ENDPOINT } from '../domain/failure.ts'
import { neededSeries } from '../domain/series.ts'

/** Names of endpoints that always have their place: the configured ones, and that of verifications where they are possible. */
export const trackedNames = ({ endpoints, simulation }: Config): string[] => [
  ...endpoints.map(({ name }) => name),
  ...(simulation ? [VERIFY_ENDPOINT] : []),
]

/** Those with a reserve of label sets: verifications get one only where the configured limit leaves room for it. */
export function namesWithReserve(config: Config): string[] {
  const names = trackedNames(config)
  const needed = neededSeries({ endpoints: names.length, sources: Object.keys(config.sources).length })
  return needed <= config.metrics.seriesLimit ? names : config.endpoints.map(({ name }) => name)
}
