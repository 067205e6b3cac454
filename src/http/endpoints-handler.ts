import type { Context, Middleware } from 'koa'
import { AppError } from '../errors.ts'
import { endpointView } from './endpoint-view.ts'
import type { IncidentsParts } from './incidents-handler.ts'

type Parts = Pick<IncidentsParts, 'follower' | 'endpoints'>

/** `GET /api/v1/endpoints`: what is configured and what failed, by name. */
export function listEndpoints(parts: Parts): Middleware {
  return (ctx: Context) => {
    const names = new Set(parts.endpoints.map((facts) => facts.name))
    for (const { endpoint } of parts.follower.states()) names.add(endpoint)
    ctx.body = { endpoints: [...names].sort().map((name) => view(name, parts)) }
  }
}

/** `GET /api/v1/endpoints/{name}`; the name is URL-encoded. */
export function getEndpoint(parts: Parts): Middleware {
  return (ctx: Context) => {
    const name = String(ctx['params'].name)
    if (!parts.follower.state(name) && !parts.endpoints.some((facts) => facts.name === name)) {
      throw new AppError('not_found', 'no endpoint has this name; it neither is configured nor has failed')
    }
    ctx.body = view(name, parts)
  }
}

function view(name: string, { endpoints, follower }: Parts) {
  const facts = endpoints.find((candidate) => candidate.name === name)
  return endpointView(name, { facts, state: follower.state(name), latest: follower.latest(name) })
}
