import type { Line } from './board.ts'
import { atTime, dashboard } from './links.ts'
import { COLOUR } from './palette.ts'
import {
  failuresInHour,
  IS_OPEN,
  inMs,
  ofFailing,
  ofTeam,
  perOpenIncident,
  ratio,
  started,
  successRate,
  UP,
  unfinishedRecoveries,
} from './query.ts'
import { number } from './stats.ts'

const NO_METRICS = 'no metrics'
const open = ofTeam(perOpenIncident())
const failing = ofTeam(IS_OPEN)

/** What is failing now, in numbers. */
export const now: Line = {
  height: 4,
  panels: [
    [
      4,
      number({
        title: 'Failing endpoints',
        description:
          'Endpoints with an open incident. As the alerts hold them, through the restart of a receiver. No metrics: no receiver is scraped, so nothing is known.',
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
        description: 'When the oldest open incident opened; the time of day on hover. A dash means that none is open.',
        unit: 'dateTimeFromNow',
        targets: [
          {
            expr: inMs(`min(${ofFailing(ofTeam(started()))})`),
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
}
