import { counter, ENDPOINT, gauge, type Signal } from './model.ts'

/** What sources say of an endpoint besides lost deliveries, or fail to say. */
export const SOURCE_SIGNALS = {
  endpointDisabled: gauge(
    'webhook_endpoint_disabled',
    'boolean',
    ['source', 'endpoint'],
    'Whether a source has disabled the endpoint: 1 or 0. At most 500 endpoints per source.',
    { absent: 'for sources that report nothing but lost deliveries' },
  ),
  sourceSignals: counter(
    'webhook_source_signals_total',
    ['source', 'signal'],
    'Signals received from a source: lost, failing, disabled, recovered, delivered, ignored. Each id counts once. The source proxy is the built-in proxy.',
  ),
  endpointDeliveries: counter(
    'webhook_endpoint_deliveries_total',
    ['source', 'endpoint', 'result', 'code'],
    'Deliveries by final result, from sources that report successes and from the built-in proxy, since this process started. The code is the status that the platform got, 0 if it got no complete answer, none if unknown. At most 500 endpoints, 20 codes per endpoint and result, and 5000 series in all; the rest is other.',
    { absent: 'before the first delivery that a source or the proxy reports' },
  ),
  reportOverdue: gauge(
    'webhook_endpoint_report_overdue',
    'boolean',
    ENDPOINT,
    'Whether no report arrived although the platform must have given up on a delivery that the proxy saw fail: 1 or 0. Only endpoints of routes with giveUpAfter.',
    { absent: 'without a proxied route that has giveUpAfter' },
  ),
} as const satisfies Record<string, Signal>
