import { SIGNALS } from '../signals.ts'
import { alertMarks } from './annotations.ts'
import type { Board } from './board.ts'
import { bars } from './graphs.ts'
import { api, dashboard, remedy, runbook } from './links.ts'
import { allEndpoints, history, lossesLeft } from './overview-sections.ts'
import { COLOUR } from './palette.ts'
import {
  countBars,
  endpointInfo,
  failuresInHour,
  failuresInRange,
  IN_RELEASE,
  IS_OPEN,
  KEY,
  ofTeam,
  perEndpoint,
  ratio,
  select,
  successRate,
  UP,
  unfinishedRecoveries,
} from './query.ts'
import { number, ranking } from './stats.ts'
import { rows } from './table.ts'
import { choice, dataSource, release } from './variables.ts'

const NO_METRICS = 'no metrics'
const open = ofTeam(perEndpoint('incidentOpen'))
const failing = ofTeam(IS_OPEN)
/** Only of endpoints that fail now. */
const ofFailing = (expr: string) => `${expr} and on (${KEY}) ${IS_OPEN}`
const inMs = (expr: string) => `(${expr}) * 1000`
const here = dashboard('endpoint', `var-endpoint=\${__data.fields.endpoint:percentencode}`)
/** A single link of a value shows its title on hover, and with it the absolute time. */
const atTime = (what: string, url: string) => ({ title: `${what} \${__value.raw:date}`, url })

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
  lines: [
    {
      height: 4,
      panels: [
        [
          4,
          number({
            title: 'Failing endpoints',
            description:
              'Endpoints with an open incident. An incident opens on the first reported failure and closes once recovery is confirmed. No metrics: no receiver is scraped, so nothing is known.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `count(${failing}) or sum(${open})`, instant: true, legend: 'failing' }],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.bad }],
            noValue: NO_METRICS,
          }),
        ],
        [
          4,
          number({
            title: 'Oldest open incident',
            description:
              'When the oldest open incident opened; the time of day on hover. A dash means that none is open.',
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
            valueLinks: [atTime('Open since', dashboard('overview'))],
          }),
        ],
        [
          4,
          number({
            title: 'Lost deliveries, last hour',
            description: 'Deliveries that platforms gave up on and reported in the last hour.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${ofTeam(failuresInHour())}) or sum(${open}) * 0`,
                instant: true,
                legend: 'failures',
              },
            ],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.warn }],
            noValue: NO_METRICS,
          }),
        ],
        [
          4,
          number({
            title: 'Success rate, last hour',
            description:
              'Share of deliveries that succeeded in the end, of all that our proxy or a source observed. Off: neither the proxy nor a source that reports successes observes deliveries.',
            unit: 'percentunit',
            decimals: 2,
            targets: [
              {
                expr: successRate('endpointDeliveries', '1h', { keep: ofTeam }),
                instant: true,
                legend: 'success rate',
              },
            ],
            steps: [{ colour: COLOUR.bad }, { from: 0.99, colour: COLOUR.warn }, { from: 0.999, colour: COLOUR.ok }],
            noValue: 'off',
          }),
        ],
        [
          4,
          number({
            title: 'Unrestored incidents',
            description:
              'Closed incidents with lost deliveries that have not been restored. Off: recovery is not configured.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `sum(${ofTeam(unfinishedRecoveries())})`, instant: true, legend: 'incidents' }],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.warn }],
            noValue: 'off',
          }),
        ],
        [
          4,
          number({
            title: 'Receivers scraped',
            description:
              'Share of the known receivers that answered Prometheus’ last scrape. Below 100 %, failures may go unnoticed; at 0 %, every other panel is empty as well.',
            unit: 'percentunit',
            decimals: 0,
            targets: [{ expr: ratio(`sum(${UP})`, `count(${UP})`), instant: true, legend: 'up' }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.ok }],
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
            title: 'Open incidents',
            description:
              'One row per open incident, oldest first: owner, cause according to the latest verdict, deliveries lost since it opened, and the last probe result. Click an endpoint for its own dashboard, a cause for what to do.',
            unit: 'short',
            noValue: 'No incident is open in this selection.',
            targets: [
              { expr: inMs(ofFailing(ofTeam(perEndpoint('incidentStarted')))), instant: true },
              { expr: ofFailing(endpointInfo('team', 'severity')), instant: true },
              {
                expr: ofTeam(
                  ofFailing(`topk by (${KEY}) (1, max by (${KEY}, cause, code) (${select('incidentInfo')}))`),
                ),
                instant: true,
              },
              { expr: ofTeam(ofFailing(perEndpoint('incidentFailures'))), instant: true },
              { expr: inMs(ofTeam(ofFailing(perEndpoint('lastFailure')))), instant: true },
              { expr: ofTeam(ofFailing(perEndpoint('endpointUp', [], { by: 'min' }))), instant: true },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job', 'Value #B', 'Value #C'],
            sortBy: 'Since',
            ascending: true,
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here }] },
              { field: 'cause', title: 'Cause', width: 160, links: [remedy(`\${__data.fields.cause}`)] },
              { field: 'code', title: 'Code', width: 80 },
              {
                field: 'Value #A',
                title: 'Since',
                width: 150,
                unit: 'dateTimeFromNow',
                links: [atTime('Open since', here)],
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
                title: 'Lost',
                width: 90,
                unit: 'short',
                decimals: 0,
                links: [
                  api('Failures in the API', `failures?endpoint=\${__data.fields.endpoint:percentencode}`),
                  { title: 'Endpoint', url: here },
                ],
              },
              {
                field: 'Value #E',
                title: 'Last failure',
                width: 150,
                unit: 'dateTimeFromNow',
                links: [atTime('Last failure at', here)],
              },
              {
                field: 'Value #F',
                title: 'Last probe',
                width: 100,
                texts: { '0': { text: 'down', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.ok } },
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
          10,
          bars({
            title: 'Lost deliveries by source',
            description:
              'Deliveries that platforms gave up on, of all teams. Only whole steps are shown: the first and the newest failures of the time range can be missing. Totals are in the panels beside it.',
            unit: 'short',
            targets: [
              { expr: `sum by (source) (${countBars('sourceSignals', ['signal="lost"'])}) > 0`, legend: '{{source}}' },
            ],
            shadesOf: COLOUR.warn,
            totals: false,
            noValue: 'No failure in this time.',
          }),
        ],
        [
          7,
          ranking({
            title: 'Lost deliveries by cause',
            description: 'Failures in the time range by the cause assigned on receipt.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sort_desc(sum by (cause) (${ofTeam(failuresInRange({ by: ['cause'] }))}) > 0)`,
                legend: '{{cause}}',
                instant: true,
              },
            ],
            steps: [{ colour: COLOUR.warn }],
            noValue: 'No failure in this time.',
          }),
        ],
        [
          7,
          ranking({
            title: 'Lost deliveries by endpoint',
            description:
              'The ten endpoints with the most failures in the time range. Failures that are counted for invalid have no valid URL as their endpoint; for other, they exceeded the series limit.',
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
            links: [runbook('WebhookFailuresUnidentified')],
          }),
        ],
      ],
    },
  ],
  sections: [history, lossesLeft, allEndpoints],
}
