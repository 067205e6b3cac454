import { type Board, dataSource, release, restartMarks } from './board.ts'
import { runbook } from './links.ts'
import { COLOUR, OUTCOME_COLOURS } from './palette.ts'
import { bars, lines, number, ranking, states } from './panel.ts'
import { countBars, countIn, quantile, ratio, select, UP } from './query.ts'

const INSTANCE = 'cluster, namespace, job, instance'
const DEADLINE = [{ colour: COLOUR.plain }, { from: 0.9, colour: COLOUR.bad }]
const oneOf = (by: 'max' | 'min' | 'sum', expr: string) => `${by}(${expr})`

export const exporter: Board = {
  key: 'exporter',
  title: 'Webhook deliveries: exporter',
  description:
    'The receiver itself: whether reports arrive and become durable, how fast, and which resources the process uses. Based on the metrics of webhook-error-exporter.',
  from: 'now-24h',
  variables: [dataSource(), ...release('webhook_exporter_build_info')],
  annotations: [restartMarks()],
  links: [{ ...runbook('WebhookReceiverDown'), title: 'Runbook' }],
  lines: [
    {
      height: 4,
      panels: [
        [
          4,
          number({
            title: 'Receivers up',
            description: 'Share of the known receivers that answered Prometheus’ last scrape.',
            unit: 'percentunit',
            decimals: 0,
            targets: [{ expr: ratio(`sum(${UP})`, `count(${UP})`), instant: true, legend: 'up' }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.good }],
            noValue: 'none known',
            links: [runbook('WebhookReceiverDown')],
          }),
        ],
        [
          4,
          number({
            title: 'Journal',
            description:
              'Whether every receiver can write to its journal. While one cannot, it answers every report with 503.',
            unit: 'short',
            targets: [{ expr: oneOf('min', select('journalUp')), instant: true, legend: 'journal' }],
            texts: { '0': { text: 'DOWN', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.good } },
            noValue: 'no metrics',
            links: [runbook('WebhookJournalDown')],
          }),
        ],
        [
          4,
          number({
            title: 'Not recorded in range',
            description: 'Reports answered 503. The platform may not send them again.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(${countIn('reports', '$__range', ['outcome="failed"'])})`,
                instant: true,
                legend: 'reports',
              },
            ],
            steps: [{ colour: COLOUR.good }, { from: 1, colour: COLOUR.bad }],
            noValue: 'no metrics',
            links: [runbook('WebhookReportsNotRecorded')],
          }),
        ],
        [
          4,
          number({
            title: 'Last canary returned',
            description: 'When a canary last completed the round trip through the public URL into the journal.',
            unit: 'dateTimeFromNow',
            targets: [{ expr: `max(${select('canaryLastSuccess')}) * 1000`, instant: true, legend: 'last success' }],
            noValue: 'no canary',
            links: [runbook('WebhookCanaryLost')],
          }),
        ],
        [
          4,
          number({
            title: 'Volume free',
            description: 'Free bytes on the journal’s volume; the lowest of all receivers.',
            unit: 'bytes',
            decimals: 1,
            targets: [{ expr: oneOf('min', select('journalFree')), instant: true, legend: 'free' }],
            steps: [
              { colour: COLOUR.bad },
              { from: 268_435_456, colour: COLOUR.warn },
              { from: 1_073_741_824, colour: COLOUR.good },
            ],
            noValue: 'no local file',
            links: [runbook('WebhookJournalVolumeNearlyFull')],
          }),
        ],
        [
          4,
          number({
            title: 'Version',
            description: 'Versions in use; more than one during a rollout.',
            unit: 'short',
            show: 'name',
            targets: [{ expr: `max by (version) (${select('buildInfo')})`, instant: true, legend: '{{version}}' }],
            noValue: 'no metrics',
          }),
        ],
      ],
    },
    {
      section: 'Reports',
      height: 8,
      panels: [
        [
          8,
          bars({
            title: 'Reports by outcome',
            description: 'Requests to the ingest listener by outcome. Exact count.',
            unit: 'short',
            targets: [{ expr: `sum by (outcome) (${countBars('reports')}) > 0`, legend: '{{outcome}}' }],
            colours: OUTCOME_COLOURS,
            noValue: 'No report in this time.',
          }),
        ],
        [
          8,
          bars({
            title: 'Refused and failed by reason',
            description:
              'Why requests were refused (4xx) or not recorded (5xx). Unknown paths and credentials are usually internet scans; invalid reports come from an authenticated sender.',
            unit: 'short',
            targets: [
              {
                expr: `sum by (outcome, reason) (${countBars('reports', ['outcome=~"rejected|failed"'])}) > 0`,
                legend: '{{outcome}}: {{reason}}',
              },
            ],
            shadesOf: COLOUR.warn,
            noValue: 'All reports were taken.',
          }),
        ],
        [
          8,
          lines({
            title: 'Response time, 99th percentile',
            description:
              'From the first byte of a request to the last byte of its response, by outcome. The line marks 900 ms, the default of ingest.answerTimeout; platforms are assumed to wait one second. With few reports, the quantile is noisy.',
            unit: 's',
            min: 0,
            limits: true,
            steps: DEADLINE,
            targets: [{ expr: `${quantile(0.99, 'reportDuration', ['outcome'])} >= 0`, legend: '{{outcome}}' }],
            colours: OUTCOME_COLOURS,
            noValue: 'No report in this time.',
          }),
        ],
      ],
    },
    {
      section: 'Writing and keeping',
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
          8,
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
          8,
          lines({
            title: 'Failures stored',
            description: 'Failures in the journal. The number falls when retention removes the oldest.',
            unit: 'short',
            min: 0,
            targets: [{ expr: `max by (cluster, namespace, job) (${select('journalFailures')})`, legend: '{{job}}' }],
            noValue: 'no metrics',
          }),
        ],
        [
          8,
          bars({
            title: 'Removed by retention',
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
      ],
    },
    {
      section: 'Series, spans, credentials, canary',
      height: 7,
      panels: [
        [
          6,
          lines({
            title: 'Series used',
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
            title: 'Failures counted as “other”',
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
      ],
    },
    {
      height: 6,
      panels: [
        [
          6,
          ranking({
            title: 'Credentials',
            description:
              'Valid credentials per source. 0: every report is refused, unless the source needs no credentials.',
            unit: 'short',
            decimals: 0,
            targets: [{ expr: `min by (source) (${select('credentials')})`, legend: '{{source}}', instant: true }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.good }],
            noValue: 'no metrics',
            links: [runbook('WebhookNoCredentials')],
          }),
        ],
        [
          6,
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
        [
          6,
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
          6,
          lines({
            title: 'Oldest failure stored',
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
    {
      section: 'Process',
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
            texts: { '0': { text: 'DOWN', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.good } },
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
