import type { MappingRules } from '../mapping/mapping.ts'
import { definePreset } from '../preset.ts'

/** Operator events (hookdeck/outpost, docs/features/operator-events). */
const rules: MappingRules = {
  type: '/topic',
  lost: ['alert.attempt.exhausted_retries', 'attempt.failed'],
  failing: ['alert.destination.consecutive_failure'],
  disabled: ['alert.destination.disabled'],
  delivered: ['attempt.success'],
  id: '/id',
  // The documentation's samples leave the URL out; the service sends it.
  endpoint: '/data/destination/config/url',
  ref: ['/data/destination/id', '/data/attempt/destination_id'],
  code: '/data/attempt/code',
  message: '/data/attempt/response_data/body',
  time: ['/data/attempt/time', '/time'],
  event: '/data/event/topic',
  tenant: ['/tenant_id', '/data/tenant_id'],
  attempts: '/data/attempt/attempt_number',
  // The body of the endpoint's answer.
  anyMessage: true,
  refine(type, value) {
    // Sent for each attempt: only the one after which there is no other is a lost delivery.
    if (value('/topic') === 'attempt.failed' && value('/data/event/eligible_for_retry') !== false) return 'ignored'
    return type === 'delivered' ? { message: '' } : undefined
  },
}

/** Outpost of Hookdeck, self-hosted or managed: its operator events. */
export const outpost = definePreset({
  kind: 'outpost',
  description: 'Hookdeck Outpost: operator events.',
  auth: { kind: 'hmac', header: 'X-Outpost-Signature', prefix: 'v0=' },
  namesUrls: true,
  body: { name: 'OutpostEvent', contentType: 'application/json' },
  rules,
})
