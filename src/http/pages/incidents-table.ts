import { endSentence } from '../../domain/incident/end-words.ts'
import type { Incident } from '../../domain/incident/incident.ts'
import { calledFor, remediesFor } from '../../domain/remedies/remedies.ts'
import type { ConfiguredEndpoint } from '../../domain/report/endpoint.ts'
import { visibleText } from '../../domain/text/external-text.ts'
import { humanDuration } from '../../domain/text/human.ts'
import type { PagesDeps } from './deps.ts'
import { type Content, type Html, html, text } from './html.ts'
import { commands, link, moment, state, table, tableOf, tableRow } from './parts.ts'
import { openCount } from './sentence.ts'
import { paths, type Site } from './site.ts'

const NAME_LENGTH = 120
const SENTENCE_LENGTH = 400
/** Bytes of the rows at which the list of open incidents on the status page ends. */
const BYTES = 16 * 1_024

type Deps = Pick<PagesDeps, 'site' | 'endpoints' | 'urlOf' | 'tracker'>

/** Open incidents with what an engineer needs first: verdict, start, team, first check. */
export const openIncidents = (open: readonly Incident[], others: number, deps: Deps): Html =>
  open.length === 0
    ? html`<p>${openCount(0, others)}.</p>`
    : incidentRows(open, deps, {
        id: 'open-incidents',
        caption: 'Open incidents, critical endpoints first, then newest',
      })

/** Open incidents of endpoints that are not configured, as one line that opens. A sender chooses how many there are. */
export const foldedIncidents = (open: readonly Incident[], deps: Deps): Content =>
  open.length > 0 &&
  html`<details><summary>${open.length} of endpoints that are not configured</summary>
${incidentRows(open, deps, { id: 'unconfigured-incidents', caption: 'Open incidents of endpoints that are not configured, newest first' })}</details>`

function incidentRows(open: readonly Incident[], deps: Deps, named: { id: string; caption: string }): Html {
  const facts = new Map(deps.endpoints.map((each) => [each.name, each]))
  const rows: Html[] = []
  let bytes = 0
  for (const incident of open) {
    const row = tableRow(openRow(incident, facts.get(incident.endpoint), deps))
    bytes += row.size
    if (rows.length > 0 && bytes > BYTES) break
    rows.push(row)
  }
  const left = open.length - rows.length
  return html`${tableOf(
    {
      ...named,
      columns: ['Endpoint', 'Verdict', 'Since', 'Team', 'First check'],
    },
    rows,
  )}
${left > 0 && html`<p>${link(`${deps.site.base}${paths.incidents({ state: 'open' })}`, `All open incidents (${left} more)`)}</p>`}`
}

function openRow(incident: Incident, facts: ConfiguredEndpoint | undefined, { site, urlOf, tracker }: Deps): Content[] {
  const { id, endpoint, verdict, openedAt, report, cause, signals } = incident
  const seen = report ?? signals?.warning
  const { remedy, url } = calledFor(incident, urlOf)
  const { public: outside, internal: inside } = tracker.latest(endpoint)
  const probe = outside ?? inside
  const { checks } = remediesFor(remedy, {
    endpoint,
    url,
    ...(seen && { code: seen.code }),
    ...(probe && { probe }),
  })
  return [
    link(`${site.base}${paths.incident(id)}`, text(endpoint, NAME_LENGTH)),
    text(verdict?.sentence ?? `${cause}, not probed yet`, SENTENCE_LENGTH),
    moment(openedAt),
    facts ? `${facts.team || 'not configured'}, ${facts.severity}` : 'not configured',
    commands(visibleText(checks[0] ?? '', SENTENCE_LENGTH)),
  ]
}

/** Incidents, open or closed, each with the way to its page. */
export const incidentsTable = (
  incidents: readonly Incident[],
  { base }: Pick<Site, 'base'>,
  { caption, none }: { readonly caption: string; readonly none: string },
): Html =>
  table({
    id: 'incidents',
    caption,
    columns: ['Opened', 'Endpoint', 'State', 'Lasted', 'Reports', 'Cause', 'Verdict'],
    rows: incidents.map((incident) => {
      const { id, openedAt, endpoint, closedAt, failures, cause, verdict } = incident
      return [
        link(`${base}${paths.incident(id)}`, moment(openedAt)),
        link(`${base}${paths.endpoint(endpoint)}`, text(endpoint, NAME_LENGTH)),
        closedAt === null ? state('open', 'bad') : html`${moment(closedAt)}: ${endSentence(incident)}`,
        closedAt === null ? '' : humanDuration(closedAt - openedAt),
        failures,
        cause,
        verdict && text(verdict.sentence, SENTENCE_LENGTH),
      ]
    }),
    none,
  })
