import { type EndpointState, type Incident, isOpen } from '../../domain/incident/incident.ts'
import { type ConfiguredEndpoint, endpointRanks } from '../../domain/report/endpoint.ts'
import { guarded } from '../../domain/verdict/observation.ts'
import type { ProbeResult } from '../../domain/verdict/probe.ts'
import type { Latest } from '../../service/incident-verdicts.ts'
import type { PagesDeps } from './deps.ts'
import { type Content, type Html, html, text } from './html.ts'
import { link, moment, state, tableOf, tableRow } from './parts.ts'
import type { Reading } from './readings.ts'
import { paths } from './site.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Endpoints of a page that are not failing, and bytes of its rows at which it ends at the latest. */
const ROWS = 50
const BYTES = 48 * 1_024
/** Counting failures ends there. */
const MOST = 1_000
const NAME_LENGTH = 150

/** An endpoint that is configured, or that failed. */
export interface EndpointRow {
  readonly name: string
  readonly facts: ConfiguredEndpoint | undefined
  readonly state: EndpointState | undefined
  readonly latest: Latest
  readonly isFailing: boolean
}

/** All of them: configured ones first, of these those that fail, critical before others, then the newest incident; then by name. */
export function endpointRows({ endpoints, tracker }: Pick<PagesDeps, 'endpoints' | 'tracker'>): EndpointRow[] {
  const facts = new Map(endpoints.map((each) => [each.name, each]))
  const states = new Map([...tracker.states()].map((each) => [each.endpoint, each]))
  const names = new Set([...facts.keys(), ...states.keys()])
  const rows = [...names].map((name): EndpointRow => {
    const known = states.get(name)
    const isFailing = known !== undefined && isOpen(known)
    return { name, facts: facts.get(name), state: known, latest: tracker.latest(name), isFailing }
  })
  const openedAt = ({ isFailing, state: known }: EndpointRow): number => (isFailing ? known!.incident!.openedAt : 0)
  const rank = endpointRanks(endpoints)
  const group = ({ name, isFailing }: EndpointRow): number =>
    rank(name) < 2 ? (isFailing ? rank(name) : 2) : isFailing ? 3 : 4
  return rows.sort((a, b) => group(a) - group(b) || openedAt(b) - openedAt(a) || (a.name < b.name ? -1 : 1))
}

export type FailureCounts = ReadonlyMap<string, readonly number[]>

/** Failures in the last 24 hours and 7 days of what the page that begins at `from` may show. */
export function countsFor(
  rows: readonly EndpointRow[],
  { journal, clock }: Pick<PagesDeps, 'journal' | 'clock'>,
): Promise<FailureCounts> {
  const now = clock()
  return journal.countFailures({
    endpoints: rows.map(({ name }) => name),
    since: [now - DAY, now - 7 * DAY],
    most: MOST,
  })
}

/** The rows of a page: those that fail, and 50 more. */
export function pageOf(all: readonly EndpointRow[], from: number): readonly EndpointRow[] {
  let healthy = 0
  const rest = all.slice(from)
  const end = rest.findIndex(({ isFailing }) => !isFailing && ++healthy > ROWS)
  return end < 0 ? rest : rest.slice(0, end)
}

/** The table of endpoints that begins at `from`, with the way to the next ones. */
export function endpointsTable(
  { all, from, page }: { all: readonly EndpointRow[]; from: number; page: readonly EndpointRow[] },
  counts: Reading<FailureCounts>,
  { site, clock, deliveries }: Pick<PagesDeps, 'site' | 'clock' | 'deliveries'>,
): Html {
  if (all.length === 0) return html`<p>No endpoint is configured, and none has failed.</p>`
  const now = clock()
  const showsRate = deliveries !== undefined
  const rows: Html[] = []
  let bytes = 0
  for (const row of page) {
    const markup = tableRow([
      link(`${site.base}${paths.endpoint(row.name)}`, text(row.name, NAME_LENGTH)),
      row.isFailing ? state(failingWords(row.state?.incident), 'bad') : 'no open incident',
      probeState(row.latest.public),
      probeState(row.latest.internal),
      moment(row.state?.incident?.lastFailureAt, 'none known'),
      ...[0, 1].map((index) => ('value' in counts ? countOf(counts.value.get(row.name)?.[index] ?? 0) : 'unknown')),
      certificate(row.latest.public ?? row.latest.internal, now),
      ...(showsRate ? [rate(deliveries(row.name))] : []),
    ])
    bytes += markup.size
    if (rows.length > 0 && bytes > BYTES) break
    rows.push(markup)
  }
  const end = from + rows.length
  const columns = [
    'Endpoint',
    'State',
    'From outside',
    'From inside',
    'Last failure',
    'Failures, 24 h',
    'Failures, 7 d',
  ]
  const caption = `Endpoints ${from + 1} to ${end} of ${all.length}: configured ones first, of these those that fail`
  const table = tableOf(
    { id: 'endpoints', caption, columns: [...columns, 'Certificate', ...(showsRate ? ['Delivered'] : [])] },
    rows,
  )
  return html`${table}
${'problem' in counts && html`<p>Failures are not counted: ${counts.problem}.</p>`}
<p>${from > 0 && link(`${site.base}${paths.status()}`, 'First endpoints')} ${end < all.length && link(`${site.base}${paths.status(end)}`, `Next endpoints (${all.length - end} more)`)}</p>`
}

/** An endpoint that its platform switched off gets no deliveries at all until someone enables it. */
export function failingWords(incident: Incident | null | undefined): string {
  const disabled = incident?.signals?.disabled ?? []
  return disabled.length === 0
    ? 'failing'
    : `switched off by ${[...new Set(disabled.map(({ source }) => source))].join(', ')}`
}

const countOf = (count: number): string => (count >= MOST ? `${MOST.toLocaleString('en')} or more` : String(count))

/** What the newest probe from one side says, in words. */
export function probeState(probe: ProbeResult | undefined): Content {
  if (!probe) return state('not probed', 'soft')
  if (probe.unverified) return state('not verified', 'soft')
  if (guarded(probe)) return state('not allowed', 'soft')
  if (!probe.up) return state(`down: ${probe.cause ?? 'unknown'}`, 'bad')
  return state(probe.pathUnproven ? 'server up, path not proven' : 'up', 'good')
}

/** Days left on the certificate that the probe was shown. */
export function certificate(probe: ProbeResult | undefined, now: number): Content {
  if (!probe?.tls) return ''
  const days = Math.floor((probe.tls.notAfter - now) / DAY)
  if (probe.tls.notAfter <= now) return state('expired', 'bad')
  return days < 8 ? state(`${days} days left`, 'bad') : `${days} days left`
}

function rate(observed: ReturnType<NonNullable<PagesDeps['deliveries']>>): Content {
  if (!observed || observed.delivered + observed.failed === 0) return 'not known'
  const all = observed.delivered + observed.failed
  return `${((100 * observed.delivered) / all).toFixed(observed.failed === 0 ? 0 : 2)} % of ${all}`
}
