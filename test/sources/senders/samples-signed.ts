import type { Sample } from './samples-events.ts'

const svixEvent = (type: string, data: object) => ({
  type,
  data: { appId: 'app_1srOrx2ZWZBpBUvZwXKQmoEYga2', appUid: 'unique-app-identifier', endpointId: 'ep_1', ...data },
})

const svixAttempt = (responseStatusCode: number) => ({
  msgId: 'msg_1srOrx2ZWZBpBUvZwXKQmoEYga2',
  msgEventId: 'unique-msg-identifier',
  lastAttempt: { id: 'atmpt_1srOrx2ZWZBpBUvZwXKQmoEYga2', responseStatusCode, timestamp: '2022-11-06T15:04:05Z' },
})

const SVIX = 'svix/svix-webhooks server/openapi.json, webhooks'

export const svix: Sample[] = [
  {
    sender: 'svix',
    name: 'exhausted attempts',
    origin: SVIX,
    body: svixEvent('message.attempt.exhausted', svixAttempt(500)),
    expected: {
      endpoint: 'svix endpoint',
      url: 'svix:ep_1',
      code: 500,
      cause: 'server_error',
      tenant: 'unique-app-identifier',
    },
  },
  {
    sender: 'svix',
    name: 'exhausted attempts without an answer',
    origin: SVIX,
    body: svixEvent('message.attempt.exhausted', svixAttempt(0)),
    expected: { endpoint: 'svix endpoint', code: 0, cause: 'unknown' },
  },
  {
    sender: 'svix',
    name: 'failing',
    origin: SVIX,
    body: svixEvent('message.attempt.failing', svixAttempt(500)),
    expected: 'failing',
  },
  {
    sender: 'svix',
    name: 'recovered',
    origin: SVIX,
    body: svixEvent('message.attempt.recovered', svixAttempt(200)),
    expected: 'recovered',
  },
  {
    sender: 'svix',
    name: 'disabled',
    origin: SVIX,
    body: svixEvent('endpoint.disabled', { failSince: '2022-11-06T15:04:05Z', trigger: 'automatic' }),
    expected: 'disabled',
  },
  {
    sender: 'svix',
    name: 'disabled by a person',
    origin: SVIX,
    body: svixEvent('endpoint.disabled', { endpointId: 'ep_manual', trigger: 'manual' }),
    expected: 'disabled',
  },
  { sender: 'svix', name: 'enabled', origin: SVIX, body: svixEvent('endpoint.enabled', {}), expected: 'recovered' },
  { sender: 'svix', name: 'another event', origin: SVIX, body: svixEvent('endpoint.created', {}), expected: 'ignored' },
]

export const standardWebhooks: Sample[] = [
  {
    sender: 'standard-webhooks',
    name: 'a failure notice',
    origin: 'docs/failure-notice.md',
    body: {
      type: 'webhook.delivery.failed',
      timestamp: '2026-11-27T10:00:00Z',
      data: {
        endpoint: 'https://shop.example/hooks/orders',
        code: 0,
        message: 'connect ECONNREFUSED 203.0.113.7:443',
        event: 'order.created',
        tenant: 'burger-house',
        attempts: 3,
      },
    },
    expected: { endpoint: 'orders', code: 0, cause: 'connection_refused', tenant: 'burger-house' },
  },
  {
    sender: 'standard-webhooks',
    name: 'another event',
    origin: 'standard-webhooks/standard-webhooks spec, payload',
    body: { type: 'contact.created', timestamp: '2022-11-03T20:26:10.344522Z', data: { id: '1f81eb52' } },
    expected: 'ignored',
  },
]
