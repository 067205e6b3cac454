/** The value of a series in a Prometheus exposition, `name` or `name{label="value",…}` as it is written there. */
export function sample(body: string, series: string): number | undefined {
  const line = body.split('\n').find((it) => it.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1).split(' ')[0])
}

/** All lines of one metric, without comments; a histogram's by their full names. */
export function series(body: string, name: string): string[] {
  return body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}
