import type { Section } from './board.ts'
import { bars, lines } from './graphs.ts'
import { runbook } from './links.ts'
import { COLOUR } from './palette.ts'
import { countBars, INSTANCE, ratio, select } from './query.ts'
import { ranking } from './stats.ts'

/** Folded at first. */
export const surroundings: Section = {
  title: 'Series, spans, credentials, canary',
  lines: [
    {
      height: 7,
      panels: [
        [
          6,
          lines({
            title: 'Series usage',
            description:
              'Tracked label sets of failures, as a share of metrics.seriesLimit. The excess is counted as other.',
            unit: 'percentunit',
            min: 0,
            max: 1,
            targets: [
              {
                expr: ratio(
                  `max by (${INSTANCE}) (${select('series')})`,
                  `max by (${INSTANCE}) (${select('seriesLimit')})`,
                ),
                legend: '{{instance}}',
              },
            ],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          bars({
            title: 'Label overflows',
            description:
              'Failures beyond the series limit, by the label replaced with other. Records, logs and spans keep the real value.',
            unit: 'short',
            targets: [{ expr: `sum by (label) (${countBars('labelOverflow')}) > 0`, legend: '{{label}}' }],
            noValue: 'Every label set fitted.',
          }),
        ],
        [
          6,
          bars({
            title: 'Spans',
            description: 'Spans by result: exported, dropped because the queue was full, or failed at the collector.',
            unit: 'short',
            targets: [{ expr: `sum by (result) (${countBars('spans')}) > 0`, legend: '{{result}}' }],
            colours: [
              { name: 'exported', colour: COLOUR.good },
              { name: 'dropped', colour: COLOUR.bad },
              { name: 'failed', colour: COLOUR.warn },
            ],
            noValue: 'No span: tracing may be off.',
          }),
        ],
        [
          6,
          ranking({
            title: 'Credentials',
            description:
              'Valid credentials per source. 0: every report is refused, unless the source needs no credentials.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `min by (source) (${select('credentials')})`, legend: '{{source}}', instant: true }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.ok }],
            noValue: 'no metrics',
            links: [runbook('WebhookNoCredentials')],
          }),
        ],
      ],
    },
    {
      height: 6,
      panels: [
        [
          8,
          bars({
            title: 'Canaries',
            description: 'Canaries by result; failures with their cause.',
            unit: 'short',
            targets: [
              { expr: `sum by (result, cause) (${countBars('canaryRuns')}) > 0`, legend: '{{result}} ({{cause}})' },
            ],
            colours: [{ name: 'success (none)', colour: COLOUR.good }],
            noValue: 'No canary in this time.',
            links: [runbook('WebhookCanaryLost')],
          }),
        ],
        [
          8,
          lines({
            title: 'Canary round trip',
            description: 'Duration of the last canary that returned.',
            unit: 's',
            min: 0,
            targets: [{ expr: `max(${select('canaryRoundTrip')})`, legend: 'round trip' }],
            colours: [{ name: 'round trip', colour: COLOUR.good }],
            noValue: 'no canary came back',
          }),
        ],
        [
          8,
          bars({
            title: 'Credential reload failures',
            description: 'Failed reloads of credentials. The last valid ones stay in use.',
            unit: 'short',
            targets: [
              { expr: `sum by (source) (${countBars('credentialsReloadFailures')}) > 0`, legend: '{{source}}' },
            ],
            noValue: 'All could be read.',
          }),
        ],
      ],
    },
  ],
}
