import { NO_SOURCE, type Outcome, type Reason } from '../domain/ports/telemetry.ts'

/** Reasons by outcome, for requests to a source's route. Each combination is a series that starts at 0. */
const REASONS: Readonly<Record<Outcome, readonly Reason[]>> = {
  recorded: ['none', 'partly_rejected'],
  duplicate: ['none', 'partly_rejected'],
  ignored: ['none', 'partly_rejected'],
  simulated: ['none', 'partly_rejected'],
  canary: ['none'],
  rejected: [
    'invalid_request',
    'invalid_encoding',
    'invalid_json',
    'invalid_batch',
    'idempotency_key_invalid',
    'idempotency_key_conflict',
    'idempotency_key_reused',
    'no_credentials',
    'credential_missing',
    'credential_unknown',
    'signature_missing',
    'signature_invalid',
    'signature_expired',
    'canary_invalid',
    'canary_replayed',
    'simulation_replayed',
    'not_found',
    'method_not_allowed',
    'request_timeout',
    'too_large',
    'unsupported_media_type',
    'unsupported_encoding',
    'invalid_report',
    'client_closed',
  ],
  failed: [
    'journal_unavailable',
    'journal_full',
    'journal_refused',
    'answer_timeout',
    'overloaded',
    'keys_unavailable',
    'shutting_down',
    'configuration_invalid',
    'internal',
    'client_closed',
  ],
}

/** The same for requests to any other route. */
const WITHOUT_SOURCE: Readonly<Partial<Record<Outcome, readonly Reason[]>>> = {
  rejected: ['invalid_request', 'not_found', 'method_not_allowed', 'request_timeout', 'too_large', 'client_closed'],
  failed: ['shutting_down', 'configuration_invalid', 'internal', 'client_closed'],
}

export interface ReportLabels {
  readonly source: string
  readonly outcome: Outcome
  readonly reason: Reason
}

/** Every label set of `webhook_exporter_reports_total`, for sources and for requests to other routes. */
export function reportLabels(sources: readonly string[]): ReportLabels[] {
  const all = (source: string, table: Readonly<Partial<Record<Outcome, readonly Reason[]>>>) =>
    Object.entries(table).flatMap(([outcome, reasons]) =>
      reasons.map((reason) => ({ source, outcome: outcome as Outcome, reason })),
    )
  return [...sources.flatMap((source) => all(source, REASONS)), ...all(NO_SOURCE, WITHOUT_SOURCE)]
}
