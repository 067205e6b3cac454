import type { Section } from './board.ts'
import { bars, lines } from './graphs.ts'
import { COLOUR, DEADLINE, OUTCOME_COLOURS } from './palette.ts'
import { countBars, quantile } from './query.ts'

/** Folded at first. */
export const reports: Section = {
  title: 'Report handling',
  lines: [
    {
      height: 8,
      panels: [
        [
          12,
          lines({
            title: 'Response time, 99th percentile',
            description:
              'From the first byte of a request to the last byte of its response, by outcome. The line marks 900 ms, the default of ingest.answerTimeout; platforms are assumed to wait one second. With few reports, the quantile is noisy.',
            unit: 's',
            min: 0,
            limits: true,
            softMax: 1,
            steps: DEADLINE,
            targets: [{ expr: `${quantile(0.99, 'reportDuration', ['outcome'])} >= 0`, legend: '{{outcome}}' }],
            colours: OUTCOME_COLOURS,
            noValue: 'No report in this time.',
          }),
        ],
        [
          12,
          bars({
            title: 'Signals by type',
            description:
              'What sources said: lost deliveries, early warnings (failing), endpoints switched off (disabled) or on again (recovered), deliveries, and what was ignored. The source proxy is our own proxy.',
            unit: 'short',
            targets: [{ expr: `sum by (signal) (${countBars('sourceSignals')}) > 0`, legend: '{{signal}}' }],
            colours: [
              { name: 'lost', colour: COLOUR.bad },
              { name: 'failing', colour: COLOUR.warn },
              { name: 'disabled', colour: '#8F6BB5' },
              { name: 'recovered', colour: COLOUR.good },
              { name: 'delivered', colour: '#1D4F80' },
              { name: 'ignored', colour: COLOUR.none },
            ],
            noValue: 'No signal in this time.',
          }),
        ],
      ],
    },
  ],
}
