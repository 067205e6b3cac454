import { rfc3339 } from '../text/human.ts'
import { cutCharacters } from '../text/redact.ts'
import { endOf, endSentence } from './end-words.ts'
import type { OutboxEvent } from './hook.ts'
import type { Incident } from './incident.ts'

/** Bytes of a body: what Standard Webhooks recommends as the most. */
export const MESSAGE_LIMIT = 20 * 1_024
const LONGEST_SENTENCE = 1_000

/** How to read again what was lost; without secrets. */
export interface HookRecoveryRequest {
  readonly resource: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly documented: boolean
}

/** What the configuration knows of an incident's endpoint. */
export interface HookFacts {
  readonly event: string
  readonly team: string
  readonly severity: string
  readonly recoveryRequests: readonly HookRecoveryRequest[]
}

export interface HookMessageOptions {
  /** Where people reach the admin listener, without a slash at the end; empty: links are paths. */
  readonly base: string
  /** CloudEvents' source: a URI or a path. */
  readonly source: string
  /** Where the runbook of open recoveries is. */
  readonly runbook: string
}

/** The event as sent, without signature and token. */
export interface HookMessage {
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * An event as a CloudEvent in binary mode (CloudEvents 1.0.2, HTTP protocol binding section 3.1), with the body of
 * Standard Webhooks: `{type, timestamp, data}`. The same event always gives the same id and time.
 */
export function hookMessage(event: OutboxEvent, facts: HookFacts, options: HookMessageOptions): HookMessage {
  const type = `webhook.${event.event}`
  const timestamp = rfc3339(event.at)
  return {
    id: event.id,
    headers: cloudEventHeaders({ type, id: event.id, time: timestamp, subject: event.incident.endpoint }, options),
    body: boundedBody((tenants) => ({ type, timestamp, data: dataOf(event, facts, { ...options, tenants }) }), event),
  }
}

/** What `verify --hook` sends. @param at milliseconds since the epoch */
export function testMessage(hook: string, id: string, at: number, options: HookMessageOptions): HookMessage {
  const [type, timestamp] = ['webhook.test', rfc3339(at)]
  return {
    id,
    headers: cloudEventHeaders({ type, id, time: timestamp, subject: hook }, options, false),
    body: JSON.stringify({ type, timestamp, data: { hook } }),
  }
}

/** The event's attributes as header fields; names in lower case. */
function cloudEventHeaders(
  attributes: Readonly<Record<'type' | 'id' | 'time' | 'subject', string>>,
  { source, base }: HookMessageOptions,
  isIncident = true,
): Record<string, string> {
  const schema = { 'ce-dataschema': headerValue(`${base}/api/v1/openapi.json#/components/schemas/IncidentEvent`) }
  return {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': attributes.type,
    'ce-source': headerValue(source),
    'ce-id': attributes.id,
    'ce-time': attributes.time,
    'ce-subject': headerValue(attributes.subject),
    ...(isIncident && schema),
  }
}

/** Percent-encodes what the HTTP protocol binding, section 3.1.3.2, does not allow in a header. */
export const headerValue = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\x21-\x7e]|["%]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )

/** Names as many tenants as fit. */
function boundedBody(make: (tenants: readonly string[]) => { data: object }, { incident }: OutboxEvent): string {
  let tenants = incident.tenants
  for (;;) {
    const body = JSON.stringify(make(tenants))
    if (Buffer.byteLength(body) <= MESSAGE_LIMIT || tenants.length === 0) return body
    tenants = tenants.slice(0, Math.floor((tenants.length * 3) / 4))
  }
}

type DataOptions = HookMessageOptions & { readonly tenants: readonly string[] }

/** The member `data`. */
function dataOf({ incident, recovery }: OutboxEvent, facts: HookFacts, { base, runbook, tenants }: DataOptions) {
  const { id, endpoint, loss, verdict, report, closedAt } = incident
  const end = endOf(incident)
  return {
    id,
    endpoint,
    event: facts.event,
    team: facts.team,
    severity: facts.severity,
    state: closedAt === null ? 'open' : 'closed',
    openedAt: rfc3339(incident.openedAt),
    closedAt: rfc3339(closedAt),
    resolution: incident.resolution,
    end: end && { how: end.how, sentence: cutCharacters(endSentence(incident), LONGEST_SENTENCE) },
    reopened: incident.reopened,
    cause: incident.cause,
    code: report?.code ?? null,
    sentence: verdict && cutCharacters(verdict.sentence, LONGEST_SENTENCE),
    failures: incident.failures,
    firstFailureAt: rfc3339(incident.firstFailureAt),
    lastFailureAt: rfc3339(incident.lastFailureAt),
    sources: incident.sources,
    tenants,
    tenantsComplete: incident.tenantsComplete && tenants.length === incident.tenants.length,
    lossWindow: { ...loss, from: rfc3339(loss.from), until: rfc3339(loss.until) },
    recovery: recovery && { status: recovery.status, task: recovery.task, closedAt: rfc3339(recovery.closedAt) },
    recoveryRequests: facts.recoveryRequests
      .slice(0, MOST_REQUESTS)
      .map(({ resource, method, url, headers, documented }) => ({ resource, method, url, headers, documented })),
    links: linksOf(incident, { base, runbook }),
  }
}

/** Of the requests that several sources could add up to. */
const MOST_REQUESTS = 20

function linksOf(
  { id, endpoint, openedAt, firstFailureAt, lastFailureAt }: Incident,
  links: Omit<DataOptions, 'tenants' | 'source'>,
) {
  const since = firstFailureAt ?? openedAt
  const query = new URLSearchParams({
    endpoint,
    since: rfc3339(since),
    until: rfc3339((lastFailureAt ?? since) + 1),
  })
  return {
    incident: `${links.base}/api/v1/incidents/${id}`,
    failures: `${links.base}/api/v1/failures?${query}`,
    recovery: `${links.base}/api/v1/incidents/${id}/recovery`,
    runbook: links.runbook,
  }
}
