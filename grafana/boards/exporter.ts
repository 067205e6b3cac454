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
    'The receiver itself: whether reports come in and become durable, how fast, and what the process needs. Made from the metrics of webhook-error-exporter.',
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
            description: 'Share of the receivers that Prometheus knows which answered its last scrape.',
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
            description: 'Whether every receiver can write its journal. While it is down reports are answered 503.',
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
            title: 'Not recorded, in range',
            description: 'Reports that were answered 503: the source may never send them again.',
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
            title: 'Canary came back',
            description:
              'When a canary last went all the way round: from outside, through the way in, into the journal.',
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
            description: 'Free bytes of the volume that the journal is on; the least of all receivers.',
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
            description: 'Versions that run; more than one during a rollout.',
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
            title: 'Reports, by outcome',
            description: 'Requests to the ingest listener by what became of them, exactly.',
            unit: 'short',
            targets: [{ expr: `sum by (outcome) (${countBars('reports')}) > 0`, legend: '{{outcome}}' }],
            colours: OUTCOME_COLOURS,
            noValue: 'No report in this time.',
          }),
        ],
        [
          8,
          bars({
            title: 'Refused and failed, by reason',
            description:
              'Why requests were refused (4xx) or not recorded (5xx). Unknown paths and credentials come from every scan of the internet; invalid reports come from somebody who has a credential.',
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
            title: 'Time to answer, 99th percentile',
            description:
              'From the first byte of a request to the last of its answer, by outcome. The line stands at 900 ms, the default of ingest.answerTimeout; sources are taken to wait a second. Sparse: a quantile of few reports jumps.',
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
            title: 'Time to become durable',
            description: 'How long a group of entries took to be written and synced: half of them, and 99 of 100.',
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
            title: 'Waiting to be written',
            description:
              'Entries whose outcome is not known yet, as a share of how many may wait. At 100 % reports are answered 503.',
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
            title: 'Faults of the journal',
            description: 'Writes that failed and attempts to open it again, by kind.',
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
            title: 'Size and room',
            description: 'Bytes that the journals take, and free bytes of the volume that has least.',
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
            title: 'Failures kept',
            description: 'Failures in the journal. It falls where retention removes the oldest.',
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
              'Failures that retention removed: age is as configured; size means that the limit of size cuts below it.',
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
              'Admitted label sets of failures, as a share of metrics.seriesLimit. What does not fit is counted under other.',
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
            links: [runbook('WebhookSeriesOverflow')],
          }),
        ],
        [
          6,
          bars({
            title: 'Failures counted as “other”',
            description:
              'Failures whose label set did not fit the limit, by the label that became other. Records, logs and spans keep the real one.',
            unit: 'short',
            targets: [{ expr: `sum by (label) (${countBars('labelOverflow')}) > 0`, legend: '{{label}}' }],
            noValue: 'Every label set fitted.',
          }),
        ],
        [
          6,
          bars({
            title: 'Spans',
            description:
              'Spans by what became of them: exported, dropped because the queue was full, failed at the collector.',
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
            description: 'Canaries by result; a failure with its cause.',
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
              'Credentials that each source may send now. 0: every report is refused, unless the source needs none.',
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
            title: 'Credentials not read',
            description: 'Times that changed credentials could not be read; the last good ones stay in force.',
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
            title: 'Canary, round trip',
            description: 'How long the last canary that came back took.',
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
            title: 'Oldest failure kept',
            description: 'Age of the oldest failure in the journal. It should reach the retention age and no more.',
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
              'Whether each receiver answered Prometheus, and whether it could write its journal. A gap: Prometheus did not know it.',
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
            description: 'Processor time that each receiver uses; 100 % is one core.',
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
            description: 'Resident memory, and the part of it that JavaScript’s heap uses.',
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
            title: 'Event loop, delay',
            description: 'The 99th percentile of how late the event loop was. Above 100 ms answers are late too.',
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
            description: 'Files and connections that each receiver holds open.',
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
