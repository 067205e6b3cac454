import type { Line } from './board.ts'
import { atTime, dashboard, remedy } from './links.ts'
import { COLOUR } from './palette.ts'
import { failuresInRange, inMs, OF_ENDPOINT, perOpenIncident, select, started, successRate } from './query.ts'
import { number } from './stats.ts'

const mine = [OF_ENDPOINT]
const open = perOpenIncident(mine)
const isOpen = `max(${open}) == 1`
const cause = `topk(1, max by (cause, remedy) (${select('incidentInfo', mine)}))`
const OK_FAILING = { '0': { text: 'OK', colour: COLOUR.ok }, '1': { text: 'FAILING', colour: COLOUR.bad } }

/** The endpoint's state, in numbers. */
export const now: Line = {
  height: 4,
  panels: [
    [
      3,
      number({
        title: 'State',
        description:
          'Whether an incident is open, as its alert holds it. Not followed: nothing is known of the endpoint.',
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
            expr: inMs(`max(${started(mine)}) and ${isOpen}`),
            instant: true,
            legend: 'since',
          },
        ],
        steps: [{ colour: COLOUR.bad }],
        noValue: '–',
        valueLinks: [atTime('Open since', dashboard('endpoint', `\${endpoint:queryparam}`))],
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
            expr: `(${cause}) and on () (${isOpen})`,
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
}
