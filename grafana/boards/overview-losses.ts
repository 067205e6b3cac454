import type { Line } from './board.ts'
import { bars } from './graphs.ts'
import { COLOUR } from './palette.ts'
import { countBars, failuresInRange, ofTeam } from './query.ts'
import { ranking } from './stats.ts'

/** What was lost in the time range, and where. */
export const losses: Line = {
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
      }),
    ],
  ],
}
