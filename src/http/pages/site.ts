/** What all pages have in common. */
export interface Site {
  /** What links begin with: `admin.externalUrl` without a final slash, or nothing. */
  readonly base: string
  readonly version: string
}

const query = (parameters: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** The paths of all pages. Names may contain slashes and whatever else a URL may. */
export const paths = {
  status: (from?: number): string => `/${query({ from: from === undefined ? from : String(from) })}`,
  incidents: (filter: { state?: string; endpoint?: string; cursor?: string; limit?: string } = {}): string =>
    `/incidents${query(filter)}`,
  incident: (id: string): string => `/incidents/${id}`,
  endpoint: (name: string): string => `/endpoints/${encodeURIComponent(name.toWellFormed())}`,
  failures: (filter: { endpoint?: string; since?: string; until?: string; cursor?: string } = {}): string =>
    `/failures${query(filter)}`,
  failure: (id: string): string => `/failures/${id}`,
  runtime: (): string => '/status',
}
