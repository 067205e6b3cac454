import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { once } from './samples.ts'

export const SPAN_CASES: readonly Case[] = [
  {
    alert: 'WebhookSpansDropped',
    what: 'when spans are lost for ten minutes',
    series: {
      [series('webhook_exporter_spans_total', { result: 'failed' })]: values([
        ['5m', 0],
        ['15m', (tick) => tick + 1],
        ['20m', 60],
      ]),
    },
    fires: '15m',
    labels: { severity: 'info' },
    resolves: '29m45s',
    end: '39m',
  },
  {
    alert: 'WebhookSpansDropped',
    what: 'not for a few that were lost once',
    series: { [series('webhook_exporter_spans_total', { result: 'dropped' })]: once('5m', '35m', 20) },
    end: '39m',
  },
]
