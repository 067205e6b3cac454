import { counter, histogram, type Signal } from './model.ts'

/** Requests to the ingest listener. */
export const REPORT_SIGNALS = {
  reports: counter(
    'webhook_exporter_reports_total',
    ['source', 'outcome', 'reason'],
    'Requests to the ingest listener by outcome and reason. Both are closed sets.',
  ),
  reportDuration: histogram(
    'webhook_exporter_report_duration_seconds',
    ['source', 'outcome'],
    'From the first byte of a request to the last of its answer.',
  ),
} as const satisfies Record<string, Signal>
