import type { Section } from './board.ts'
import { bars, heat, lines } from './graphs.ts'
import { COLOUR, causeColours } from './palette.ts'
import {
  availability,
  countBars,
  incidentsInRange,
  OF_ENDPOINT,
  perEndpoint,
  select,
  successRate,
  unfinishedRecoveries,
} from './query.ts'
import { number } from './stats.ts'

/** Sections of the endpoint's dashboard that are folded at first. */

const mine = [OF_ENDPOINT]
const OFF = 'off: the proxy has no route for it'

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

export const proxyOfEndpoint: Section = {
  title: 'Observed deliveries',
  lines: [
    {
      height: 8,
      panels: [
        [
          12,
          lines({
            title: 'Success rate of deliveries and attempts',
            description:
              'Effective: share of deliveries that succeeded in the end, as platforms saw them. Actual: share of the proxy’s attempts that the application answered with success. Off: nothing observes the deliveries.',
            unit: 'percentunit',
            max: 1,
            targets: [
              { expr: successRate('endpointDeliveries', '$__rate_interval', { matchers: mine }), legend: 'effective' },
              { expr: successRate('deliveryAttempts', '$__rate_interval', { matchers: mine }), legend: 'actual' },
            ],
            colours: [
              { name: 'effective', colour: COLOUR.good },
              { name: 'actual', colour: COLOUR.warn },
            ],
            noValue: 'off: nothing observes the deliveries',
          }),
        ],
        [
          12,
          bars({
            title: 'Retried deliveries by result',
            description:
              'Deliveries whose first attempt failed in a way that can be retried. Saved: they succeeded in the end, and the platform counted no failure. Not allowed: by the route, its patience or the budget.',
            unit: 'short',
            targets: [{ expr: `sum by (result) (${countBars('deliveryRetries', mine)}) > 0`, legend: '{{result}}' }],
            colours: [
              { name: 'saved', colour: COLOUR.good },
              { name: 'failed', colour: COLOUR.bad },
              { name: 'not_allowed', colour: COLOUR.warn },
            ],
            noValue: 'No retry in this time, or no proxy.',
          }),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          16,
          heat({
            title: 'Delivery duration',
            description:
              'Deliveries by how long they took, from the header to the last byte of the answer, retries included. Off: the proxy has no route for the endpoint.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (le) (increase(${select('deliveryDuration', mine, '_bucket')}[$__rate_interval]))`,
                legend: '{{le}}',
              },
            ],
            noValue: OFF,
          }),
        ],
        [
          8,
          lines({
            title: 'Deliveries in flight',
            description: 'Deliveries that the proxy is passing on, including those that wait for a connection.',
            unit: 'short',
            min: 0,
            targets: [{ expr: `sum(${select('deliveriesInFlight', mine)})`, legend: 'in flight' }],
            colours: [{ name: 'in flight', colour: COLOUR.good }],
            noValue: OFF,
          }),
        ],
      ],
    },
  ],
}

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
