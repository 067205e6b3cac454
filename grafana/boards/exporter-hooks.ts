import type { Section } from './board.ts'
import { bars, lines } from './graphs.ts'
import { COLOUR } from './palette.ts'
import { countBars, select } from './query.ts'

/** Folded at first. */
export const hooks: Section = {
  title: 'Hooks',
  lines: [
    {
      height: 7,
      panels: [
        [
          12,
          bars({
            title: 'Hook deliveries by result',
            description:
              'Attempts to send events to hooks. Failure: it will be retried. Given up: after the last attempt, the event was not delivered. Off: no hook is configured.',
            unit: 'short',
            targets: [{ expr: `sum by (result) (${countBars('hookDeliveries')}) > 0`, legend: '{{result}}' }],
            colours: [
              { name: 'success', colour: COLOUR.good },
              { name: 'failure', colour: COLOUR.warn },
              { name: 'given_up', colour: COLOUR.bad },
            ],
            noValue: 'No event in this time, or no hooks.',
          }),
        ],
        [
          12,
          lines({
            title: 'Oldest pending event by hook',
            description: 'Age of the oldest event that is still to be sent to each hook. Off: no hook is configured.',
            unit: 's',
            min: 0,
            targets: [{ expr: `max by (hook) (${select('hookOldestPending')})`, legend: '{{hook}}' }],
            noValue: 'off: no hook is configured',
          }),
        ],
      ],
    },
  ],
}
