import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import type { HookMessageOptions } from '../domain/incident/hook-message.ts'
import { type OutboundGuard, outboundGuard } from '../outbound/guard.ts'
import { internalAuthorities } from '../service/probe-plans.ts'

const RUNBOOK =
  'https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks/WebhookRecoveryOverdue.md'

/**
 * How events name this service: by `admin.externalUrl`, else by its place in the cluster, which Kubernetes passes as
 * POD_NAMESPACE and HOSTNAME.
 */
export function hookMessageOptions({ admin }: Pick<Config, 'admin'>, env: Env): HookMessageOptions {
  const base = (admin.externalUrl ?? '').replace(/\/+$/, '')
  const namespace = env['POD_NAMESPACE'] ?? 'default'
  // Of a StatefulSet or Deployment's pod, what is the same for every replica and after a restart.
  const name = (env['HOSTNAME'] ?? 'local').replace(/(-[a-z0-9]{8,10}-[a-z0-9]{5}|-\d+)$/, '')
  return { base, source: base || `/webhook-error-exporter/${namespace}/${name}`, runbook: RUNBOOK }
}

/**
 * The outbound guard of hooks: naming a URL permits its host and port, also on a private address. `outbound.allow` does not
 * count, so that nothing opens link-local addresses or a metadata service to hooks.
 */
export const hookGuard = (urls: readonly string[]): OutboundGuard =>
  outboundGuard({ allow: [], internal: internalAuthorities([], ...urls) })
