import { SIGNALS } from '../signals.ts'
import { alertMarks } from './annotations.ts'
import type { Board } from './board.ts'
import { api, runbook } from './links.ts'
import { openIncidents } from './overview-incidents.ts'
import { losses } from './overview-losses.ts'
import { now } from './overview-now.ts'
import { allEndpoints, history, lossesLeft } from './overview-sections.ts'
import { IN_RELEASE } from './query.ts'
import { choice, dataSource, release } from './variables.ts'

export const overview: Board = {
  key: 'overview',
  title: 'Webhook deliveries: overview',
  description:
    'Whether deliveries are failing now, to which endpoints, why, since when, and who owns them. Based on the metrics of webhook-error-exporter.',
  from: 'now-12h',
  variables: [
    dataSource(),
    ...release('webhook_exporter_build_info'),
    choice('team', 'Team', { of: SIGNALS.endpointInfo.name, matchers: IN_RELEASE }),
  ],
  // Marks of all incidents would cost a second over a week of 500 endpoints; `Incidents` below shows them.
  annotations: [alertMarks()],
  links: [api('Open incidents', 'incidents?state=open'), { ...runbook('WebhookEndpointFailing'), title: 'Runbook' }],
  lines: [now, openIncidents, losses],
  sections: [history, lossesLeft, allEndpoints],
}
