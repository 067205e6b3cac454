import type { Context, Middleware } from 'koa'
import { endNow, recoveryOf } from '../../domain/incident/close-incident.ts'
import { prospectWords } from '../../domain/incident/end-words.ts'
import type { Incident, IncidentSettings, Quiet } from '../../domain/incident/incident.ts'
import { hasLoss } from '../../domain/incident/incident-words.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { IncidentRecord, Journal } from '../../domain/ports/journal.ts'
import { calledFor, remediesFor } from '../../domain/remedies/remedies.ts'
import type { ConfiguredEndpoint } from '../../domain/report/endpoint.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import { redact } from '../../domain/text/redact.ts'
import { AppError } from '../../errors.ts'
import type { IncidentTracker } from '../../service/incident-tracker.ts'
import { recoveryGaps, recoveryRequests, type SourceEntry } from '../../sources/index.ts'
import { readBody } from '../shared/body.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import { formatOf } from './format.ts'
import type { IncidentContext } from './incident-facts.ts'
import { incidentQueryReader, readIncidentFormat } from './incident-query.ts'
import { incidentListText, incidentText } from './incident-text.ts'
import { incidentDetailView, incidentView } from './incident-view.ts'
import { isResolve } from './resolve-check.generated.ts'
import { jsonPage, streamed } from './stream.ts'

/** Milliseconds by which the quiet time ends later than planned before that is explained. */
const LATE = 1_000

export interface IncidentsDeps {
  readonly journal: Pick<Journal, 'get' | 'incident' | 'incidents'>
  readonly tracker: Pick<IncidentTracker, 'resolve' | 'latest' | 'state' | 'states' | 'isProbed' | 'quietOf'>
  readonly endpoints: readonly ConfiguredEndpoint[]
  /** Severity of endpoints that are not configured. */
  readonly unconfiguredSeverity: string
  readonly sources: readonly SourceEntry[]
  /** What an endpoint's checks are about before there is a verdict: see `endpointUrls`. */
  readonly urlOf: (endpoint: string) => string | undefined
  readonly settings: Pick<IncidentSettings, 'quietTime' | 'goodProbes'>
  readonly clock: Clock
  /** Where people reach the admin listener. */
  readonly externalUrl?: string
}

/** `GET /api/v1/incidents`: a page as JSON or text; a single incident is shown in full as text. Browsers are sent to the page. */
export function listIncidents(deps: IncidentsDeps): Middleware {
  const read = incidentQueryReader(deps.clock)
  return async (ctx: Context) => {
    const params = new URLSearchParams(ctx.querystring)
    const { filter, limit, before, format: asked } = read(params)
    const format = formatOf(ctx, asked)
    const page = await deps.journal.incidents(filter, { limit, ...(before !== undefined && { before }) })
    const { incidents, next } = page
    if (format === 'json') {
      ctx.body = streamed(jsonPage('incidents', incidents, { view: incidentView, next }))
      ctx.type = 'json'
      return
    }
    const [only, ...others] = incidents
    const base = baseOf(deps)
    const shown =
      only && others.length === 0
        ? await textOf((await deps.journal.incident(only.id)) ?? { incident: only, timeline: [] }, deps)
        : incidentListText(incidents.map(incidentView), base)
    if (next !== null) params.set('cursor', next)
    ctx.body = `${shown}${next === null ? '' : `\nOlder incidents\n  ${base}/api/v1/incidents?${params}\n`}`
    ctx.type = 'text/plain'
  }
}

/** `GET /api/v1/incidents/{id}`: with verdicts, remedies, and what to read again. */
export function getIncident(deps: IncidentsDeps): Middleware {
  return async (ctx: Context) => {
    const format = formatOf(ctx, readIncidentFormat(new URLSearchParams(ctx.querystring)).format)
    const found = await deps.journal.incident(String(ctx['params'].id).toLowerCase())
    if (!found) throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
    const { incident, verdicts, timeline } = found
    if (format === 'json') ctx.body = incidentDetailView(incident, { verdicts, timeline, ...advice(incident, deps) })
    else {
      ctx.body = await textOf(found, deps)
      ctx.type = 'text/plain'
    }
  }
}

/** What links begin with. */
export const baseOf = ({ externalUrl = '' }: Pick<IncidentsDeps, 'externalUrl'>): string =>
  externalUrl.replace(/\/+$/, '')

async function textOf(
  { incident, timeline }: Pick<IncidentRecord, 'incident' | 'timeline'>,
  deps: IncidentsDeps,
): Promise<string> {
  const { report } = incident
  const message = report ? (await deps.journal.get(report.id))?.message : undefined
  return incidentText(
    incidentDetailView(incident, { verdicts: [], timeline, ...advice(incident, deps) }),
    contextOf(incident, message, deps),
    baseOf(deps),
  )
}

/**
 * Context shown besides the incident itself.
 * @param message the platform's words in the newest report, if they are known
 */
export function contextOf(
  { endpoint }: Incident,
  message: string | undefined,
  { endpoints, tracker, clock }: Pick<IncidentsDeps, 'endpoints' | 'tracker' | 'clock'>,
): IncidentContext {
  const { public: outside, internal: inside } = tracker.latest(endpoint)
  return {
    facts: endpoints.find(({ name }) => name === endpoint),
    probes: [outside, inside].flatMap((probe) => probe ?? []),
    message: message ?? '',
    now: clock(),
  }
}

/** When the quiet time is over if no report comes, and since when it is counted. */
function quietEnd(
  { quietSince }: Incident,
  quietTime: number,
  { quiet, now }: { readonly quiet: Quiet | undefined; readonly now: number },
): { readonly quietUntil: number; readonly quietReason: string } {
  const planned = quietSince + quietTime
  const measured = quiet?.since === quietSince ? now + quietTime - quiet.lasted : planned
  const isLate = measured - planned > LATE
  return {
    quietUntil: isLate ? measured : planned,
    quietReason: `counted from ${rfc3339(quietSince)}${isLate ? ', without the time in which this receiver was down (no report could arrive) or by which its clock was set' : ''}`,
  }
}

/** The first report, where all had the cause of the newest; otherwise the newest. */
const firstReported = ({ causes, failures, firstFailureAt, report, openedAt }: Incident): number =>
  report === null ? openedAt : causes[report.cause] === failures ? (firstFailureAt ?? report.at) : report.at

/** What to do about an incident, and what closes it. */
export function advice(incident: Incident, { endpoints, sources, urlOf, tracker, settings, clock }: IncidentsDeps) {
  const { endpoint, report, loss, verdict, closedAt, signals } = incident
  const seen = report ?? signals?.warning
  const facts = endpoints.find(({ name }) => name === endpoint)
  const { public: outside, internal: inside } = tracker.latest(endpoint)
  const probe = verdict?.vantage === 'internal' ? (inside ?? outside) : (outside ?? inside)
  const { remedy, url } = calledFor(incident, urlOf)
  const end = endNow(incident, { goodProbes: settings.goodProbes, isProbed: tracker.isProbed(endpoint) })
  return {
    remedies: remediesFor(remedy, {
      endpoint,
      url,
      ...(seen && { code: seen.code }),
      ...(probe && { probe }),
      ...(verdict?.expiredAt !== undefined && {
        expired: { at: verdict.expiredAt, reportedAt: firstReported(incident) },
      }),
    }),
    recoveryRequests: recoveryRequests(sources, incident.sources, {
      event: facts?.event ?? '',
      loss,
      firstFailureAt: incident.firstFailureAt,
    }),
    recoveryGaps: hasLoss(incident) ? recoveryGaps(sources, incident.sources, facts?.event ?? '') : [],
    closing:
      closedAt === null
        ? {
            goodProbes: recoveryOf(incident)?.count ?? 0,
            goodProbesNeeded: settings.goodProbes,
            ...quietEnd(incident, settings.quietTime, { quiet: tracker.quietOf(endpoint), now: clock() }),
            how: end.how,
            sentence: prospectWords(end),
          }
        : null,
  }
}

/**
 * `POST /api/v1/incidents/{id}/resolve`. It changes something, so a token must be configured, and its media type is one
 * that no foreign web page can send without being asked first (fetch.spec.whatwg.org, CORS-safelisted request headers).
 */
export function resolveIncident({ tracker }: IncidentsDeps, { hasToken }: { hasToken: boolean }): Middleware {
  return async (ctx: Context) => {
    if (!hasToken) {
      throw new AppError('forbidden', 'closing an incident needs admin.apiToken to be configured')
    }
    if (ctx.request.type.trim().toLowerCase() !== 'application/json') {
      throw new AppError('unsupported_media_type', 'send {"reason": "…"} as Content-Type: application/json')
    }
    const body = json(await readBody(ctx.req, { limit: 16_384, timeout: BODY_TIMEOUT }))
    if (!isResolve(body) || body.reason.trim() === '') {
      throw new AppError('invalid_request', 'the body must be {"reason": "…"} with 1 to 500 characters', {
        faults: [{ pointer: '/reason', detail: 'must be a string of 1 to 500 characters' }],
      })
    }
    const reason = redact(body.reason.trim())
    ctx.body = incidentView(await tracker.resolve(String(ctx['params'].id).toLowerCase(), reason))
  }
}

function json(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString())
  } catch {
    throw new AppError('invalid_json', 'the body is not valid JSON')
  }
}
