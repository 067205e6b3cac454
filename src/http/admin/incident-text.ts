import { visible } from '../../domain/text/external-text.ts'
import { humanDuration, numbered } from '../../domain/text/human.ts'
import { type IncidentContext, incidentFacts, lastVerdict } from './incident-facts.ts'
import type { incidentDetailView, incidentView } from './incident-view.ts'

/**
 * An incident for the engineer on call: what, since when, which team, why, what to do, and how it closes.
 * @param base the external URL of the API, which links begin with; empty for relative links
 */
export function incidentText(
  detail: ReturnType<typeof incidentDetailView>,
  given: IncidentContext,
  base: string,
): string {
  const { incident, headline, rows, signals } = incidentFacts(detail, given)
  const { endpoint, state, remedies, recoveryRequests, recoveryGaps } = incident
  const reading = recoveryRequests.map(
    ({ resource, command, documented }) =>
      `  # ${resource}${documented ? '' : ' (path not documented by the platform, check it)'}\n  ${command}`,
  )
  return `${headline}

${[...rows, ...signals].map(([name, text]) => `${name.padEnd(10)}${text}`).join('\n')}

${
  state === 'open'
    ? `${remedies.meaning}

Check, in this order
${numbered(remedies.checks)}

Fix
${numbered(remedies.fixes)}

Verify
  ${remedies.verify}

`
    : ''
}Read again, for each merchant concerned
${[...reading, ...recoveryRequests.slice(0, 1).map(({ note }) => `  ${note}`), ...recoveryGaps.map((gap) => `  ${gap}`)].join('\n') || '  nothing: no lost delivery has been reported'}

More
  its failures  ${base}${incident.failuresUrl}
  the endpoint  ${base}/api/v1/endpoints/${encodeURIComponent(endpoint)}
  as JSON       ${base}/api/v1/incidents/${incident.id}?format=json
`
}

/** A list of incidents, each with its link. */
export function incidentListText(incidents: readonly ReturnType<typeof incidentView>[], base: string): string {
  if (incidents.length === 0) return `No incident matches. All incidents: ${base}/api/v1/incidents\n`
  const lines = visible(incidents).map(
    ({ id, endpoint, closedAt, openedAt, failures, cause, verdict, earlyWarnings }) => {
      const state =
        closedAt === null
          ? `open since ${openedAt}`
          : `closed at ${closedAt}, was open for ${humanDuration(Date.parse(closedAt) - Date.parse(openedAt))}`
      const early = failures === 0 && earlyWarnings > 0
      const reports = early ? 'early warning' : `${failures} ${failures === 1 ? 'report' : 'reports'}`
      const why = closedAt === null ? (verdict?.sentence ?? 'not probed yet') : verdict && lastVerdict(verdict)
      return `${endpoint}: ${state}, ${reports}, ${cause}\n${why ? `  ${why}\n` : ''}  ${base}/api/v1/incidents/${id}\n`
    },
  )
  return lines.join('\n')
}
