import type { Context, Middleware } from 'koa'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clock } from '../domain/clock.ts'
import type { ConfiguredEndpoint } from '../domain/endpoint.ts'
import type { Incident, IncidentSettings } from '../domain/incident.ts'
import type { Journal } from '../domain/journal.ts'
import { calledFor, measuresFor } from '../domain/measures/measures.ts'
import { readAgain } from '../domain/measures/retm.ts'
import { redact } from '../domain/redact.ts'
import { AppError } from '../errors.ts'
import type { Follower } from '../service/follow-incidents.ts'
import { readBody } from './body.ts'
import { readIncidentQuery } from './incident-query.ts'
import { incidentPage, incidentText, listText } from './incident-text.ts'
import { incidentDetailView, incidentView } from './incident-view.ts'
import { BODY_TIMEOUT } from './listener.ts'

export interface IncidentsParts {
  readonly journal: Pick<Journal, 'get' | 'incident' | 'incidents'>
  readonly follower: Pick<Follower, 'resolve' | 'latest' | 'state' | 'states'>
  readonly endpoints: readonly ConfiguredEndpoint[]
  /** What an endpoint's checks are about before there is a verdict: see `endpointUrls`. */
  readonly urlOf: (endpoint: string) => string | undefined
  readonly settings: Pick<IncidentSettings, 'quietTime' | 'goodProbes'>
  readonly clock: Clock
  /** Where people reach the admin listener. */
  readonly externalUrl?: string
}

/** `GET /api/v1/incidents`: as JSON, and for people as text; a single one then with all that is known. */
export function listIncidents(parts: IncidentsParts): Middleware {
  return async (ctx: Context) => {
    const { filter, limit, before } = readIncidentQuery(new URLSearchParams(ctx.querystring), parts.clock)
    const page = await parts.journal.incidents(filter, { limit, ...(before !== undefined && { before }) })
    const [only, ...others] = page.incidents
    if (!forPeople(ctx)) ctx.body = { incidents: page.incidents.map(incidentView), next: page.next }
    else if (only && others.length === 0) await tell(ctx, only, parts)
    else answerText(ctx, listText(page.incidents.map(incidentView), base(parts)))
  }
}

/** `GET /api/v1/incidents/{id}`: with verdicts, measures, and what to read again. */
export function getIncident(parts: IncidentsParts): Middleware {
  return async (ctx: Context) => {
    const found = await parts.journal.incident(String(ctx['params'].id).toLowerCase())
    if (!found) throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
    const { incident, verdicts } = found
    if (forPeople(ctx)) await tell(ctx, incident, parts)
    else ctx.body = incidentDetailView(incident, { verdicts, ...advice(incident, parts) })
  }
}

/** Programs that say nothing of what they accept get JSON; a browser gets what a person can read. */
function forPeople(ctx: Context): boolean {
  ctx.set('Vary', 'Accept')
  return ctx.accepts('application/json', 'text/plain', 'text/html') !== 'application/json'
}

function answerText(ctx: Context, text: string): void {
  const isPage = ctx.accepts('text/plain', 'text/html') === 'text/html'
  if (isPage)
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  ctx.type = isPage ? 'text/html' : 'text/plain'
  ctx.body = isPage ? incidentPage(text) : text
}

const base = ({ externalUrl = '' }: Pick<IncidentsParts, 'externalUrl'>): string => externalUrl.replace(/\/+$/, '')

async function tell(ctx: Context, incident: Incident, parts: IncidentsParts): Promise<void> {
  const { report, endpoint } = incident
  const failure = report ? await parts.journal.get(report.id) : undefined
  const facts = parts.endpoints.find(({ name }) => name === endpoint)
  const { public: outside, internal: inside } = parts.follower.latest(endpoint)
  const text = incidentText(incidentDetailView(incident, { verdicts: [], ...advice(incident, parts) }), {
    facts,
    probes: [outside, inside].flatMap((probe) => probe ?? []),
    message: failure?.message ?? '',
    now: parts.clock(),
    base: base(parts),
  })
  answerText(ctx, text)
}

function advice(incident: Incident, { endpoints, urlOf, follower, settings }: IncidentsParts) {
  const { endpoint, report, loss, verdict, closedAt } = incident
  const facts = endpoints.find(({ name }) => name === endpoint)
  const { public: outside, internal: inside } = follower.latest(endpoint)
  const probe = verdict?.vantage === 'internal' ? (inside ?? outside) : (outside ?? inside)
  const { measure, url } = calledFor(incident, urlOf)
  return {
    measures: measuresFor(measure, {
      endpoint,
      url,
      ...(report && { code: report.code }),
      ...(probe && { probe }),
    }),
    readAgain: readAgain(facts?.event ?? '', loss, incident.firstFailureAt),
    recovery:
      closedAt === null
        ? {
            goodProbes: incident.goodRun?.count ?? 0,
            goodProbesNeeded: settings.goodProbes,
            quietUntil: incident.quietSince + settings.quietTime,
          }
        : null,
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
    if (ctx.request.type.trim().toLowerCase() !== 'application/json') {
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
