import { JOB, NAMESPACE, type Value } from './series.ts'

/** Samples, one each 15 seconds. */
const ONE_MINUTE = 5

/** What a scrape shows, as input series: as if it had been so all the time. @param samples one each 15 seconds */
export const seriesOf = (text: string, samples = ONE_MINUTE): Map<string, Value[]> =>
  new Map(
    text.split('\n').flatMap((line): [string, Value[]][] => {
      const [, name, labels = '', value] = /^(webhook_\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (!name || !Number.isFinite(Number(value))) return []
      const target = `namespace="${NAMESPACE}", job="${JOB}", instance="10.0.0.1:9464", pod="w-0"`
      return [[`${name}{${target}${labels && `, ${labels}`}}`, Array<Value>(samples).fill(Number(value))]]
    }),
  )
