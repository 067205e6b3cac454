import type { Line } from './board.ts'
import { api, atTime, dashboard, remedy } from './links.ts'
import { COLOUR } from './palette.ts'
import { endpointInfo, inMs, KEY, ofFailing, ofTeam, perEndpoint, select, started } from './query.ts'
import { rows } from './table.ts'

const here = dashboard('endpoint', `var-endpoint=\${__data.fields.endpoint:percentencode}`)

/** A row for each open incident. */
export const openIncidents: Line = {
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
          { expr: inMs(ofFailing(ofTeam(started()))), instant: true },
          { expr: ofFailing(endpointInfo('team', 'severity')), instant: true },
          {
            expr: ofTeam(ofFailing(`topk by (${KEY}) (1, max by (${KEY}, cause, code) (${select('incidentInfo')}))`)),
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
}
