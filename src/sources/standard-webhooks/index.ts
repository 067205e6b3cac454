import type { MappingRules } from '../mapping/mapping.ts'
import { definePreset } from '../preset.ts'
import { NOTICE_TYPE } from './notice-type.ts'

const rules: MappingRules = {
  type: '/type',
  lost: [NOTICE_TYPE],
  id: ['header:webhook-id', 'header:svix-id', '/data/id'],
  endpoint: '/data/endpoint',
  code: '/data/code',
  message: '/data/message',
  time: ['/data/time', '/timestamp'],
  event: '/data/event',
  tenant: '/data/tenant',
  attempts: '/data/attempts',
}

/** Any sender that signs with Standard Webhooks and sends the failure notice that docs/failure-notice.md publishes. */
export const standardWebhooks = definePreset({
  kind: 'standard-webhooks',
  description: 'Any sender of the failure notice (docs/failure-notice.md), signed with Standard Webhooks.',
  auth: { kind: 'standard-webhooks' },
  reportsOnlyLosses: true,
  namesUrls: true,
  body: { name: 'FailureNotice', contentType: 'application/json' },
  rules,
})
