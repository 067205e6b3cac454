import { CANARY_LOST_AFTER } from '../rules/intake-alerts.ts'
import { alertMarks, restartMarks } from './annotations.ts'
import type { Board } from './board.ts'
import { hooks } from './exporter-hooks.ts'
import { journal } from './exporter-journal.ts'
import { processes } from './exporter-processes.ts'
import { reports } from './exporter-reports.ts'
import { surroundings } from './exporter-surroundings.ts'
import { bars } from './graphs.ts'
import { runbook } from './links.ts'
import { COLOUR, OUTCOME_COLOURS } from './palette.ts'
import { countBars, ratio, select, UP } from './query.ts'
import { number } from './stats.ts'
import { dataSource, release } from './variables.ts'

export const exporter: Board = {
  key: 'exporter',
  title: 'Webhook deliveries: exporter',
  description:
    'The receiver itself: whether reports arrive and become durable, how fast, and which resources the process uses. Based on the metrics of webhook-error-exporter.',
  from: 'now-24h',
  variables: [dataSource(), ...release('webhook_exporter_build_info')],
  annotations: [alertMarks(), restartMarks()],
  links: [{ ...runbook('WebhookReceiverDown'), title: 'Runbook' }],
  lines: [
    {
      height: 4,
      panels: [
        [
          4,
          number({
            title: 'Receivers scraped',
            description: 'Share of the known receivers that answered Prometheus’ last scrape.',
            unit: 'percentunit',
            decimals: 0,
            targets: [{ expr: ratio(`sum(${UP})`, `count(${UP})`), instant: true, legend: 'up' }],
            steps: [{ colour: COLOUR.bad }, { from: 1, colour: COLOUR.ok }],
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
            targets: [{ expr: `min(${select('journalUp')})`, instant: true, legend: 'journal' }],
            texts: { '0': { text: 'DOWN', colour: COLOUR.bad }, '1': { text: 'up', colour: COLOUR.ok } },
            noValue: 'no metrics',
            links: [runbook('WebhookJournalDown')],
          }),
        ],
        [
          4,
          number({
            title: 'Unrecorded reports',
            description:
              'Reports answered 503 in the time range, across restarts: the sum of the increases that Prometheus sees. The platform may not send them again.',
            unit: 'short',
            decimals: 0,
            targets: [
              {
                expr: `sum(increase(${select('reports', ['outcome="failed"'])}[$__range]))`,
                instant: true,
                legend: 'reports',
              },
            ],
            steps: [{ colour: COLOUR.ok }, { from: 1, colour: COLOUR.bad }],
            noValue: 'no metrics',
            links: [runbook('WebhookReportsNotRecorded')],
          }),
        ],
        [
          4,
          number({
            title: 'Canary age',
            description:
              'Time since a canary last completed the round trip through the public URL into the journal. Red: as long as the alert waits. Off: no canary is configured.',
            unit: 's',
            decimals: 0,
            targets: [{ expr: `time() - max(${select('canaryLastSuccess')})`, instant: true, legend: 'age' }],
            steps: [{ colour: COLOUR.ok }, { from: CANARY_LOST_AFTER, colour: COLOUR.bad }],
            noValue: 'off',
            links: [runbook('WebhookCanaryLost')],
          }),
        ],
        [
          4,
          number({
            title: 'Free space',
            description: 'Free bytes on the journal’s volume; the lowest of all receivers.',
            unit: 'bytes',
            decimals: 1,
            targets: [{ expr: `min(${select('journalFree')})`, instant: true, legend: 'free' }],
            steps: [
              { colour: COLOUR.bad },
              { from: 268_435_456, colour: COLOUR.warn },
              { from: 1_073_741_824, colour: COLOUR.ok },
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
      height: 8,
      panels: [
        [
          12,
          bars({
            title: 'Reports by outcome',
            description:
              'Requests to the ingest listener by outcome, across restarts. Bars and totals are of whole steps: the newest requests can be missing for one step.',
            unit: 'short',
            targets: [{ expr: `sum by (outcome) (${countBars('reports')}) > 0`, legend: '{{outcome}}' }],
            colours: OUTCOME_COLOURS,
            noValue: 'No report in this time.',
          }),
        ],
        [
          12,
          bars({
            title: 'Refusals and faults by reason',
            description:
              'Why requests were refused (4xx) or not recorded (5xx), in whole steps. Unknown paths and credentials are usually internet scans; invalid reports come from an authenticated sender.',
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
      ],
    },
  ],
  sections: [reports, journal, surroundings, hooks, processes],
}
