import type { Context, Middleware } from 'koa'
import { INVALID_ENDPOINT, OTHER } from '../../domain/report/failure.ts'
import { AppError } from '../../errors.ts'
import { queryReader } from '../shared/query.ts'
import { endpointView } from './endpoint-view.ts'
import type { IncidentsDeps } from './incidents-handler.ts'
import { jsonList, streamed } from './stream.ts'

type Deps = Pick<IncidentsDeps, 'tracker' | 'endpoints' | 'unconfiguredSeverity'>

const rejectParameters = queryReader({})

/** `GET /api/v1/endpoints`: what is configured, by name, then what else failed. */
export function listEndpoints(deps: Deps): Middleware {
  return (ctx: Context) => {
    rejectParameters(new URLSearchParams(ctx.querystring))
    const configured = deps.endpoints.map((facts) => facts.name).sort()
    const others = [...deps.tracker.states()].map(({ endpoint }) => endpoint).sort()
    const names = [...new Set([...configured, ...others])]
    ctx.body = streamed(jsonList('endpoints', names, (name) => view(name, deps)))
    ctx.type = 'json'
  }
}

/** `GET /api/v1/endpoints/{name}`; the name is URL-encoded. */
export function getEndpoint(deps: Deps): Middleware {
  return (ctx: Context) => {
    rejectParameters(new URLSearchParams(ctx.querystring))
    const name = String(ctx['params'].name)
    if (!deps.tracker.state(name) && !deps.endpoints.some((facts) => facts.name === name)) {
      throw new AppError('not_found', unknown(name))
    }
    ctx.body = view(name, deps)
  }
}

/** Not "it has not failed": beyond the limit of endpoints with incidents, and for reserved names, the journal may know failures. */
function unknown(name: string): string {
  if (name === INVALID_ENDPOINT) {
    return 'invalid is not an endpoint: it groups reports with an endpoint that is not a URL; see /api/v1/failures?endpoint=invalid'
  }
  if (name === OTHER) {
    return 'other is not an endpoint: metrics use it for failures above metrics.seriesLimit; /api/v1/failures shows the real endpoints'
  }
  return 'no endpoint of this name is configured or has incidents; failures of it, if there are any, are at /api/v1/failures?endpoint=NAME'
}

function view(name: string, { endpoints, tracker, unconfiguredSeverity }: Deps) {
  const facts = endpoints.find((candidate) => candidate.name === name)
  return endpointView(name, { facts, state: tracker.state(name), latest: tracker.latest(name), unconfiguredSeverity })
}
