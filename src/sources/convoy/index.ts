import type { MappingRules } from '../mapping/mapping.ts'
import { definePreset } from '../preset.ts'

/** Meta events (frain-dev/convoy, datastore/models.go). They are sent in the final state of a delivery only. */
const rules: MappingRules = {
  type: '/event_type',
  lost: ['eventdelivery.failed'],
  delivered: ['eventdelivery.success'],
  id: '/data/uid',
  endpoint: ['/data/endpoint_metadata/url', '/data/attempt/url'],
  ref: '/data/endpoint_id',
  // "500 Internal Server Error"; missing where there was no answer.
  code: '/data/attempt/http_status',
  message: ['/data/attempt/error', '/data/description'],
  time: ['/data/attempt/requested_at', '/data/updated_at'],
  event: '/data/event_metadata/event_type',
  attempts: '/data/metadata/num_trials',
  refine(_, value) {
    const [id, attempt] = [value('/data/uid'), value('/data/attempt/uid')]
    // A delivery that is resent manually and fails again is lost again.
    return typeof id === 'string' && typeof attempt === 'string' ? { id: `${id}:${attempt}` } : undefined
  },
}

/** Convoy: the meta events of a project. */
export const convoy = definePreset({
  kind: 'convoy',
  description: 'Convoy: meta events of a project.',
  auth: { kind: 'hmac', header: 'X-Convoy-Signature' },
  namesUrls: true,
  body: { name: 'ConvoyMetaEvent', contentType: 'application/json' },
  rules,
})
