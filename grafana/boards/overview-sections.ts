import type { Section } from './board.ts'
import { states } from './graphs.ts'
import { dashboard, runbook } from './links.ts'
import { COLOUR } from './palette.ts'
import {
  availability,
  endpointInfo,
  failuresInRange,
  KEY,
  ofTeam,
  perEndpoint,
  perOpenIncident,
  select,
  successRate,
  UP,
  unfinishedRecoveries,
} from './query.ts'
import { rows } from './table.ts'

/** Sections of the overview that are folded at first. */

const here = dashboard('endpoint', `var-endpoint=\${__data.fields.endpoint:percentencode}`)
const atEnd = { at: '@ end()' }
/** Of endpoints with an incident in the time range: those with an open one first, then the newest; the same at each step. */
const newest = `topk(20, (${ofTeam(`${perEndpoint('incidentOpen', [], atEnd)} * 1e10 + ${perEndpoint('incidentStarted', [], atEnd)}`, '@ end()')}) and on (${KEY}) max by (${KEY}) (max_over_time(${select('incidentOpen')}[$__range] @ end()) == 1))`
const wasOpen = `max by (endpoint) (${perEndpoint('incidentOpen')} == 1 and on (${KEY}) ${newest})`
/** Nothing is said of times in which no receiver was scraped. */
const wasScraped = `on () (count(${UP} == 1))`
const RATE_STEPS = [{ colour: COLOUR.bad }, { from: 0.99, colour: COLOUR.warn }, { from: 0.999, colour: COLOUR.ok }]

export const history: Section = {
  title: 'Incident history',
  lines: [
    {
      height: 9,
      panels: [
        [
          24,
          states({
            title: 'Incidents',
            description:
              'When incidents were open: of up to twenty endpoints, those failing now and those with the newest incidents. A gap means that no receiver was scraped.',
            unit: 'short',
            targets: [
              {
                expr: `${wasOpen} or max by (endpoint) (${newest}) * 0 and ${wasScraped}`,
                legend: '{{endpoint}}',
              },
            ],
            texts: { '0': { text: 'OK', colour: COLOUR.idle }, '1': { text: 'failing', colour: COLOUR.bad } },
            noValue: 'No incident in this time.',
          }),
        ],
      ],
    },
  ],
}

export const lossesLeft: Section = {
  title: 'Losses not made good',
  lines: [
    {
      height: 7,
      panels: [
        [
          24,
          rows({
            title: 'Unfinished recoveries',
            description:
              'Endpoints with closed incidents and unrestored deliveries, by recovery state, and when the oldest of these incidents closed. Off: recovery is not configured.',
            unit: 'short',
            noValue: 'Nothing is left to restore, or recovery is off.',
            targets: [
              { expr: `(${ofTeam(unfinishedRecoveries())}) > 0`, instant: true },
              { expr: `(${ofTeam(perEndpoint('recoveryOldestOpen', [], { by: 'min' }))}) * 1000`, instant: true },
              {
                expr: `(time() - (${ofTeam(perEndpoint('recoveryOldestOpen', [], { by: 'min' }))})) > bool on (cluster, namespace, job) group_left () max by (cluster, namespace, job) (${select('recoveryOverdueAfter')})`,
                instant: true,
              },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job'],
            sortBy: 'First closed',
            ascending: true,
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here }] },
              { field: 'state', title: 'State of recovery', width: 160 },
              { field: 'Value #A', title: 'Incidents', width: 110, unit: 'short', decimals: 0 },
              {
                field: 'Value #B',
                title: 'First closed',
                width: 170,
                unit: 'dateTimeFromNow',
                links: [{ title: `Closed at \${__value.raw:date}`, url: here }],
              },
              {
                field: 'Value #C',
                title: 'Deadline',
                width: 110,
                texts: { '0': { text: 'in time', colour: COLOUR.ok }, '1': { text: 'overdue', colour: COLOUR.bad } },
              },
            ],
          }),
        ],
      ],
    },
  ],
}

export const allEndpoints: Section = {
  title: 'All endpoints',
  lines: [
    {
      height: 12,
      panels: [
        [
          24,
          rows({
            title: 'Endpoints',
            description:
              'All endpoints that are configured or have failed: failures in the time range, and of the last six hours the share of deliveries and of scheduled public probes that succeeded. A dash: not observed, or not probed.',
            unit: 'short',
            noValue: 'no metrics',
            targets: [
              { expr: ofTeam(failuresInRange()), instant: true },
              { expr: endpointInfo('team', 'severity', 'event'), instant: true },
              { expr: successRate('endpointDeliveries', '6h', { by: KEY, keep: ofTeam }), instant: true },
              { expr: ofTeam(availability('6h')), instant: true },
              { expr: ofTeam(perOpenIncident()), instant: true },
            ],
            hide: ['Time', 'cluster', 'namespace', 'job', 'severity', 'Value #B'],
            sortBy: 'Lost in range',
            columns: [
              { field: 'endpoint', title: 'Endpoint', links: [{ title: 'Endpoint', url: here }] },
              { field: 'event', title: 'Event', width: 190 },
              { field: 'team', title: 'Team', width: 130 },
              {
                field: 'Value #E',
                title: 'State',
                width: 90,
                texts: { '0': { text: 'OK', colour: COLOUR.ok }, '1': { text: 'failing', colour: COLOUR.bad } },
              },
              { field: 'Value #A', title: 'Lost in range', width: 120, unit: 'short', decimals: 0 },
              {
                field: 'Value #C',
                title: 'Success rate, 6 h',
                width: 140,
                unit: 'percentunit',
                decimals: 2,
                steps: RATE_STEPS,
              },
              {
                field: 'Value #D',
                title: 'Availability, 6 h',
                width: 140,
                unit: 'percentunit',
                decimals: 2,
                steps: RATE_STEPS,
              },
            ],
            links: [runbook('WebhookEndpointFailing')],
          }),
        ],
      ],
    },
  ],
}
