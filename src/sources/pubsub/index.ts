import type { MappingRules } from '../mapping/mapping.ts'
import { definePreset } from '../preset.ts'

/**
 * A push subscription of a dead-letter topic (Google Cloud Pub/Sub, "Handle message failures"). The attributes name the
 * subscription that gave up; neither URL nor reason is known.
 */
const rules: MappingRules = {
  id: '/message/messageId',
  ref: ['/message/attributes/CloudPubSubDeadLetterSourceSubscription', '/subscription'],
  time: '/message/publishTime',
  attempts: '/message/attributes/CloudPubSubDeadLetterSourceDeliveryCount',
}

/** Google Cloud Pub/Sub: dead letters. */
export const pubsub = definePreset({
  kind: 'pubsub',
  description: 'Google Cloud Pub/Sub: a push subscription of a dead-letter topic.',
  auth: {
    kind: 'oidc',
    issuer: 'https://accounts.google.com',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  },
  reportsOnlyLosses: true,
  namesUrls: false,
  body: { name: 'PubSubPush', contentType: 'application/json' },
  rules,
})
