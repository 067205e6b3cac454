import { SIGNALS } from '../signals.ts'
import { apiAnnotations, INCIDENT_OF } from './annotations.ts'
import { withPage } from './incident-details.ts'
import { incidentFacts } from './incident-texts.ts'
import type { Alert } from './model.ts'
import { of, REAL } from './promql.ts'
import { INCIDENT, LOGS, LOST, RECOVER } from './text.ts'

/** What remains open, and can wait for a minute. */
export const OPEN_TOO_LONG_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookIncidentOpenTooLong',
    why: 'Uses `for` only: with timestamps, a receiver with a wrong clock would make every incident look old.',
    ...withPage(`${of(SIGNALS.incidentHeld.name, REAL)} == 1`, ['recovery']),
    for: '4h',
    severity: 'warning',
    wakes: 'No: the incident has paged. It reminds its owner before the platform deletes the data.',
    summary: 'Webhook incident open for hours',
    description:
      'The incident of {{ $labels.endpoint }} has been open for more than four hours. {{ if $labels.recovery }}Recover the lost data before the platform’s retention removes it.{{ else }}No lost delivery has been reported so far.{{ end }}',
    annotations: { since: incidentFacts.since, ...apiAnnotations(INCIDENT_OF) },
    dashboard: 'endpoint',
    runbook: {
      meaning: 'The incident has been open for more than four hours, and recovery has not been confirmed.',
      impact: `${LOST} Most platforms keep that data for a limited time only.`,
      diagnosis: [
        INCIDENT,
        'Check who is working on it. The incident closes once reports have stopped and probes are good: `lastFailureAt` and `closing.goodProbes` show which of the two is missing.',
        LOGS('Search the log for the incident and its probes:', 'incident (opened|reopened|closed)|probe'),
      ],
      mitigation: [
        'Escalate to the team that owns the endpoint, or remove the endpoint from the platform’s settings.',
        'If the endpoint has recovered but this cannot be confirmed by a probe, close the incident manually as described in [WebhookEndpointFailing](WebhookEndpointFailing.md#mitigation).',
        RECOVER,
      ],
    },
  },
]
