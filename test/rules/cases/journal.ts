import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, once } from './samples.ts'

export const JOURNAL_CASES: readonly Case[] = [
  {
    alert: 'WebhookJournalDown',
    what: 'after a minute, by the one process of two that cannot write',
    series: {
      [series('webhook_exporter_journal_up')]: values([
        ['5m', 1],
        ['5m', 0],
        ['5m', 1],
      ]),
      [series('webhook_exporter_journal_up', {}, 'w-1', '10.0.0.2:9464')]: flat('15m', 1),
    },
    fires: '6m',
    labels: { severity: 'critical' },
    resolves: '10m',
    end: '14m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'below a tenth, after ten minutes',
    series: {
      [series('webhook_exporter_journal_free_bytes')]: values([
        ['5m', 2e9],
        ['20m', 0.9e9],
        ['5m', 2e9],
      ]),
      [series('webhook_exporter_journal_size_bytes')]: flat('30m', 9e9),
    },
    fires: '15m',
    labels: { severity: 'warning' },
    resolves: '25m',
    end: '29m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'below 64 MiB, though the journal is small',
    series: {
      [series('webhook_exporter_journal_free_bytes')]: flat('20m', 5e7),
      [series('webhook_exporter_journal_size_bytes')]: flat('20m', 1e6),
    },
    fires: '10m',
    labels: { severity: 'warning' },
    end: '19m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'when the WAL has been larger than four times its limit, though there is room',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: values([
        ['5m', 4_100_000],
        ['15m', 17_000_000],
        ['10m', 4_096_000],
      ]),
    },
    fires: '15m',
    labels: { severity: 'warning' },
    resolves: '20m',
    end: '29m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'when checkpoints fail, however small the WAL is',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: flat('30m', 4_200_000),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'failed' })]: values([
        ['5m', 0],
        ['25m', (tick) => tick + 1],
      ]),
    },
    fires: '16m',
    labels: { severity: 'warning' },
    end: '29m',
  },
  {
    alert: 'WebhookJournalVolumeNearlyFull',
    what: 'not for a WAL above its limit while a reader is at work, nor for one failure',
    series: {
      [series('webhook_exporter_journal_wal_limit_bytes')]: flat('30m', 4_096_000),
      [series('webhook_exporter_journal_wal_bytes')]: flat('30m', 9_000_000),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'blocked' })]: values([['30m', (tick) => tick]]),
      [series('webhook_exporter_journal_checkpoints_total', { result: 'failed' })]: once('5m', '25m'),
    },
    end: '29m',
  },
]
