import type { Context, Middleware } from 'koa'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clock } from '../domain/clock.ts'
import type { Incident } from '../domain/incident.ts'
import type { Journal } from '../domain/journal.ts'
import { measuresFor } from '../domain/measures/measures.ts'
import { readAgain } from '../domain/measures/retm.ts'
import { redact } from '../domain/redact.ts'
import { AppError } from '../errors.ts'
import type { Follower } from '../service/follow-incidents.ts'
import { readBody } from './body.ts'
import { readIncidentQuery } from './incident-query.ts'
import { incidentDetailView, incidentView } from './incident-view.ts'
import { BODY_TIMEOUT } from './listener.ts'

/** What is configured of an endpoint, as the API shows and uses it. */
export interface EndpointFacts {
  readonly name: string
  readonly event: string
  readonly team: string
  readonly severity: string
  readonly urls: readonly string[]
}

export interface IncidentsParts {
  readonly journal: Pick<Journal, 'incident' | 'incidents'>
  readonly follower: Pick<Follower, 'resolve' | 'latest' | 'state' | 'states'>
  readonly endpoints: readonly EndpointFacts[]
  readonly clock: Clock
}

/** `GET /api/v1/incidents`. */
export function listIncidents({ journal, clock }: Pick<IncidentsParts, 'journal' | 'clock'>): Middleware {
  return async (ctx: Context) => {
    const { filter, limit, before } = readIncidentQuery(new URLSearchParams(ctx.querystring), clock)
    const page = await journal.incidents(filter, { limit, ...(before !== undefined && { before }) })
    ctx.body = { incidents: page.incidents.map(incidentView), next: page.next }
  }
}

/** `GET /api/v1/incidents/{id}`: with verdicts, measures, and what to read again. */
export function getIncident(parts: IncidentsParts): Middleware {
  return async (ctx: Context) => {
    const found = await parts.journal.incident(String(ctx['params'].id).toLowerCase())
    if (!found) throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
    ctx.body = incidentDetailView(found.incident, { verdicts: found.verdicts, ...advice(found.incident, parts) })
  }
}

function advice(incident: Incident, { endpoints, follower }: IncidentsParts) {
  const { endpoint, cause, report, loss } = incident
  const facts = endpoints.find(({ name }) => name === endpoint)
  const { public: outside, internal: inside } = follower.latest(endpoint)
  const probe = outside ?? inside
  return {
    measures: measuresFor(cause, {
      endpoint,
      url: probe?.url ?? facts?.urls[0] ?? endpoint,
      ...(report && { code: report.code }),
      ...(probe && { probe }),
    }),
    readAgain: readAgain(facts?.event ?? '', loss),
  }
}

export const ResolveSchema = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, description: 'Why it is over, for whoever reads it later.' }) },
  { additionalProperties: false, description: 'Closes an incident by hand.' },
)
const validator = Compile(ResolveSchema)

/**
 * `POST /api/v1/incidents/{id}/resolve`. It changes something, so a token must be configured, and its media type is one
 * that no foreign web page can send without being asked first (fetch.spec.whatwg.org, CORS-safelisted request headers).
 */
export function resolveIncident({ follower }: IncidentsParts, { hasToken }: { hasToken: boolean }): Middleware {
  return async (ctx: Context) => {
    if (!hasToken) {
      throw new AppError('forbidden', 'closing an incident needs admin.apiToken to be configured')
    }
    if (ctx.request.type.toLowerCase() !== 'application/json') {
      throw new AppError('unsupported_media_type', 'send {"reason": "…"} as Content-Type: application/json')
    }
    const body = json(await readBody(ctx.req, { limit: 16_384, timeout: BODY_TIMEOUT }))
    if (!validator.Check(body) || body.reason.trim() === '') {
      throw new AppError('invalid_request', 'the body must be {"reason": "…"} with 1 to 500 characters', {
        faults: [{ pointer: '/reason', detail: 'must be a string of 1 to 500 characters' }],
      })
    }
    ctx.body = incidentView(await follower.resolve(String(ctx['params'].id).toLowerCase(), redact(body.reason.trim())))
  }
}

function json(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString())
  } catch {
    throw new AppError('invalid_json', 'the body is no valid JSON')
  }
}
