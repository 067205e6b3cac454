import type { Section } from './board.ts'
import { lines } from './graphs.ts'
import { COLOUR } from './palette.ts'
import { OF_ENDPOINT, perEndpoint, select, unfinishedRecoveries } from './query.ts'
import { number } from './stats.ts'

const mine = [OF_ENDPOINT]

/** Folded at first. */
export const lossesOfEndpoint: Section = {
  title: 'Losses not made good',
  lines: [
    {
      height: 7,
      panels: [
        [
          6,
          number({
            title: 'Unfinished recoveries',
            description:
              'Closed incidents with lost deliveries that have not been restored. Off: recovery is not configured for this endpoint.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `sum(${unfinishedRecoveries(mine)})`, instant: true, legend: 'incidents' }],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.warn }],
            noValue: 'off',
          }),
        ],
        [
          6,
          number({
            title: 'Oldest unfinished recovery',
            description: 'When the oldest incident with unrestored losses closed. A dash: nothing is left.',
            unit: 'dateTimeFromNow',
            targets: [
              {
                expr: `min(${perEndpoint('recoveryOldestOpen', mine, { by: 'min' })}) * 1000`,
                instant: true,
                legend: 'closed',
              },
            ],
            steps: [{ colour: COLOUR.warn }],
            noValue: '–',
          }),
        ],
        [
          12,
          lines({
            title: 'Recoveries by state',
            description: 'Closed incidents by the state of their recovery. Off: recovery is not configured.',
            unit: 'short',
            min: 0,
            decimals: 0,
            targets: [{ expr: `max by (state) (${select('recoveryState', mine)}) > 0`, legend: '{{state}}' }],
            colours: [
              { name: 'not_needed', colour: COLOUR.none },
              { name: 'open', colour: COLOUR.warn },
              { name: 'requested', colour: '#9A6B15' },
              { name: 'running', colour: '#63B0E8' },
              { name: 'finished', colour: COLOUR.good },
              { name: 'failed', colour: COLOUR.bad },
            ],
            noValue: 'off: recovery is not configured',
          }),
        ],
      ],
    },
  ],
}
