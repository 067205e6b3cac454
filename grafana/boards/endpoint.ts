import { SIGNALS } from '../signals.ts'
import { alertMarks, incidentMarks, restartMarks } from './annotations.ts'
import type { Board } from './board.ts'
import { lossesOfEndpoint } from './endpoint-losses.ts'
import { now } from './endpoint-now.ts'
import { probesOfEndpoint } from './endpoint-probes.ts'
import { proxyOfEndpoint } from './endpoint-proxy.ts'
import { bars, states } from './graphs.ts'
import { api, runbook, TRACES } from './links.ts'
import { COLOUR, causeColours } from './palette.ts'
import { failureBars, IN_RELEASE, OF_ENDPOINT, perEndpoint, perOpenIncident, select } from './query.ts'
import { choice, dataSource, release, traceVariables } from './variables.ts'

const mine = [OF_ENDPOINT]
const open = perOpenIncident(mine)
/** Nothing of an endpoint of another name is shown; a name may contain what a query string must not. */
const ENCODED = `\${endpoint:percentencode}`
const LANES = {
  '0': { text: 'OK', colour: COLOUR.idle },
  '1': { text: 'failing', colour: COLOUR.bad },
  '2': { text: 'switched off', colour: COLOUR.none },
  '3': { text: 'early warning', colour: COLOUR.warn },
}
/** An incident without a lost delivery is an early warning. While no receiver is scraped, only that it is open is held. */
const incidentLane = `max(${open}) + 2 * (max(${open}) * (max(${perEndpoint('incidentFailures', mine)}) == bool 0)) or max(${open})`

const incidentPath = `incidents?endpoint=${ENCODED}`
const failurePath = `failures?endpoint=${ENCODED}`

export const endpoint: Board = {
  key: 'endpoint',
  title: 'Webhook deliveries: endpoint',
  description: 'One endpoint: what fails and why, what probes find, its incidents, and its certificate.',
  from: 'now-12h',
  variables: [
    dataSource(),
    ...release('webhook_exporter_build_info'),
    choice('team', 'Team', { of: SIGNALS.endpointInfo.name, matchers: IN_RELEASE }),
    choice('endpoint', 'Endpoint', {
      // Also what is not configured, `invalid` and `other`, where all teams are chosen.
      of: '',
      matchers: `__name__=~"${SIGNALS.endpointInfo.name}|${SIGNALS.deliveryFailures.name}", ${IN_RELEASE}, team=~"$team"`,
      single: true,
    }),
    ...traceVariables(),
  ],
  annotations: [incidentMarks(mine), alertMarks(mine), restartMarks()],
  links: [
    api('Failures', failurePath),
    api('Incidents', incidentPath),
    api('Probes', `endpoints/${ENCODED}`),
    { ...runbook('WebhookEndpointFailing'), title: 'Runbook' },
  ],
  lines: [
    now,
    {
      height: 5,
      panels: [
        [
          24,
          states({
            title: 'Incident and probes',
            description:
              'When an incident was open, as its alert holds it (an early warning as long as no delivery is lost), the last probe result per vantage point (public is the path that the platform takes, internal the application behind it), and when a source had switched the endpoint off. A gap means that nothing is known.',
            unit: 'short',
            targets: [
              { expr: incidentLane, legend: 'incident' },
              { expr: `1 - min by (vantage) (${select('endpointUp', mine)})`, legend: 'probe, {{vantage}}' },
              { expr: `max by (source) (${select('endpointDisabled', mine)}) * 2`, legend: 'delivery by {{source}}' },
            ],
            texts: LANES,
            noValue: 'not followed',
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          12,
          bars({
            title: 'Lost deliveries by cause',
            description:
              'Deliveries that platforms gave up on, by cause, in whole steps: the newest can be missing for one step; the total is at the top. Each dot is an exemplar and links to the trace of one report.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (cause) (${failureBars({ by: ['cause'], matchers: mine })}) > 0`,
                legend: '{{cause}}',
                exemplar: true,
              },
            ],
            colours: causeColours,
            totals: false,
            noValue: 'No failure in this time.',
            links: [api('These failures', failurePath), ...TRACES],
          }),
        ],
        [
          12,
          bars({
            title: 'Lost deliveries by code',
            description: 'The same by the code that the platform reported: an HTTP status or a number of its own.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (source, code) (${failureBars({ by: ['source', 'code'], matchers: mine })}) > 0`,
                legend: '{{code}} ({{source}})',
              },
            ],
            shadesOf: COLOUR.bad,
            totals: false,
            noValue: 'No failure in this time.',
          }),
        ],
      ],
    },
  ],
  sections: [probesOfEndpoint, proxyOfEndpoint, lossesOfEndpoint],
}
