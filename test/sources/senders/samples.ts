import { generic, knative, pubsub, type Sample, twilio } from './samples-events.ts'
import { standardWebhooks, svix } from './samples-signed.ts'

const outpostEvent = (
  topic: string,
  code: string,
  more: { eligible?: boolean; config?: object; data?: object } = {},
) => ({
  id: `unique-event-${topic}-${code}-${more.eligible}`,
  topic,
  time: '2025-06-01T12:00:00Z',
  deployment_id: 'my-deployment',
  tenant_id: 'tenant_123',
  data: {
    tenant_id: 'tenant_123',
    event: {
      id: 'evt_789',
      topic: 'order.created',
      eligible_for_retry: more.eligible ?? false,
      time: '2025-06-01T11:00:00Z',
      metadata: {},
      data: { order_id: 'ord_123' },
      matched_destination_ids: ['des_456'],
    },
    attempt: {
      id: 'att_abc',
      event_id: 'evt_789',
      destination_id: 'des_456',
      destination_type: 'webhook',
      attempt_number: 10,
      manual: false,
      status: 'failed',
      time: '2025-06-01T11:59:58Z',
      code,
      response_data: code === '500' ? { status: 500, body: 'internal server error' } : {},
    },
    destination: {
      id: 'des_456',
      tenant_id: 'tenant_123',
      type: 'webhook',
      topics: ['order.created'],
      ...(more.config && { config: more.config }),
      created_at: '2025-01-01T00:00:00Z',
      disabled_at: null,
    },
    ...more.data,
  },
})
const OUTPOST = 'hookdeck/outpost docs/features/operator-events; config: internal/alert payloads.go'
const outpost: Sample[] = [
  {
    sender: 'outpost',
    name: 'exhausted retries, as the documentation shows it',
    origin: OUTPOST,
    body: outpostEvent('alert.attempt.exhausted_retries', '500'),
    expected: {
      endpoint: 'outpost endpoint',
      url: 'outpost:des_456',
      code: 500,
      cause: 'server_error',
      tenant: 'tenant_123',
    },
  },
  {
    sender: 'outpost',
    name: 'exhausted retries, with the URL that the code sends',
    origin: OUTPOST,
    body: outpostEvent('alert.attempt.exhausted_retries', '503', {
      config: { url: 'https://shop.example/hooks/orders' },
    }),
    expected: { endpoint: 'orders', url: 'https://shop.example/hooks/orders', code: 503, cause: 'unavailable' },
  },
  ...(
    [
      ['dns_error', 'dns'],
      ['connection_refused', 'connection_refused'],
      ['connection_reset', 'connection_reset'],
      ['network_unreachable', 'unreachable'],
      ['timeout', 'timeout'],
      ['tls_error', 'tls'],
      ['redirect_error', 'redirect'],
      ['network_error', 'unknown'],
    ] as const
  ).map(([code, cause]) => ({
    sender: 'outpost',
    name: `an attempt that is not retried: ${code}`,
    origin: OUTPOST,
    body: outpostEvent('attempt.failed', code),
    expected: { code: 0, cause, message: code },
  })),
  {
    sender: 'outpost',
    name: 'an attempt that is retried',
    origin: OUTPOST,
    body: outpostEvent('attempt.failed', '500', { eligible: true }),
    expected: 'ignored',
  },
  {
    sender: 'outpost',
    name: 'a success',
    origin: OUTPOST,
    body: outpostEvent('attempt.success', '200'),
    expected: 'delivered',
  },
  {
    sender: 'outpost',
    name: 'consecutive failures',
    origin: OUTPOST,
    body: outpostEvent('alert.destination.consecutive_failure', '500', {
      data: { consecutive_failures: { current: 50, max: 100, threshold: 50 } },
    }),
    expected: 'failing',
  },
  {
    sender: 'outpost',
    name: 'a disabled destination',
    origin: OUTPOST,
    body: outpostEvent('alert.destination.disabled', '500', {
      data: { disabled_at: '2025-06-01T12:00:00Z', reason: 'consecutive_failure' },
    }),
    expected: 'disabled',
  },
  {
    sender: 'outpost',
    name: 'another topic',
    origin: OUTPOST,
    body: outpostEvent('tenant.subscription.updated', ''),
    expected: 'ignored',
  },
]

const convoyEvent = (type: string, attempt: object, more: object = {}) => ({
  event_type: type,
  data: {
    uid: `01HZ${type}${JSON.stringify(attempt).length}`,
    project_id: 'prj_1',
    event_id: 'evt_1',
    endpoint_id: 'end_1',
    subscription_id: 'sub_1',
    endpoint_metadata: {
      uid: 'end_1',
      url: 'https://shop.example/hooks/orders?key=4f9a8b7c6d5e4f3a2b1c',
      name: 'orders',
      secrets: [{ value: 'endpoint-secret-that-must-not-be-stored' }],
      status: 'active',
    },
    event_metadata: { uid: 'evt_1', event_type: 'invoice.paid', data: { card: '4111111111111111' } },
    attempt: { uid: 'att_1', url: 'https://shop.example/hooks/orders', method: 'POST', status: false, ...attempt },
    status: 'Failure',
    metadata: { num_trials: 5, retry_limit: 5, strategy: 'linear', interval_seconds: 10 },
    description: 'Retry limit exceeded',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:05:00Z',
    ...more,
  },
})
const CONVOY = 'frain-dev/convoy datastore/models.go, docs/product-manual/meta-events'
const convoy: Sample[] = [
  {
    sender: 'convoy',
    name: 'a failed delivery with an answer',
    origin: CONVOY,
    body: convoyEvent('eventdelivery.failed', { http_status: '500 Internal Server Error', error: '' }),
    expected: { endpoint: 'orders', code: 500, cause: 'server_error' },
  },
  {
    sender: 'convoy',
    name: 'a failed delivery without an answer',
    origin: CONVOY,
    body: convoyEvent('eventdelivery.failed', {
      error: 'Post "https://shop.example/hooks/orders": dial tcp: lookup shop.example: no such host',
    }),
    expected: { endpoint: 'orders', code: 0, cause: 'dns' },
  },
  {
    sender: 'convoy',
    name: 'a success',
    origin: CONVOY,
    body: convoyEvent('eventdelivery.success', { http_status: '200 OK', status: true }, { status: 'Success' }),
    expected: 'delivered',
  },
  {
    sender: 'convoy',
    name: 'an updated endpoint',
    origin: CONVOY,
    body: { event_type: 'endpoint.updated', data: { uid: 'end_1' } },
    expected: 'ignored',
  },
]

export const SAMPLES: readonly Sample[] = [
  ...outpost,
  ...convoy,
  ...svix,
  ...standardWebhooks,
  ...pubsub,
  ...knative,
  ...twilio,
  ...generic,
]
