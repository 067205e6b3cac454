import type { MappingRules } from '../mapping/mapping.ts'
import { definePreset } from '../preset.ts'

/** Each event also exists for what Svix Ingest receives on behalf of a source. */
const withIngest = (...types: readonly string[]): string[] => types.flatMap((type) => [type, `ingest.${type}`])

/** Operational webhooks (svix, openapi.json, webhooks). They name no URL, and no text. */
const rules: MappingRules = {
  type: '/type',
  lost: withIngest('message.attempt.exhausted'),
  failing: withIngest('message.attempt.failing'),
  disabled: withIngest('endpoint.disabled'),
  recovered: withIngest('message.attempt.recovered', 'endpoint.enabled'),
  id: ['header:webhook-id', 'header:svix-id'],
  ref: '/data/endpointId',
  code: '/data/lastAttempt/responseStatusCode',
  time: ['/data/lastAttempt/timestamp', '/data/failSince'],
  tenant: ['/data/appUid', '/data/appId', '/data/sourceId'],
  refine(type, value) {
    if (type === 'disabled') return value('/data/trigger') === 'manual' ? { manual: true } : undefined
    if (type !== 'recovered') return undefined
    return { what: String(value('/type')).endsWith('endpoint.enabled') ? 'enabled' : 'delivery' }
  },
}

/** Svix, hosted or self-hosted: its operational webhooks. */
export const svix = definePreset({
  kind: 'svix',
  description: 'Svix: operational webhooks.',
  auth: { kind: 'standard-webhooks' },
  namesUrls: false,
  body: { name: 'SvixOperationalWebhook', contentType: 'application/json' },
  rules,
})
