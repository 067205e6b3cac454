import { SIGNALS } from '../signals.ts'
import { alertMarks, incidentMarks, restartMarks } from './annotations.ts'
import type { Board } from './board.ts'
import { lossesOfEndpoint } from './endpoint-losses.ts'
import { probesOfEndpoint } from './endpoint-probes.ts'
import { proxyOfEndpoint } from './endpoint-proxy.ts'
import { bars, states } from './graphs.ts'
import { api, dashboard, remedy, runbook, TRACES } from './links.ts'
import { COLOUR, causeColours } from './palette.ts'
import { failureBars, failuresInRange, IN_RELEASE, OF_ENDPOINT, perEndpoint, select, successRate } from './query.ts'
import { number } from './stats.ts'
import { choice, dataSource, release, traceVariables } from './variables.ts'

const mine = [OF_ENDPOINT]
const open = perEndpoint('incidentOpen', mine)
const isOpen = `max(${open}) == 1`
const cause = `topk(1, max by (cause) (${select('incidentInfo', mine)}))`
/** The link needs the remedy; where no verdict is shown, the cause is its own. */
const causeWithRemedy = `${cause} * on () group_left (remedy) topk(1, max by (remedy) (${select('incidentVerdictInfo', mine)})) or on () label_join(${cause}, "remedy", "", "cause")`
const ms = (expr: string) => `(${expr}) * 1000`
/** Nothing of an endpoint of another name is shown; a name may contain what a query string must not. */
const ENCODED = `\${endpoint:percentencode}`
const OK_FAILING = { '0': { text: 'OK', colour: COLOUR.ok }, '1': { text: 'FAILING', colour: COLOUR.bad } }
const LANES = {
  '0': { text: 'OK', colour: COLOUR.idle },
  '1': { text: 'failing', colour: COLOUR.bad },
  '2': { text: 'switched off', colour: COLOUR.none },
  '3': { text: 'early warning', colour: COLOUR.warn },
}
/** An incident without a lost delivery is an early warning. */
const incidentLane = `max(${open}) + 2 * (max(${open}) * (max(${perEndpoint('incidentFailures', mine)}) == bool 0))`

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
    {
      height: 4,
      panels: [
        [
          3,
          number({
            title: 'State',
            description:
              'Whether an incident is open. No data: the endpoint has no metrics, or no receiver is scraped.',
            unit: 'short',
            targets: [{ expr: `max(${open})`, instant: true, legend: 'state' }],
            texts: OK_FAILING,
            noValue: 'not followed',
          }),
        ],
        [
          4,
          number({
            title: 'Incident start',
            description: 'When the open incident opened; the time of day on hover. A dash means that none is open.',
            unit: 'dateTimeFromNow',
            targets: [
              {
                expr: ms(`max(${perEndpoint('incidentStarted', mine)}) and ${isOpen}`),
                instant: true,
                legend: 'since',
              },
            ],
            steps: [{ colour: COLOUR.bad }],
            noValue: '–',
            valueLinks: [
              { title: `Open since \${__value.raw:date}`, url: dashboard('endpoint', `\${endpoint:queryparam}`) },
            ],
          }),
        ],
        [
          4,
          number({
            title: 'Cause',
            description: 'Cause of the open incident according to its latest verdict. A dash means that none is open.',
            unit: 'short',
            show: 'name',
            targets: [
              {
                expr: `(${causeWithRemedy}) and on () (${isOpen})`,
                instant: true,
                legend: '{{cause}}',
              },
            ],
            steps: [{ colour: COLOUR.bad }],
            noValue: '–',
            links: [remedy(`\${__field.labels.remedy}`)],
          }),
        ],
        [
          4,
          number({
            title: 'Team',
            description: 'The team that owns the endpoint, from the configuration.',
            unit: 'short',
            show: 'name',
            targets: [
              { expr: `topk(1, max by (team) (${select('endpointInfo', mine)}))`, instant: true, legend: '{{team}}' },
            ],
            noValue: 'not configured',
          }),
        ],
        [
          3,
          number({
            title: 'Lost deliveries',
            description: 'Deliveries that platforms gave up on in the time range.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${failuresInRange({ matchers: mine })}) or max(${open}) * 0`,
                instant: true,
                legend: 'failures',
              },
            ],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.warn }],
            noValue: 'none known',
          }),
        ],
        [
          3,
          number({
            title: 'Success rate',
            description:
              'Share of deliveries in the time range that succeeded in the end, as platforms saw them. Off: neither the proxy nor a source that reports successes observes them.',
            unit: 'percentunit',
            decimals: 2,
            targets: [
              {
                expr: successRate('endpointDeliveries', '$__range', { matchers: mine }),
                instant: true,
                legend: 'success rate',
              },
            ],
            steps: [{ colour: COLOUR.bad }, { from: 0.99, colour: COLOUR.warn }, { from: 0.999, colour: COLOUR.ok }],
            noValue: 'off',
          }),
        ],
        [
          3,
          number({
            title: 'Certificate lifetime',
            description:
              'Days until the certificate seen by the last probe expires; below 0, it has expired. Renew it at 21 days or earlier.',
            unit: 'suffix: d',
            decimals: 0,
            targets: [
              {
                expr: `(min(${select('certificateEnd', mine)}) - time()) / 86400`,
                instant: true,
                legend: 'days left',
              },
            ],
            steps: [{ colour: COLOUR.bad }, { from: 7, colour: COLOUR.warn }, { from: 21, colour: COLOUR.ok }],
            noValue: 'no TLS seen',
          }),
        ],
      ],
    },
    {
      height: 5,
      panels: [
        [
          24,
          states({
            title: 'Incident and probes',
            description:
              'When an incident was open (an early warning as long as no delivery is lost), the last probe result per vantage point (public is the path that the platform takes, internal the application behind it), and when a source had switched the endpoint off. A gap means that nothing is known.',
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
