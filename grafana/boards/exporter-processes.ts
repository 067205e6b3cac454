import type { Section } from './board.ts'
import { lines, states } from './graphs.ts'
import { COLOUR } from './palette.ts'
import { INSTANCE, select, UP } from './query.ts'

/** Folded at first. */
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
