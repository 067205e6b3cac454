import type { Context } from 'koa'
import type { Incident } from '../../domain/incident/incident.ts'
import type { Failure } from '../../domain/report/failure.ts'
import { AppError } from '../../errors.ts'
import type { PagesDeps } from './deps.ts'
import { type Content, html, text } from './html.ts'
import type { Page } from './layout.ts'
import { facts, link, moment } from './parts.ts'
import { reading, required } from './readings.ts'
import { paths } from './site.ts'

/** Characters of a message: all that the journal keeps, and room for escapes. */
const MESSAGE_LENGTH = 20_000
/** Incidents of the endpoint among which the failure's is looked for. */
const INCIDENTS = 50

/** `GET /failures/{id}`: everything that is stored of a failure but the raw body. */
export async function failurePage(ctx: Context, deps: PagesDeps): Promise<Page> {
  const { journal, site, traceUrl } = deps
  const failure = await required(journal.get(String(ctx['params'].id).toLowerCase()))
  if (!failure) throw new AppError('not_found', 'no failure has this id; it may have been removed by retention')
  const { id, receivedAt, endpoint, source, tenant, url, code, cause, message, traceId, mark } = failure
  const incidents = await reading(
    journal.incidents({ endpoint, since: receivedAt }, { limit: INCIDENTS }).then((page) => page.incidents),
  )
  const incident = 'value' in incidents ? incidents.value.find((each) => isOf(failure, each)) : undefined
  const trace: Content =
    traceId === null
      ? 'none: tracing was off'
      : traceUrl === undefined
        ? traceId
        : link(traceUrl.replaceAll('{traceId}', traceId), traceId)
  return {
    title: `Failure of ${endpoint}`,
    main: html`<h1>Failure of ${endpoint}: code ${code}, ${cause}</h1>
${facts('The failure', [
  ['Received', moment(receivedAt)],
  ['Endpoint', link(`${site.base}${paths.endpoint(endpoint)}`, endpoint)],
  ['URL', url],
  ['Source', source],
  ['Tenant', tenant || 'without a name'],
  ['Code', code],
  ['Cause', cause],
  ...(mark ? ([['Simulated', 'yes: it counts nowhere and changed no incident']] as const) : []),
  ['Trace', trace],
  [
    'Incident',
    incident
      ? link(
          `${site.base}${paths.incident(incident.id)}`,
          `${incident.closedAt === null ? 'open' : 'closed'}, ${incident.failures} reports`,
        )
      : 'problem' in incidents
        ? `not known: ${incidents.problem}`
        : 'none is known',
  ],
  ['Id', id],
])}
<h2>The platform’s words</h2>
${message === '' ? html`<p>None.</p>` : html`<pre>${text(message, MESSAGE_LENGTH)}</pre>`}
<p>${link(`${site.base}/api/v1/failures/${id}`, 'As JSON')}</p>`,
  }
}

const isOf = ({ receivedAt }: Failure, { openedAt, firstFailureAt, lastFailureAt }: Incident): boolean =>
  receivedAt >= (firstFailureAt ?? openedAt) && receivedAt <= (lastFailureAt ?? openedAt)
