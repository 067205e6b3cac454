import { RUNBOOK_BASE } from '../rules/annotations.ts'
import { SIGNALS } from '../signals.ts'
import {
  apiVariable,
  type Board,
  choice,
  dataSource,
  incidentMarks,
  release,
  restartMarks,
  traceVariables,
} from './board.ts'
import { api, runbook, TRACES } from './links.ts'
import { COLOUR, causeColours } from './palette.ts'
import { bars, lines, note, number, states } from './panel.ts'
import {
  availability,
  countBars,
  failureBars,
  failuresInRange,
  IN_RELEASE,
  incidentsInRange,
  OF_ENDPOINT,
  perEndpoint,
  select,
} from './query.ts'

const mine = [OF_ENDPOINT]
const open = perEndpoint('incidentOpen', mine)
const isOpen = `max(${open}) == 1`
const cause = `topk(1, max by (cause) (${select('incidentInfo', mine)}))`
/** The link needs the remedy; where no verdict is shown, the cause is its own. */
const causeWithRemedy = `${cause} * on () group_left (remedy) topk(1, max by (remedy) (${select('incidentVerdictInfo', mine)})) or on () label_join(${cause}, "remedy", "", "cause")`
const ms = (expr: string) => `(${expr}) * 1000`
/** Nothing of an endpoint of another name is shown; a name may hold what a query string must not. */
const ENCODED = `\${endpoint:percentencode}`
const OK_FAILING = { '0': { text: 'OK', colour: COLOUR.good }, '1': { text: 'FAILING', colour: COLOUR.bad } }

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
    apiVariable(),
    ...traceVariables(),
  ],
  annotations: [incidentMarks(mine), restartMarks()],
  links: [
    { ...runbook('WebhookEndpointFailing'), title: 'Runbook' },
    api('Failures', failurePath),
    api('Incidents', incidentPath),
  ],
  lines: [
    {
      height: 4,
      panels: [
        [
          3,
          number({
            title: 'Now',
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
            title: 'Failing since',
            description: 'When the open incident opened. A dash means that none is open.',
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
            links: [
              {
                title: 'How to fix it',
                url: `${RUNBOOK_BASE}/WebhookEndpointFailing.md#\${__field.labels.remedy}`,
                away: true,
              },
            ],
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
            title: 'Lost in range',
            description: 'Deliveries that platforms gave up on in the time range. Exact count.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${failuresInRange({ matchers: mine })}) or max(${open}) * 0`,
                instant: true,
                legend: 'failures',
              },
            ],
            steps: [{ colour: COLOUR.plain }, { from: 1, colour: COLOUR.warn }],
            noValue: 'none known',
          }),
        ],
        [
          3,
          number({
            title: 'Availability',
            description:
              'Share of scheduled probes from the public vantage point that found the endpoint up in the time range. No data: the endpoint is not probed.',
            unit: 'percentunit',
            decimals: 2,
            targets: [{ expr: `min(${availability('$__range', mine)})`, instant: true, legend: 'availability' }],
            steps: [{ colour: COLOUR.bad }, { from: 0.99, colour: COLOUR.warn }, { from: 0.999, colour: COLOUR.good }],
            noValue: 'not probed',
          }),
        ],
        [
          3,
          number({
            title: 'Certificate left',
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
            steps: [{ colour: COLOUR.bad }, { from: 7, colour: COLOUR.warn }, { from: 21, colour: COLOUR.good }],
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
              'When an incident was open, and the last probe result per vantage point: public is the path that the platform takes, internal is the application behind it. A gap means that nothing is known.',
            unit: 'short',
            targets: [
              { expr: `max(${open})`, legend: 'incident' },
              { expr: `1 - min by (vantage) (${select('endpointUp', mine)})`, legend: 'probe, {{vantage}}' },
            ],
            texts: OK_FAILING,
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
            title: 'Deliveries lost, by cause',
            description:
              'Deliveries that platforms gave up on, by cause. Counts are exact, so the bars add up to the total. Each dot is an exemplar and links to the trace of one report.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (cause) (${failureBars({ by: ['cause'], matchers: mine })}) > 0`,
                legend: '{{cause}}',
                exemplar: true,
              },
            ],
            colours: causeColours,
            legend: 'right',
            noValue: 'No failure in this time.',
            links: [api('These failures', failurePath), ...TRACES],
          }),
        ],
        [
          12,
          bars({
            title: 'Deliveries lost, by code',
            description: 'The same by the code that the platform reported: an HTTP status or a number of its own.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (source, code) (${failureBars({ by: ['source', 'code'], matchers: mine })}) > 0`,
                legend: '{{code}} ({{source}})',
              },
            ],
            shadesOf: COLOUR.bad,
            legend: 'right',
            noValue: 'No failure in this time.',
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          12,
          lines({
            title: 'Probe duration by phase',
            description:
              'Duration of each phase of the last public probe, stacked. A phase that was not reached has no line.',
            unit: 's',
            min: 0,
            stacked: true,
            targets: ['resolve', 'connect', 'tls', 'http'].map((phase) => ({
              expr: `max by (phase) (${select('probeDuration', [...mine, 'vantage="public"', `phase="${phase}"`])})`,
              legend: '{{phase}}',
            })),
            colours: [
              { name: 'resolve', colour: '#1D4F80' },
              { name: 'connect', colour: '#4BA3E3' },
              { name: 'tls', colour: '#D68FBD' },
              { name: 'http', colour: '#F0B429' },
            ],
            noValue: 'not probed',
          }),
        ],
        [
          12,
          bars({
            title: 'Failed probes by cause',
            description:
              'Probes that found the endpoint down, whatever triggered them. Empty: all probes succeeded, or none was run.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (cause) (${countBars('probes', [...mine, 'result="down"'])}) > 0`,
                legend: '{{cause}}',
              },
            ],
            colours: causeColours,
            noValue: 'No failed probe in this time.',
          }),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          8,
          lines({
            title: 'Availability, 1 h window',
            description: 'Share of scheduled public probes that succeeded over the preceding hour.',
            unit: 'percentunit',
            max: 1,
            min: 0,
            targets: [{ expr: `min(${availability('1h', mine)})`, legend: 'last hour' }],
            colours: [{ name: 'last hour', colour: COLOUR.good }],
            noValue: 'not probed',
          }),
        ],
        [
          8,
          lines({
            title: 'Certificate days left',
            description:
              'Days until the certificate seen by the last probe expires, with the alert thresholds of 21 and 7 days.',
            unit: 'suffix: d',
            decimals: 0,
            min: 0,
            limits: true,
            steps: [{ colour: COLOUR.bad }, { from: 7, colour: COLOUR.warn }, { from: 21, colour: COLOUR.good }],
            targets: [
              {
                expr: `(min by (vantage) (${select('certificateEnd', mine)}) - time()) / 86400`,
                legend: '{{vantage}}',
              },
            ],
            noValue: 'no TLS seen',
          }),
        ],
        [
          4,
          number({
            title: 'Incidents in range',
            description: 'Incidents that opened in the time range. One that reopens within the quiet time counts once.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `sum(${incidentsInRange(mine)})`, instant: true, legend: 'incidents' }],
            steps: [{ colour: COLOUR.plain }, { from: 1, colour: COLOUR.warn }],
            noValue: 'not followed',
          }),
        ],
        [
          4,
          note(
            'Where to go',
            'Links start with the address in the variable api. Trace links use the data sources selected by the variables tempo and jaeger.',
            [
              `- [What to do](${RUNBOOK_BASE}/WebhookEndpointFailing.md)`,
              `- [Its incidents](\${api}/api/v1/${incidentPath})`,
              `- [Its failures](\${api}/api/v1/${failurePath})`,
              `- [Its probes](\${api}/api/v1/endpoints/${ENCODED})`,
              ...TRACES.map(({ title, url }) => `- [${title}](${url})`),
            ].join('\n'),
          ),
        ],
      ],
    },
  ],
}
