import { RUNBOOK_BASE } from '../rules/annotations.ts'
import { SIGNALS } from '../signals.ts'
import { apiVariable, type Board, choice, dataSource, incidentMarks, release, restartMarks } from './board.ts'
import { api, dashboard, runbook } from './links.ts'
import { COLOUR, causeColours } from './palette.ts'
import { bars, number, ranking, rows, states } from './panel.ts'
import {
  availability,
  failureBars,
  failuresInHour,
  failuresInRange,
  IN_RELEASE,
  IS_OPEN,
  incidentsInRange,
  KEY,
  ofTeam,
  perEndpoint,
  ratio,
  select,
  UP,
} from './query.ts'

const INFO = SIGNALS.endpointInfo.name
const NO_METRICS = 'no metrics'
const open = ofTeam(perEndpoint('incidentOpen'))
const failing = ofTeam(IS_OPEN)
/** Only of endpoints that fail now. */
const ofFailing = (expr: string) => `${expr} and on (${KEY}) ${IS_OPEN}`
const inMs = (expr: string) => `(${expr}) * 1000`
/** The runbook's part that is about the cause. */
const CAUSE_PAGE = {
  title: 'What to do',
  url: `${RUNBOOK_BASE}/WebhookEndpointFailing.md#\${__data.fields.cause}`,
  away: true,
}
/** Closed incidents by endpoint. Every replica shows all of them. */
const recoveries = (states: string): string =>
  `sum by (${KEY}) (max by (${KEY}, state) (${select('recoveryState', [`state=~"${states}"`])})) > 0`
const UNNAMED = ['endpoint=~"invalid|other"']

/** Twenty endpoints whose incidents lasted longest, and for each step the same ones. */
const worst = `topk(20, sum by (endpoint) (sum_over_time((${open})[$__range:$__interval] @ end())) > 0)`

const here = (extra = '') => dashboard('endpoint', `var-endpoint=\${__data.fields.endpoint:percentencode}${extra}`)

export const overview: Board = {
  key: 'overview',
  title: 'Webhook deliveries: overview',
  description:
    'Whether deliveries are failing now, to which endpoints, why, since when, and who owns them. Based on the metrics of webhook-error-exporter.',
  from: 'now-12h',
  variables: [
    dataSource(),
    ...release('webhook_exporter_build_info'),
    choice('team', 'Team', { of: INFO, matchers: IN_RELEASE }),
    apiVariable(),
  ],
  annotations: [incidentMarks(), restartMarks()],
  links: [{ ...runbook('WebhookEndpointFailing'), title: 'Runbook' }, api('Open incidents', 'incidents?state=open')],
  lines: [
    {
      height: 4,
      panels: [
        [
          5,
          number({
            title: 'Endpoints failing now',
            description:
              'Endpoints with an open incident. An incident opens on the first reported failure and closes once recovery is confirmed. No metrics: no receiver is scraped, so nothing is known.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `count(${failing}) or sum(${open})`, instant: true, legend: 'failing' }],
            steps: [{ colour: COLOUR.good }, { from: 1, colour: COLOUR.bad }],
            noValue: NO_METRICS,
          }),
        ],
        [
          5,
          number({
            title: 'First failing since',
            description: 'When the oldest open incident opened. A dash means that none is open.',
            unit: 'dateTimeFromNow',
            targets: [
              {
                expr: inMs(`min(${ofFailing(ofTeam(perEndpoint('incidentStarted')))})`),
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
            title: 'Deliveries lost, last hour',
            description: 'Deliveries that platforms gave up on and reported in the last hour. Exact count.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${ofTeam(failuresInHour())}) or sum(${open}) * 0`,
                instant: true,
                legend: 'failures',
              },
            ],
            steps: [{ colour: COLOUR.plain }, { from: 1, colour: COLOUR.warn }],
            noValue: NO_METRICS,
          }),
        ],
        [
          5,
          number({
            title: 'Unattributed in range',
            description:
              'Failures whose endpoint is not a valid URL (invalid) or exceeded the series limit (other). They do not open an incident: check the endpoint configuration or metrics.seriesLimit.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${failuresInRange({ matchers: UNNAMED })}) or sum(${open}) * 0`,
                instant: true,
                legend: 'failures',
              },
            ],
            steps: [{ colour: COLOUR.plain }, { from: 1, colour: COLOUR.warn }],
            noValue: NO_METRICS,
            links: [runbook('WebhookFailuresUnidentified')],
          }),
        ],
        [
          5,
          number({
            title: 'Receivers up',
            description:
              'Share of the known receivers that answered Prometheus’ last scrape. Below 100 %, failures may go unnoticed; at 0 %, every other panel is empty as well.',
            unit: 'percentunit',
            decimals: 0,
            targets: [{ expr: ratio(`sum(${UP})`, `count(${UP})`), instant: true, legend: 'up' }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.good }],
            noValue: 'none known',
            links: [{ title: 'Exporter', url: dashboard('exporter') }],
          }),
        ],
      ],
    },
    {
      height: 7,
      panels: [
        [
          24,
          rows({
            title: 'Failing now',
            description:
              'One row per open incident, oldest first: owner, cause according to the latest verdict, start time, and the last probe result. Click an endpoint for its own dashboard, a cause for the runbook, the rest for the record in the API.',
            unit: 'short',
            noValue: 'No incident is open in this selection.',
            targets: [
              { expr: inMs(ofFailing(ofTeam(perEndpoint('incidentStarted')))), instant: true },
              {
                expr: ofFailing(
                  `topk by (${KEY}) (1, max by (${KEY}, team, severity) (${select('endpointInfo', ['team=~"$team|"'])}))`,
                ),
                instant: true,
              },
              {
                expr: ofTeam(
                  ofFailing(`topk by (${KEY}) (1, max by (${KEY}, cause, code) (${select('incidentInfo')}))`),
                ),
                instant: true,
              },
              { expr: ofTeam(ofFailing(failuresInHour())), instant: true },
              { expr: inMs(ofTeam(ofFailing(perEndpoint('lastFailure')))), instant: true },
              { expr: ofTeam(ofFailing(perEndpoint('endpointUp', [], 'min'))), instant: true },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job', 'Value #B', 'Value #C'],
            sortBy: 'Since',
            ascending: true,
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here() }] },
              { field: 'cause', title: 'Cause', width: 160, links: [CAUSE_PAGE] },
              { field: 'code', title: 'Code', width: 80 },
              {
                field: 'Value #A',
                title: 'Since',
                width: 170,
                unit: 'dateTimeAsIsoNoDateIfToday',
                links: [
                  api('Incident in the API', `incidents?state=open&endpoint=\${__data.fields.endpoint:percentencode}`),
                ],
              },
              { field: 'team', title: 'Team', width: 130 },
              {
                field: 'severity',
                title: 'Severity',
                width: 90,
                texts: {
                  critical: { text: 'critical', colour: COLOUR.bad },
                  warning: { text: 'warning', colour: COLOUR.warn },
                },
              },
              {
                field: 'Value #D',
                title: 'Lost, 1 h',
                width: 90,
                unit: 'short',
                decimals: 0,
                links: [api('Failures in the API', `failures?endpoint=\${__data.fields.endpoint:percentencode}`)],
              },
              { field: 'Value #E', title: 'Last failure', width: 150, unit: 'dateTimeFromNow' },
              {
                field: 'Value #F',
                title: 'Last probe',
                width: 100,
                texts: { '0': { text: 'down', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.good } },
              },
            ],
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          16,
          bars({
            title: 'Deliveries lost, by cause',
            description:
              'Deliveries that platforms gave up on, by the cause assigned on receipt. Counts are exact and add up to the total in the legend.',
            unit: 'short',
            targets: [{ expr: `sum by (cause) (${ofTeam(failureBars({ by: ['cause'] }))}) > 0`, legend: '{{cause}}' }],
            colours: causeColours,
            legend: 'right',
            noValue: 'No failure in this time.',
          }),
        ],
        [
          8,
          ranking({
            title: 'Deliveries lost, by endpoint',
            description: 'The ten endpoints with the most failures in the time range. Exact counts.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sort_desc(topk(10, sum by (endpoint) (${ofTeam(failuresInRange())})) > 0)`,
                legend: '{{endpoint}}',
                instant: true,
              },
            ],
            steps: [{ colour: COLOUR.warn }],
            noValue: 'No failure in this time.',
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          16,
          states({
            title: 'Incidents',
            description:
              'When incidents were open, for the twenty endpoints that failed longest in the time range. A gap means that no receiver was scraped.',
            unit: 'short',
            targets: [{ expr: `max by (endpoint) (${open}) and on (endpoint) ${worst}`, legend: '{{endpoint}}' }],
            texts: { '0': { text: 'OK', colour: COLOUR.good }, '1': { text: 'failing', colour: COLOUR.bad } },
            noValue: 'No incident in this time.',
          }),
        ],
        [
          8,
          ranking({
            title: 'Deliveries lost, by team',
            description: 'Failures in the time range by owning team, for known endpoints.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sort_desc(label_replace(sum by (team) ((${ofTeam(failuresInRange())}) * on (${KEY}) group_left (team) topk by (${KEY}) (1, max by (${KEY}, team) (${select('endpointInfo')}))), "team", "no team", "team", "") > 0)`,
                legend: '{{team}}',
                instant: true,
              },
            ],
            steps: [{ colour: COLOUR.warn }],
            noValue: 'No failure in this time.',
          }),
        ],
      ],
    },
    {
      height: 6,
      panels: [
        [
          24,
          rows({
            title: 'Losses not made good',
            description:
              'Closed incidents whose lost deliveries have not been restored yet, by the state of their recovery, and when the first of them closed. Empty if all were restored, and while recovery is off.',
            unit: 'short',
            noValue: 'Nothing is left to restore, or recovery is off.',
            targets: [
              { expr: ofTeam(recoveries('open|requested')), instant: true },
              { expr: ofTeam(recoveries('running')), instant: true },
              { expr: ofTeam(recoveries('failed')), instant: true },
              { expr: inMs(ofTeam(perEndpoint('recoveryOldestOpen', [], 'min'))), instant: true },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job'],
            sortBy: 'Oldest',
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here() }] },
              { field: 'Value #A', title: 'Open', width: 110, unit: 'short', decimals: 0 },
              { field: 'Value #B', title: 'Running', width: 110, unit: 'short', decimals: 0 },
              { field: 'Value #C', title: 'Failed', width: 110, unit: 'short', decimals: 0 },
              { field: 'Value #D', title: 'Oldest', width: 160, unit: 'dateTimeFromNow' },
            ],
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          24,
          rows({
            title: 'Endpoints',
            description:
              'All endpoints that are configured or have failed: failures and incidents in the time range, and availability from scheduled public probes. Without probes, availability is empty.',
            unit: 'short',
            noValue: NO_METRICS,
            targets: [
              { expr: ofTeam(failuresInRange()), instant: true },
              {
                expr: `topk by (${KEY}) (1, max by (${KEY}, team, severity, event) (${select('endpointInfo', ['team=~"$team|"'])}))`,
                instant: true,
              },
              { expr: ofTeam(incidentsInRange()), instant: true },
              { expr: ofTeam(availability('$__range')), instant: true },
              { expr: ofTeam(perEndpoint('incidentOpen')), instant: true },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job', 'severity', 'Value #B'],
            sortBy: 'Lost in range',
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here() }] },
              { field: 'event', title: 'Event', width: 190 },
              { field: 'team', title: 'Team', width: 130 },
              {
                field: 'Value #E',
                title: 'Now',
                width: 90,
                texts: { '0': { text: 'OK', colour: COLOUR.good }, '1': { text: 'failing', colour: COLOUR.bad } },
              },
              { field: 'Value #A', title: 'Lost in range', width: 120, unit: 'short', decimals: 0 },
              { field: 'Value #C', title: 'Incidents', width: 100, unit: 'short', decimals: 0 },
              {
                field: 'Value #D',
                title: 'Availability',
                width: 110,
                unit: 'percentunit',
                decimals: 2,
                steps: [
                  { colour: COLOUR.bad },
                  { from: 0.99, colour: COLOUR.warn },
                  { from: 0.999, colour: COLOUR.good },
                ],
              },
            ],
          }),
        ],
      ],
    },
  ],
}
