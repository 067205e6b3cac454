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

export const pubsub: Sample[] = [
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

export const knative: Sample[] = [
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

export const twilio: Sample[] = [
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

export const generic: Sample[] = [
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
