import type { Section } from './board.ts'
import { bars, lines, states } from './graphs.ts'
import { runbook } from './links.ts'
import { COLOUR, OUTCOME_COLOURS } from './palette.ts'
import { countBars, quantile, ratio, select, UP } from './query.ts'
import { ranking } from './stats.ts'

/** Sections of the exporter's dashboard that are folded at first. */

const INSTANCE = 'cluster, namespace, job, instance'
const DEADLINE = [{ colour: COLOUR.plain }, { from: 0.9, colour: COLOUR.bad }]

export const handling: Section = {
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

export const keeping: Section = {
  title: 'Journal writes and retention',
  lines: [
    {
      height: 8,
      panels: [
        [
          8,
          lines({
            title: 'Commit duration',
            description: 'How long a group of entries took to be written and synced: median and 99th percentile.',
            unit: 's',
            min: 0,
            limits: true,
            softMax: 1,
            steps: DEADLINE,
            targets: [
              { expr: `${quantile(0.99, 'journalCommitDuration')} >= 0`, legend: '99 %' },
              { expr: `${quantile(0.5, 'journalCommitDuration')} >= 0`, legend: '50 %' },
            ],
            colours: [
              { name: '99 %', colour: COLOUR.warn },
              { name: '50 %', colour: COLOUR.good },
            ],
            noValue: 'Nothing was written in this time.',
          }),
        ],
        [
          8,
          lines({
            title: 'Write queue',
            description: 'Pending entries as a share of the queue limit. At 100 %, reports are answered 503.',
            unit: 'percentunit',
            min: 0,
            max: 1,
            targets: [
              {
                expr: ratio(
                  `max by (${INSTANCE}) (${select('journalPending')})`,
                  `max by (${INSTANCE}) (${select('journalPendingLimit')})`,
                ),
                legend: '{{instance}}',
              },
            ],
            noValue: 'no metrics',
          }),
        ],
        [
          8,
          bars({
            title: 'Journal errors',
            description: 'Failed writes and failed attempts to reopen the journal, by kind.',
            unit: 'short',
            targets: [{ expr: `sum by (kind) (${countBars('journalErrors')}) > 0`, legend: '{{kind}}' }],
            shadesOf: COLOUR.bad,
            noValue: 'No fault in this time.',
            links: [runbook('WebhookJournalDown')],
          }),
        ],
      ],
    },
    {
      height: 7,
      panels: [
        [
          6,
          lines({
            title: 'Journal size and free space',
            description: 'Bytes used by the journals, and free bytes on the fullest volume.',
            unit: 'bytes',
            min: 0,
            targets: [
              { expr: `sum(max by (cluster, namespace, job) (${select('journalSize')}))`, legend: 'journal' },
              { expr: `min(${select('journalFree')})`, legend: 'free' },
            ],
            colours: [
              { name: 'journal', colour: COLOUR.warn },
              { name: 'free', colour: COLOUR.good },
            ],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          lines({
            title: 'Stored failures',
            description: 'Failures in the journal. The number falls when retention removes the oldest.',
            unit: 'short',
            min: 0,
            targets: [{ expr: `max by (cluster, namespace, job) (${select('journalFailures')})`, legend: '{{job}}' }],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          bars({
            title: 'Retention removals',
            description:
              'Failures removed by retention. Age is expected; size means that the size limit is reached before the configured age.',
            unit: 'short',
            targets: [{ expr: `sum by (reason) (${countBars('journalExpired')}) > 0`, legend: '{{reason}}' }],
            colours: [
              { name: 'age', colour: COLOUR.good },
              { name: 'size', colour: COLOUR.bad },
            ],
            noValue: 'Nothing was removed in this time.',
          }),
        ],
        [
          6,
          lines({
            title: 'Oldest failure age',
            description:
              'Age of the oldest failure in the journal. It should approach the retention age, but not exceed it.',
            unit: 's',
            min: 0,
            targets: [
              { expr: `time() - min by (cluster, namespace, job) (${select('journalOldest')})`, legend: '{{job}}' },
            ],
            noValue: 'The journal is empty.',
          }),
        ],
      ],
    },
  ],
}

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
            links: [runbook('WebhookFailuresUnidentified')],
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

export const processes: Section = {
  title: 'Processes',
  lines: [
    {
      height: 5,
      panels: [
        [
          24,
          states({
            title: 'Scrapes and journal',
            description:
              'Whether each receiver was scraped, and whether it could write to its journal. A gap means that Prometheus had no such target.',
            unit: 'short',
            targets: [
              { expr: `max by (instance) (${UP})`, legend: 'scrape of {{instance}}' },
              { expr: `min by (instance) (${select('journalUp')})`, legend: 'journal of {{instance}}' },
            ],
            texts: { '0': { text: 'DOWN', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.ok } },
            noValue: 'no metrics',
          }),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          6,
          lines({
            title: 'CPU',
            description: 'CPU time used by each receiver; 100 % is one core.',
            unit: 'percentunit',
            min: 0,
            targets: [
              {
                expr: `sum by (${INSTANCE}) (rate(${select('processCpu')}[$__rate_interval]))`,
                legend: '{{instance}}',
              },
            ],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          lines({
            title: 'Memory',
            description: 'Resident memory, and the part used by the JavaScript heap.',
            unit: 'bytes',
            min: 0,
            targets: [
              { expr: `max by (${INSTANCE}) (${select('processMemory')})`, legend: '{{instance}}' },
              { expr: `max by (${INSTANCE}) (${select('heapUsed')})`, legend: '{{instance}}, heap' },
            ],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          lines({
            title: 'Event loop lag',
            description: '99th percentile of the event loop lag. Above 100 ms, responses are slow as well.',
            unit: 's',
            min: 0,
            targets: [{ expr: `max by (${INSTANCE}) (${select('eventLoopLag')})`, legend: '{{instance}}' }],
            noValue: 'no metrics',
          }),
        ],
        [
          6,
          lines({
            title: 'Open file descriptors',
            description: 'Files and connections that each receiver has open.',
            unit: 'short',
            min: 0,
            decimals: 0,
            targets: [{ expr: `max by (${INSTANCE}) (${select('openFds')})`, legend: '{{instance}}' }],
            noValue: 'no metrics',
          }),
        ],
      ],
    },
  ],
}
