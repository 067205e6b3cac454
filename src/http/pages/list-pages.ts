import type { Context } from 'koa'
import { failureQueryReader } from '../admin/failure-query.ts'
import { incidentQueryReader } from '../admin/incident-query.ts'
import type { PagesDeps } from './deps.ts'
import { failuresTable } from './failures-table.ts'
import { type Content, html } from './html.ts'
import { showIncident } from './incident-page.ts'
import { incidentsTable } from './incidents-table.ts'
import type { Page } from './layout.ts'
import { link, part } from './parts.ts'
import { required } from './readings.ts'

/** Rows of a list, unless the query says otherwise. */
const ROWS = 50
/** Upper limit, so that a browser can render the page. */
const MOST_ROWS = 200

/** `GET /incidents`, with the query of `/api/v1/incidents`: newest first; a single one is shown in full. */
export function incidentsPage(deps: PagesDeps): (ctx: Context, hasToken: boolean) => Promise<Page> {
  const read = incidentQueryReader(deps.clock)
  return async (ctx, hasToken) => {
    const params = new URLSearchParams(ctx.querystring)
    const { filter, limit, before } = read(params)
    const { incidents, next } = await required(
      deps.journal.incidents(filter, { limit: rows(params, limit), ...(before !== undefined && { before }) }),
    )
    const older = next === null ? undefined : olderLink(`${deps.site.base}/incidents`, params, next, 'Older incidents')
    const [only, ...others] = incidents
    if (only && others.length === 0 && before === undefined) {
      const record = await required(deps.journal.incident(only.id))
      const page = await showIncident(
        { value: record ?? { incident: only, verdicts: [], timeline: [] } },
        deps,
        hasToken,
        'incidents/',
      )
      return { ...page, main: [page.main, older] }
    }
    return {
      title: 'Incidents',
      main: html`<h1>Incidents</h1>
${part([incidentsTable(incidents, deps.site, { caption: 'Incidents, newest first', none: 'No incident matches.' }), older])}`,
    }
  }
}

/** `GET /failures`, with the query of `/api/v1/failures`: newest first. */
export function failuresPage(deps: PagesDeps): (ctx: Context) => Promise<Page> {
  const read = failureQueryReader(deps.clock)
  return async (ctx) => {
    const params = new URLSearchParams(ctx.querystring)
    const { filter, limit, before } = read(params)
    const { failures, next } = await required(
      deps.journal.list(filter, { limit: rows(params, limit), ...(before !== undefined && { before }) }),
    )
    const older = next !== null && olderLink(`${deps.site.base}/failures`, params, next, 'Older failures')
    return {
      title: 'Failures',
      main: html`<h1>Failures</h1>
${part([failuresTable(failures, deps.site, { caption: 'Failures, newest first', none: 'No failure matches.' }), older])}`,
    }
  }
}

const rows = (params: URLSearchParams, limit: number | undefined): number =>
  params.has('limit') && limit !== undefined ? Math.min(limit, MOST_ROWS) : ROWS

function olderLink(path: string, params: URLSearchParams, cursor: string, words: string): Content {
  params.set('cursor', cursor)
  return html`<p>${link(`${path}?${params}`, words)}</p>`
}
