import type { Section } from './board.ts'
import { bars, lines } from './graphs.ts'
import { runbook } from './links.ts'
import { COLOUR, DEADLINE } from './palette.ts'
import { countBars, INSTANCE, quantile, ratio, select } from './query.ts'

/** One line per release. */
const perJob = (unit: string, expr: string, about: { title: string; description: string; noValue: string }) =>
  lines({ ...about, unit, min: 0, targets: [{ expr, legend: '{{job}}' }] })
const JOB = 'cluster, namespace, job'

/** Folded at first. */
export const journal: Section = {
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
              { expr: `sum(max by (${JOB}) (${select('journalSize')}))`, legend: 'journal' },
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
          perJob('short', `max by (${JOB}) (${select('journalFailures')})`, {
            title: 'Stored failures',
            description: 'Failures in the journal. The number falls when retention removes the oldest.',
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
          perJob('s', `time() - min by (${JOB}) (${select('journalOldest')})`, {
            title: 'Oldest failure age',
            description:
              'Age of the oldest failure in the journal. It should approach the retention age, but not exceed it.',
            noValue: 'The journal is empty.',
          }),
        ],
      ],
    },
  ],
}
