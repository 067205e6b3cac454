import type { Section } from './board.ts'
import { bars, lines } from './graphs.ts'
import { COLOUR, causeColours } from './palette.ts'
import { availability, countBars, incidentsInRange, OF_ENDPOINT, select } from './query.ts'
import { number } from './stats.ts'

const mine = [OF_ENDPOINT]

/** Folded at first. */
export const probesOfEndpoint: Section = {
  title: 'Probes',
  lines: [
    {
      height: 9,
      panels: [
        [
          12,
          lines({
            title: 'Probe duration by phase',
            description:
              'Duration of each phase of the last public probe, stacked. A phase that was not reached has no line.',
            unit: 's',
            min: 0,
            stacked: true,
            targets: [
              {
                expr: `max by (phase) (${select('probeDuration', [...mine, 'vantage="public"'])})`,
                legend: '{{phase}}',
              },
            ],
            colours: [
              { name: 'resolve', colour: '#1D4F80' },
              { name: 'connect', colour: '#4BA3E3' },
              { name: 'tls', colour: '#D68FBD' },
              { name: 'http', colour: '#F0B429' },
            ],
            noValue: 'not probed',
          }),
        ],
        [
          12,
          bars({
            title: 'Failed probes by cause',
            description:
              'Probes that found the endpoint down, whatever triggered them. Empty: all probes succeeded, or none was run.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (cause) (${countBars('probes', [...mine, 'result="down"'])}) > 0`,
                legend: '{{cause}}',
              },
            ],
            colours: causeColours,
            noValue: 'No failed probe in this time.',
          }),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          10,
          lines({
            title: 'Availability, 1 h window',
            description: 'Share of scheduled public probes that succeeded over the preceding hour.',
            unit: 'percentunit',
            max: 1,
            min: 0,
            targets: [{ expr: `min(${availability('1h', mine)})`, legend: 'last hour' }],
            colours: [{ name: 'last hour', colour: COLOUR.good }],
            noValue: 'not probed',
          }),
        ],
        [
          10,
          lines({
            title: 'Certificate lifetime by vantage point',
            description:
              'Days until the certificate seen by the last probe expires; below 0, it has expired. The lines mark 21 days, when the alert begins, and 7 days.',
            unit: 'suffix: d',
            decimals: 0,
            limits: true,
            softMin: 0,
            softMax: 30,
            steps: [{ colour: COLOUR.plain }, { from: 7, colour: COLOUR.bad }, { from: 21, colour: COLOUR.warn }],
            targets: [
              {
                expr: `(min by (vantage) (${select('certificateEnd', mine)}) - time()) / 86400`,
                legend: '{{vantage}}',
              },
            ],
            noValue: 'no TLS seen',
          }),
        ],
        [
          4,
          number({
            title: 'Incidents',
            description: 'Incidents that opened in the time range. One that reopens within the quiet time counts once.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `sum(${incidentsInRange(mine)})`, instant: true, legend: 'incidents' }],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.warn }],
            noValue: 'not followed',
          }),
        ],
      ],
    },
  ],
}
