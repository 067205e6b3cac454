import { DELIVERY, ENDPOINT, recorded, type Signal } from './model.ts'

/** What recording rules make of the others. */
export const RECORDED_SIGNALS = {
  incidentHeld: recorded(
    'namespace_job_endpoint:webhook_incident_open:held',
    'boolean',
    ENDPOINT,
    'Whether an incident of the endpoint is open, held through the replacement of a pod, a gap and an absent receiver.',
  ),
  endpointInfoHeld: recorded(
    'namespace_job_endpoint:webhook_endpoint_info:held',
    'info',
    ['endpoint', 'team', 'severity', 'event'],
    'Team, severity and event of an endpoint, 1; exactly one series per endpoint, by the newest process, held as the incident is.',
  ),
  incidentInfoHeld: recorded(
    'namespace_job_endpoint:webhook_incident_info:held',
    'unix_seconds',
    [
      'endpoint',
      'team',
      'severity',
      'event',
      'cause',
      'code',
      'title',
      'summary',
      'check',
      'proof',
      'recovery',
      'remedy',
    ],
    'When the incident of an endpoint began, with what a page says of it; 1 where that is not known. Exactly one series per endpoint, held as the incident is.',
  ),
  failureIncrease: recorded(
    'job:webhook_delivery_failures:increase10m',
    'count',
    DELIVERY,
    'Failures in the last ten minutes, with a first sample credited and a restored one not. All labels but instance and pod.',
  ),
  endpointDisabledHeld: recorded(
    'namespace_job_endpoint_source:webhook_endpoint_disabled:held',
    'boolean',
    ['source', 'endpoint'],
    'Whether a source has disabled the endpoint of an open incident, held as the incident is.',
  ),
  deliveryRate: recorded(
    'endpoint:webhook_endpoint_deliveries:rate5m',
    'count',
    ['source', 'endpoint', 'result', 'code'],
    'Deliveries per second by their final result over five minutes. An ingress that counts deliveries can record the same name.',
  ),
  effectiveRatio: recorded(
    'namespace_job_endpoint:webhook_endpoint_deliveries:success_ratio5m',
    'ratio',
    ENDPOINT,
    'Share of deliveries that succeeded in the end over five minutes, of all sources that report successes (effective).',
  ),
  actualRatio: recorded(
    'namespace_job_endpoint:webhook_endpoint_delivery_attempts:success_ratio5m',
    'ratio',
    ENDPOINT,
    'Share of the proxy’s attempts that succeeded over five minutes (actual).',
  ),
  reportIncrease: recorded(
    'job:webhook_exporter_reports:increase10m',
    'count',
    ['source', 'outcome', 'reason'],
    'Requests to the ingest listener in the last ten minutes, correct across restarts, with the first sample of a new process credited. All labels but instance and pod.',
  ),
} as const satisfies Record<string, Signal>
