import type { Context } from 'koa'
import { type Incident, isOpen } from '../../domain/incident/incident.ts'
import type { CanaryMoments, JournalSize, JournalStatus } from '../../domain/ports/journal.ts'
import { endpointRanks } from '../../domain/report/endpoint.ts'
import type { PagesDeps } from './deps.ts'
import { countsFor, endpointRows, endpointsTable, pageOf } from './endpoints-table.ts'
import { failuresTable } from './failures-table.ts'
import { type Content, html } from './html.ts'
import { foldedIncidents, openIncidents } from './incidents-table.ts'
import type { Page } from './layout.ts'
import { ago, moment, part, state, table } from './parts.ts'
import { reading } from './readings.ts'
import { heardSentence, incidentSentence, openCount } from './sentence.ts'

const NEWEST = 20

/** `GET /`: what is wrong, in one sentence; then incidents, endpoints, failures, sources, and our own health. */
export async function statusPage(ctx: Context, deps: PagesDeps): Promise<Page> {
  const { journal, tracker, clock, warnings, site, sources, lastHeard, canary } = deps
  const all = endpointRows(deps)
  const asked = Number(new URLSearchParams(ctx.querystring).get('from') ?? 0)
  const from = Number.isInteger(asked) && asked > 0 && asked < all.length ? asked : 0
  const page = pageOf(all, from)
  const [counts, newest] = await Promise.all([
    reading(countsFor(page, deps)),
    reading(journal.list({}, { limit: NEWEST })),
  ])
  const rank = endpointRanks(deps.endpoints)
  const open = [...tracker.states()]
    .flatMap((each): Incident[] => (isOpen(each) ? [each.incident!] : []))
    .sort((a, b) => rank(a.endpoint) - rank(b.endpoint) || b.openedAt - a.openedAt)
  const listed = open.filter(({ endpoint }) => rank(endpoint) < 2)
  const folded = open.slice(listed.length)
  const now = clock()
  const heard = sources.flatMap(({ name }) => lastHeard.of(name) ?? [])
  const sentence = incidentSentence(listed, folded, tracker.latest)
  const problem = journalProblem(journal.status())
  return {
    title: openCount(listed.length, folded.length),
    main: html`<h1><span data-part="">${sentence}</span> <span data-part="" aria-live="off">${heardSentence(heard.length === 0 ? null : Math.max(...heard), canary(), now)}</span></h1>
${part([
  problem && html`<p class="warning" role="alert"><strong>The journal is not available:</strong> ${problem}</p>`,
  warnings().map((warning) => html`<p class="warning" role="alert"><strong>Warning:</strong> ${warning}</p>`),
])}
<h2>Open incidents</h2>
${part(openIncidents(listed, folded.length, deps))}${part(foldedIncidents(folded, deps))}
<h2>Endpoints</h2>
${part(endpointsTable({ all, from, page }, counts, deps))}
<h2>Newest failures</h2>
${part(
  'problem' in newest
    ? html`<p>Not known: ${newest.problem}.</p>`
    : failuresTable(newest.value.failures, site, {
        caption: `The newest ${NEWEST} failures`,
        none: 'No failure is in the journal.',
      }),
)}
<h2>Sources</h2>
${part(
  table({
    id: 'sources',
    caption: 'When each source was last heard from',
    columns: ['Source', 'Kind', 'Path', 'Last heard from'],
    rows: sources.map(({ name, kind, path }) => [name, kind.kind, path, moment(lastHeard.of(name), 'never')]),
    none: 'No source is configured.',
  }),
)}
<h2>This service</h2>
${part(health(deps, now))}`,
  }
}

/** Why the journal is down, to an operator. */
export function journalProblem({ up, fault, opening }: JournalStatus): string | undefined {
  if (up) return undefined
  return `${fault?.detail ?? `it is being opened${opening === undefined ? '' : `: ${opening}`}`}. Incidents and endpoints below are those known to this process.`
}

function health({ conditions, journal, canary, egress }: PagesDeps, now: number): Content {
  const { size, pending, pendingLimit, spill } = journal.status()
  const outside = egress()
  return table({
    id: 'health',
    caption: 'Health of this service',
    columns: ['What', 'State', 'Detail'],
    rows: [
      ...conditions().map(({ name, ok, detail }) => [name.replaceAll('_', ' '), word(ok), detail]),
      ...(size ? [['journal size', '', sizeDetail(size)]] : []),
      ['reports waiting', '', `${pending} of at most ${pendingLimit}${spill ? `; ${spill.waiting} in the spill` : ''}`],
      ['canary', ...canaryState(canary(), now)],
      ['egress', outside === null ? '' : word(outside), egressDetail(outside)],
    ],
    none: '',
  })
}

function egressDetail(outside: boolean | null): string {
  if (outside) return ''
  if (outside === null) return 'nothing outside was tried recently'
  return 'no host outside answers, outbound.reference included, where it is set; probes are ignored until one does'
}

const word = (ok: boolean): Content => (ok ? state('ok', 'good') : state('not ok', 'bad'))

function sizeDetail({ failures, bytes, freeBytes }: JournalSize): string {
  const rows = failures === null ? 'failures are being counted' : `${failures} failures when last counted`
  return `${rows}, ${rounded(bytes)}${freeBytes === null ? '' : `, ${rounded(freeBytes)} free`}`
}

function rounded(bytes: number): string {
  const gibibytes = bytes / 2 ** 30
  return gibibytes < 1 ? `${(1_024 * gibibytes).toFixed(1)} MiB` : `${gibibytes.toFixed(1)} GiB`
}

/** Null: configured, but this process does not know when it last returned; another replica may send it. */
function canaryState(moments: CanaryMoments | null | undefined, now: number): [Content, Content] {
  if (moments === undefined) return ['', 'not configured']
  if (moments === null) return ['', 'not known to this process']
  const { succeededAt } = moments
  return succeededAt === null ? [word(false), 'has not come back yet'] : ['', `came back ${ago(succeededAt, now)}`]
}
