import { rfc3339 } from '../../src/domain/text/human.ts'
import type { ReportRequest } from '../../src/sources/give-up.ts'

/** A notification that a simulated platform delivers to the application. */
export interface SimulatedNotification {
  /** Its type, such as order.created. */
  readonly event: string
  /** Members of what happened. */
  readonly set: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly at: number
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** As most senders deliver it, after Standard Webhooks: type, time and data; unsigned, since its secret is the application's. */
function notification({ event, set, at }: SimulatedNotification): ReportRequest {
  const headers = {
    ...JSON_TYPE,
    'webhook-id': `sim-${at.toString(36)}`,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
  }
  return { headers, body: JSON.stringify({ type: event, timestamp: rfc3339(at), data: set }) }
}

/** As RETM delivers it; the spelling of `business_refrence` is its own. */
const retmNotification = ({ event, set, at }: SimulatedNotification): ReportRequest => ({
  headers: JSON_TYPE,
  body: JSON.stringify({
    business_refrence: 'simulation',
    timestamp: rfc3339(at),
    event,
    reference: `sim-${at.toString(36)}`,
    ...set,
  }),
})

/** As a dispatcher of Knative Eventing delivers it: a CloudEvent in binary mode. */
const cloudEvent = ({ event, set, at }: SimulatedNotification): ReportRequest => ({
  headers: {
    ...JSON_TYPE,
    'ce-specversion': '1.0',
    'ce-id': `sim-${at.toString(36)}`,
    'ce-source': '/simulation',
    'ce-type': event,
    'ce-time': rfc3339(at) ?? '',
  },
  body: JSON.stringify(set),
})

/** As Pub/Sub pushes a message. */
const pubsubPush = ({ event, set, at }: SimulatedNotification): ReportRequest => ({
  headers: JSON_TYPE,
  body: JSON.stringify({
    message: {
      data: Buffer.from(JSON.stringify(set)).toString('base64'),
      attributes: { event },
      messageId: String(at),
      publishTime: rfc3339(at),
    },
    subscription: 'projects/simulation/subscriptions/simulation',
  }),
})

/** As Twilio requests a webhook: a form. */
const twilioRequest = ({ event, set, at }: SimulatedNotification): ReportRequest => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    MessageSid: `SM${at.toString(16).padStart(32, '0')}`,
    MessageStatus: event,
    ...Object.fromEntries(Object.entries(set).map(([name, value]) => [name, String(value)])),
  }).toString(),
})

const FORMATS: Readonly<Record<string, typeof notification>> = {
  knative: cloudEvent,
  pubsub: pubsubPush,
  retm: retmNotification,
  twilio: twilioRequest,
}

/** A notification as a platform of that kind delivers it. */
export const formatOf = (kind: string): typeof notification => FORMATS[kind] ?? notification
