import type { Context } from 'koa'
import { isOpen } from '../../domain/incident/incident.ts'
import { humanDuration } from '../../domain/text/human.ts'
import { totalTime } from '../../domain/verdict/observation.ts'
import type { ProbeResult } from '../../domain/verdict/probe.ts'
import { AppError } from '../../errors.ts'
import { endpointView } from '../admin/endpoint-view.ts'
import type { PagesDeps } from './deps.ts'
import { certificate, countsFor, endpointRows, failingWords, probeState } from './endpoints-table.ts'
import { failuresTable } from './failures-table.ts'
import { type Content, html } from './html.ts'
import { incidentsTable } from './incidents-table.ts'
import type { Page } from './layout.ts'
import { facts, link, moment, part, table } from './parts.ts'
import { reading } from './readings.ts'
import { paths } from './site.ts'

const ROWS = 20

/** `GET /endpoints/{name}`: what is known of one endpoint. Its name may be encoded or not, slashes included. */
export async function endpointPage(ctx: Context, deps: PagesDeps): Promise<Page> {
  const { journal, tracker, site, clock } = deps
  const name = nameIn(ctx)
  const row = endpointRows(deps).find((each) => each.name === name)
  const [counts, newest, past] = await Promise.all([
    reading(countsFor([{ name, facts: undefined, state: undefined, latest: {}, isFailing: false }], deps)),
    reading(journal.list({ endpoint: name }, { limit: ROWS })),
    reading(journal.incidents({ endpoint: name }, { limit: ROWS })),
  ])
  const hasFailures = 'value' in newest && newest.value.failures.length > 0
  if (!row && !hasFailures && !('problem' in newest)) {
    throw new AppError('not_found', 'no endpoint of this name is configured, and the journal knows no failure of it')
  }
  const now = clock()
  const view = endpointView(name, {
    facts: row?.facts,
    state: row?.state,
    latest: row?.latest ?? {},
    unconfiguredSeverity: deps.unconfiguredSeverity,
  })
  const open = row?.state && isOpen(row.state) ? row.state.incident! : undefined
  const [day, week] = ('value' in counts && counts.value.get(name)) || []
  return {
    title: name,
    main: html`<h1><span data-part="">${name}: ${open ? `${failingWords(open)} for ${humanDuration(now - open.openedAt)}` : 'no open incident'}</span></h1>
${part(
  facts('The endpoint', [
    [
      'Open incident',
      open ? link(`${site.base}${paths.incident(open.id)}`, open.verdict?.sentence ?? open.cause) : 'none',
    ],
    ['Event', view.event || 'not configured'],
    ['Team', view.team || 'not configured'],
    ['Severity', view.severity],
    ['URLs', lines(view.urls)],
    ...(view.refs.length > 0 ? [['References', lines(view.refs)] as const] : []),
    ['Configured', view.configured ? 'yes' : 'no: known from its failures'],
    [
      'Failures',
      'problem' in counts ? `not counted: ${counts.problem}` : `${most(day)} in 24 hours, ${most(week)} in 7 days`,
    ],
    ['Incidents', `${view.incidents} since the journal has known it`],
    ['Last good probe', moment(row?.state?.goodAt, 'none known')],
  ]),
)}
<h2>Newest probes</h2>
${part(
  table({
    id: 'probes',
    caption: 'The newest probe from each side since this process started',
    columns: ['From', 'State', 'When', 'Detail', 'Milliseconds', 'Address', 'Status', 'Certificate'],
    rows: [tracker.latest(name).public, tracker.latest(name).internal].flatMap((probe) =>
      probe ? [probeRow(probe, now)] : [],
    ),
    none: 'It has not been probed since this process started.',
  }),
)}
<h2>Incidents</h2>
${part(
  'problem' in past
    ? html`<p>Not known: ${past.problem}.</p>`
    : [
        incidentsTable(past.value.incidents, site, {
          caption: 'Incidents, newest first',
          none: 'It has had no incident.',
        }),
        past.value.next !== null &&
          html`<p>${link(`${site.base}${paths.incidents({ endpoint: name, cursor: past.value.next })}`, 'Older incidents')}</p>`,
      ],
)}
<h2>Failures</h2>
${part(
  'problem' in newest
    ? html`<p>Not known: ${newest.problem}.</p>`
    : [
        failuresTable(newest.value.failures, site, {
          caption: 'Failures, newest first',
          none: 'The journal knows no failure of it.',
        }),
        newest.value.next !== null &&
          html`<p>${link(`${site.base}${paths.failures({ endpoint: name, cursor: newest.value.next })}`, 'Older failures')}</p>`,
      ],
)}
<h2>Silence its alerts</h2>
<p>During maintenance, for two hours. The service goes on recording. If another release has an endpoint of this name, add the alert’s <code>namespace</code> and <code>job</code>.</p>
<pre>${silenceCommand(name)}</pre>
<p>${link(`${site.base}/api/v1/endpoints/${encodeURIComponent(name)}`, 'As JSON')}</p>`,
  }
}

/** For a shell: every alert about an endpoint has its name as the label `endpoint`. */
function silenceCommand(name: string): string {
  const matchers = ['alertname=~"Webhook.+"', `endpoint=${JSON.stringify(name)}`]
  const quoted = matchers.map((matcher) => `'${matcher.replaceAll("'", `'\\''`)}'`)
  return `amtool silence add --alertmanager.url=http://ALERTMANAGER:9093 --duration=2h --comment='planned maintenance' ${quoted.join(' ')}`
}

/** @throws AppError `not_found` if it is not percent-encoded UTF-8 */
function nameIn({ path }: Context): string {
  try {
    return decodeURIComponent(path.slice('/endpoints/'.length))
  } catch {
    throw new AppError('not_found', 'the name of the endpoint is not percent-encoded UTF-8')
  }
}

const lines = (values: readonly string[]): Content => values.map((value, index) => [index > 0 && html`<br>`, value])

const most = (count = 0): string => (count >= 1_000 ? '1,000 or more' : String(count))

function probeRow(probe: ProbeResult, now: number): Content[] {
  const phases = Object.entries(probe.phases).map(([phase, taken]) => `${phase} ${Math.round(taken)}`)
  return [
    probe.vantage === 'internal' ? 'inside' : 'outside',
    probeState(probe),
    moment(probe.startedAt),
    `${probe.url}: ${probe.detail}`,
    `${totalTime(probe)} (${phases.join(', ')})`,
    probe.address,
    probe.status,
    certificate(probe, now),
  ]
}
