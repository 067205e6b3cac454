import type { Section } from './board.ts'
import { bars, heat, lines } from './graphs.ts'
import { COLOUR } from './palette.ts'
import { countBars, OF_ENDPOINT, select, successRate } from './query.ts'

const mine = [OF_ENDPOINT]
const OFF = 'off: the proxy has no route for it'

/** Folded at first. */
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
