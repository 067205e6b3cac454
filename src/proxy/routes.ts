export type RetryMode = 'none' | 'safe' | 'idempotent'

/** A route as configured; durations in milliseconds. */
export interface Route {
  readonly endpoint: string
  /** Exact, or with a final `/*` for everything below. */
  readonly path: string
  /** Origin of the application. */
  readonly upstream: string
  readonly patience: number
  readonly retry: RetryMode
  /** Retried in addition to 502, 503 and 504. */
  readonly statuses: readonly number[]
  /** Half of the patience if absent. */
  readonly attemptTimeout?: number | undefined
}

/** A segment that servers resolve: with it a path could leave its route. */
const DOT_SEGMENT = /(^|[/\\]|%2f|%5c)(\.|%2e){1,2}($|[/\\;]|%2f|%5c|%3b)/i

/**
 * The path of a target in origin form (RFC 9112 section 3.2.1); undefined for any other form, and for one that a server
 * may read as another path.
 */
export function pathOf(target: string): string | undefined {
  if (!target.startsWith('/')) return undefined
  const end = target.search(/[?#]/)
  const path = end < 0 ? target : target.slice(0, end)
  return DOT_SEGMENT.test(path) || target.includes('#') ? undefined : path
}

/** Finds the route of a path. The cost does not grow with the number of routes. */
export function routeFinder<R extends { readonly path: string }>(
  routes: readonly R[],
): (path: string) => R | undefined {
  const exact = new Map<string, R>()
  const below = new Map<string, R>()
  for (const route of routes)
    if (route.path.endsWith('/*')) below.set(route.path.slice(0, -1), route)
    else exact.set(route.path, route)
  return (path) => {
    const found = exact.get(path)
    if (found || below.size === 0) return found
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const route = below.get(path.slice(0, slash + 1))
      if (route) return route
    }
    return undefined
  }
}
