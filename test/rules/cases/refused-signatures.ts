import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat } from './samples.ts'
import { MINUTE } from './signal-samples.ts'

const rejected = (reason: string) =>
  series('webhook_exporter_reports_total', { source: 'svix', outcome: 'rejected', reason })
export const REFUSED_SIGNATURE_CASES: readonly Case[] = (['signature_invalid', 'signature_expired'] as const).map(
  (reason) => ({
    alert: 'WebhookReportsRefused',
    what: `when requests have been answered ${reason} for hours`,
    step: MINUTE,
    series: { [series('up')]: flat('4h', 1, MINUTE), [rejected(reason)]: values([['4h', (tick) => tick]], MINUTE) },
    fires: '2h11m',
    labels: { source: 'svix', severity: 'warning' },
    says: /wrong signature for three hours/,
    end: '3h50m',
  }),
)
