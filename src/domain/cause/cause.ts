/** Why a delivery failed. The set is closed: it is a label, an `error.type`, an API filter and a runbook's key. */
export const CAUSES = [
  'dns',
  'connection_refused',
  'connection_reset',
  'unreachable',
  'tls',
  'timeout',
  'redirect',
  'authentication',
  'not_found',
  'rejected',
  'rate_limited',
  'server_error',
  'unavailable',
  'protocol',
  'blocked',
  'unknown',
] as const

export type Cause = (typeof CAUSES)[number]
