/**
 * What senders publish about their own bodies, with where it was found, and what the service makes of it. None of them was
 * received from a running sender: no Svix, Outpost, Convoy, Knative or Twilio is to be had here.
 */
export interface Sample {
  /** Name of the source, which is its kind. */
  readonly sender: string
  readonly name: string
  readonly origin: string
  readonly body: unknown
  /** Headers besides those of the signature. */
  readonly headers?: Readonly<Record<string, string>>
  /** Members of the recorded failure, or the type of signal. */
  readonly expected: Readonly<Record<string, unknown>> | 'failing' | 'disabled' | 'recovered' | 'delivered' | 'ignored'
}

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
const svix: Sample[] = [
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

const standardWebhooks: Sample[] = [
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

const pubsub: Sample[] = [
  {
    sender: 'pubsub',
    name: 'a dead letter',
    origin: 'cloud.google.com/pubsub/docs/handling-failures and /push',
    body: {
      message: {
        attributes: {
          CloudPubSubDeadLetterSourceDeliveryCount: '5',
          CloudPubSubDeadLetterSourceSubscription: 'orders-sub',
          CloudPubSubDeadLetterSourceSubscriptionProject: 'p',
          CloudPubSubDeadLetterSourceTopicPublishTime: '2026-01-01T00:00:00.000+00:00',
        },
        data: 'eyJjYXJkIjoiNDExMTExMTExMTExMTExMSJ9',
        messageId: '2070443601311540',
        publishTime: '2026-01-01T00:00:00.000Z',
      },
      subscription: 'projects/p/subscriptions/dlq-push',
      deliveryAttempt: 1,
    },
    expected: { endpoint: 'pubsub:orders-sub', url: 'pubsub:orders-sub', code: 0, cause: 'unknown' },
  },
]

const deadLetter = (more: Record<string, string>) => ({
  'ce-specversion': '1.0',
  'ce-id': `A234-1234-${Object.values(more).join().length}`,
  'ce-source': '/apis/v1/namespaces/shop/pingsources/orders',
  'ce-type': 'dev.knative.sources.ping',
  'ce-time': '2026-01-01T00:00:00Z',
  'Content-Type': 'application/json',
  ...more,
})
const KNATIVE = 'knative/docs eventing/event-delivery, knative/eventing pkg/kncloudevents/event_dispatcher.go'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const DESTINATION = 'http://orders.shop.svc.cluster.local:3000/mypath'
const knative: Sample[] = [
  {
    sender: 'knative',
    name: 'an answer of the subscriber',
    origin: KNATIVE,
    headers: deadLetter({
      'ce-knativeerrordest': DESTINATION,
      'ce-knativeerrorcode': '503',
      'ce-knativeerrordata': base64('upstream is down'),
    }),
    body: { order: 1 },
    expected: {
      endpoint: 'knative orders',
      url: DESTINATION,
      code: 503,
      cause: 'unavailable',
      message: 'upstream is down',
    },
  },
  {
    sender: 'knative',
    name: 'no answer: 500 with a dispatch error',
    origin: KNATIVE,
    headers: deadLetter({
      'ce-knativeerrordest': DESTINATION,
      'ce-knativeerrorcode': '500',
      'ce-knativeerrordata': base64(
        `dispatch error: Post "${DESTINATION}": dial tcp 10.96.0.1:3000: connect: connection refused`,
      ),
    }),
    body: 'no JSON at all',
    expected: { endpoint: 'knative orders', code: 0, cause: 'connection_refused' },
  },
  {
    sender: 'knative',
    name: 'a real 500, with plain text',
    origin: KNATIVE,
    headers: deadLetter({
      'ce-knativeerrordest': DESTINATION,
      'ce-knativeerrorcode': '500',
      'ce-knativeerrordata': 'it broke',
    }),
    body: {},
    expected: { endpoint: 'knative orders', code: 500, cause: 'server_error', message: 'it broke' },
  },
  {
    sender: 'knative',
    name: 'without the attributes: the source stands for the endpoint',
    origin: 'knative/specs issue 102: they are optional',
    headers: deadLetter({}),
    body: {},
    expected: { url: 'knative:/apis/v1/namespaces/shop/pingsources/orders', code: 0, cause: 'unknown' },
  },
  {
    sender: 'knative',
    name: 'structured mode',
    origin: 'cloudevents/spec formats/json-format.md',
    headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
    body: {
      specversion: '1.0',
      id: 'structured',
      source: '/apis',
      type: 'com.example.order',
      knativeerrordest: DESTINATION,
      knativeerrorcode: 404,
      knativeerrordata: base64('<html>not found</html>'),
      data: { order: 2 },
    },
    expected: { endpoint: 'knative orders', code: 404, cause: 'not_found' },
  },
]

const twilioForm = (sid: string, payload: object, more: Record<string, string> = {}) =>
  new URLSearchParams({
    Sid: sid,
    AccountSid: 'AC00000000000000000000000000000001',
    Timestamp: '2026-01-01T00:00:00Z',
    Level: 'Error',
    PayloadType: 'application/json',
    Payload: JSON.stringify(payload),
    ...more,
  })
const TWILIO = 'twilio.com/docs/usage/troubleshooting/debugging-event-webhooks'
const twilioError = (code: string, info: object, webhook: object) => ({
  resource_sid: 'SM0f72',
  service_sid: null,
  error_code: code,
  more_info: info,
  webhook,
})
const twilio: Sample[] = [
  {
    sender: 'twilio',
    name: 'a message that WhatsApp rejected (a real payload of 2025)',
    origin: TWILIO,
    body: twilioForm(
      'NO00000000000000000000000000000001',
      twilioError(
        '63052',
        { Msg: 'Warning/Error: From April 1, 2025 onwards WhatsApp templates may no longer be sent' },
        {
          type: 'application/json',
          request: { url: null, method: 'POST', headers: {}, parameters: { error: '63052' } },
          response: { status_code: null, headers: { 'Content-Type': 'application/json' }, body: null },
        },
      ),
    ),
    expected: 'ignored',
  },
  {
    sender: 'twilio',
    name: '11200 with a status',
    origin: TWILIO,
    body: twilioForm(
      'NO00000000000000000000000000000002',
      twilioError(
        '11200',
        {
          Msg: 'An attempt to retrieve content from https://shop.example/hooks/orders returned the HTTP status code 502',
        },
        {
          type: 'application/json',
          request: { url: 'https://shop.example/hooks/orders', method: 'POST', headers: {}, parameters: {} },
          response: { status_code: 502, headers: {}, body: 'Bad Gateway' },
        },
      ),
      { ParentAccountSid: 'AC00000000000000000000000000000002' },
    ),
    expected: { endpoint: 'orders', code: 502, cause: 'unavailable', tenant: 'AC00000000000000000000000000000001' },
  },
  {
    sender: 'twilio',
    name: '11210, bad host name, without an answer',
    origin: 'twilio.com/docs/api/errors/11210',
    body: twilioForm(
      'NO00000000000000000000000000000003',
      twilioError(
        '11210',
        {},
        { request: { url: 'https://shop.example/hooks/orders' }, response: { status_code: null } },
      ),
    ),
    expected: { endpoint: 'orders', code: 11_210, cause: 'dns' },
  },
  {
    sender: 'twilio',
    name: '15003, a status callback, with the URL in the text',
    origin: 'twilio.com/docs/api/errors/15003',
    body: twilioForm(
      'NO00000000000000000000000000000004',
      twilioError('15003', { Msg: 'Got HTTP 502 response to https://shop.example/hooks/orders' }, {}),
      { Level: 'Warning' },
    ),
    expected: { endpoint: 'orders', code: 15_003, cause: 'unavailable' },
  },
]

const generic: Sample[] = [
  {
    sender: 'generic',
    name: 'a JSON event',
    origin: 'test/sources/senders/configuration.ts',
    body: {
      kind: 'hook.failed',
      key: 'k1',
      data: { url: 'https://shop.example/hooks/orders', http: '504', why: 'Gateway Timeout', merchant: 'm1' },
    },
    expected: { endpoint: 'orders', code: 504, cause: 'timeout', tenant: 'm1', message: 'Gateway Timeout' },
  },
  {
    sender: 'generic',
    name: 'a form',
    origin: 'test/sources/senders/configuration.ts',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ kind: 'other', key: 'k2' }),
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
