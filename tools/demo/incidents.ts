/** An incident as the API shows it, as far as the demo looks at it. Times are RFC 3339. */
export interface SeenIncident {
  readonly id: string
  readonly closedAt: string | null
  readonly lastFailureAt: string | null
  readonly failures: number
  readonly verdict: { readonly cause: string; readonly sentence: string } | null
  readonly lossWindow: { readonly from: string | null; readonly until: string | null }
}

/** Milliseconds for one request. */
const TIMEOUT = 5_000

/**
 * Finds the incident of a failure: the newest one of its endpoint, if it includes the failure.
 * @param admin origin of the admin listener
 * @returns undefined while there is none. The promise rejects with what the service or the network says.
 */
export function incidentsOf(admin: string): (failureId: string) => Promise<SeenIncident | undefined> {
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, admin), {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    if (!response.ok) throw new Error(`the API of the service answered ${response.status}`)
    return (await response.json()) as T
  }
  return async (failureId) => {
    const path = `/api/v1/failures/${encodeURIComponent(failureId)}`
    const { endpoint, receivedAt } = await get<{ endpoint: string; receivedAt: string }>(path)
    const query = new URLSearchParams({ endpoint, limit: '1' })
    const { incidents } = await get<{ incidents: readonly SeenIncident[] }>(`/api/v1/incidents?${query}`)
    return incidents.find(({ lastFailureAt }) => lastFailureAt !== null && lastFailureAt >= receivedAt)
  }
}

/** The time in which deliveries were lost, as a text. */
export function windowOf({ lossWindow, closedAt }: SeenIncident): string {
  const from = lossWindow.from ?? 'an unknown time'
  return `deliveries were lost between ${from} and ${lossWindow.until ?? closedAt}`
}
