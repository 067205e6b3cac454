import type { Context } from 'koa'
import type { Incident } from '../../domain/incident/incident.ts'
import type { IncidentRecord, Journal } from '../../domain/ports/journal.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import { AppError } from '../../errors.ts'
import { incidentFacts } from '../admin/incident-facts.ts'
import { incidentDetailView } from '../admin/incident-view.ts'
import { advice, contextOf } from '../admin/incidents-handler.ts'
import type { PagesDeps } from './deps.ts'
import { address, type Content, html } from './html.ts'
import type { Page } from './layout.ts'
import { commands, facts, link, part, steps } from './parts.ts'
import { type Reading, reading } from './readings.ts'
import { paths } from './site.ts'
import { timelineTable } from './timeline.ts'

/** Reports that the timeline shows one by one. */
const REPORTS = 20

/** `GET /incidents/{id}`: verdict, what to do, what happened when, and what to read again. */
export async function incidentPage(ctx: Context, deps: PagesDeps, hasToken: boolean): Promise<Page> {
  const id = String(ctx['params'].id).toLowerCase()
  return showIncident(await find(id, deps), deps, hasToken)
}

/** The journal's record; while it cannot be read, what this process knows of an endpoint's newest incident. */
async function find(id: string, { journal, tracker }: PagesDeps): Promise<Reading<IncidentRecord>> {
  const found = await reading(journal.incident(id))
  if ('value' in found && found.value) return { value: found.value }
  const known = [...tracker.states()].find(({ incident }) => incident?.id === id)?.incident
  if (known) return { value: { incident: known, verdicts: known.verdict ? [known.verdict] : [], timeline: [] } }
  if ('problem' in found) throw new AppError('journal_unavailable', found.problem, { retryAfter: 5 })
  throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
}

/**
 * The page of an incident that was found.
 * @param folder where `/incidents/` is, relative to the page; that of `/incidents/{id}` is in it
 */
export async function showIncident(
  found: Reading<IncidentRecord>,
  deps: PagesDeps,
  hasToken: boolean,
  folder = '',
): Promise<Page> {
  if ('problem' in found) throw new AppError('journal_unavailable', found.problem, { retryAfter: 5 })
  const { incident, verdicts, timeline } = found.value
  const { site, journal } = deps
  const [message, reports, more] = await Promise.all([
    reading(Promise.resolve(incident.report && journal.get(incident.report.id))),
    reading(reportsOf(incident, journal)),
    reading(Promise.resolve(deps.timeline?.(incident) ?? [])),
  ])
  const words = 'value' in message ? message.value?.message : undefined
  const detail = incidentDetailView(incident, { verdicts, timeline, ...advice(incident, deps) })
  const { headline, rows, incident: shown } = incidentFacts(detail, contextOf(incident, words, deps))
  const isOpen = incident.closedAt === null
  const { endpoint, firstFailureAt, lastFailureAt, openedAt } = incident
  const range = {
    endpoint,
    since: rfc3339(firstFailureAt ?? openedAt),
    until: rfc3339((lastFailureAt ?? openedAt) + 1),
  }
  return {
    title: `${isOpen ? 'Open' : 'Closed'} incident of ${endpoint}`,
    main: html`<h1><span data-part="">${headline}</span></h1>
${part(
  facts(
    'The incident',
    rows.map(([name, value]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}`, value] as const),
  ),
)}
${part(isOpen && remedySection(shown.remedies))}
<h2>Read again</h2>
${part(readAgain(shown))}
<h2>Timeline</h2>
${part([
  timelineTable(
    {
      incident,
      verdicts,
      signals: timeline,
      failures: 'value' in reports ? reports.value.failures : [],
      probes: Object.values(deps.tracker.latest(endpoint)),
      more: 'value' in more ? more.value : [],
    },
    site,
  ),
  'problem' in reports && html`<p>Reports are missing: ${reports.problem}.</p>`,
  'value' in reports &&
    reports.value.next !== null &&
    html`<p>The newest ${reports.value.failures.length} of ${incident.failures} reports are shown.</p>`,
])}
${isOpen && resolveForm(`${folder}${incident.id}/resolve`, hasToken)}
<h2>More</h2>
<ul>
<li>${link(`${site.base}${paths.failures(range)}`, 'Its failures')}</li>
<li>${link(`${site.base}${paths.endpoint(endpoint)}`, 'The endpoint')}</li>
<li>${link(`${site.base}/api/v1/incidents/${incident.id}?format=json`, 'As JSON')}</li>
<li>${link(`${site.base}/api/v1/incidents/${incident.id}?format=text`, 'As text')}</li>
</ul>`,
  }
}

function reportsOf({ endpoint, openedAt, firstFailureAt, lastFailureAt }: Incident, journal: Pick<Journal, 'list'>) {
  const since = firstFailureAt ?? openedAt
  return journal.list({ endpoint, since, until: (lastFailureAt ?? since) + 1 }, { limit: REPORTS })
}

const remedySection = ({
  meaning,
  checks,
  fixes,
  verify,
}: ReturnType<typeof incidentDetailView>['remedies']): Content =>
  html`<h2>What to do</h2>
<p>${commands(meaning)}</p>
<h3>Check, in this order</h3>
${steps(checks)}
<h3>Fix</h3>
${steps(fixes)}
<h3>Verify</h3>
<p>${commands(verify)}</p>`

function readAgain({
  recoveryRequests: requests,
  recoveryGaps: gaps,
}: Pick<ReturnType<typeof incidentDetailView>, 'recoveryRequests' | 'recoveryGaps'>): Content {
  const cannot = gaps.map((gap) => html`<p>${gap}</p>`)
  if (requests.length === 0)
    return cannot.length > 0 ? html`${cannot}` : html`<p>Nothing: no lost delivery has been reported.</p>`
  return html`<p>For each merchant concerned:</p>
${requests.map(
  ({
    resource,
    command,
    documented,
  }) => html`<p>${resource}${!documented && ' (path not documented by the platform, check it)'}</p>
<pre>${command}</pre>`,
)}
<p>${requests[0]?.note}</p>${cannot}`
}

/** A form only where it can be protected; otherwise how it is done. Its address is relative, see `answerPage`. */
function resolveForm(action: string, hasToken: boolean): Content {
  if (!hasToken) {
    return html`<h2>Close it manually</h2>
<p>This needs <code>admin.apiToken</code> to be configured, since others than this machine reach the admin listener.</p>`
  }
  return html`<h2>Close it manually</h2>
<form method="post" action="${address(action)}">
<label for="reason">Why, for later readers</label>
<input id="reason" name="reason" required maxlength="500" autocomplete="off">
<button>Close the incident</button>
</form>
<p>A browser asks for a password: the token of <code>admin.apiToken</code>, or, if none is configured, that in the file <code>admin-token</code> beside the journal.</p>`
}
