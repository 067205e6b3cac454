/** Routing and inhibition, defined once; rendered as an Alertmanager configuration and as the chart's AlertmanagerConfig values. */
export interface Matcher {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

const is = (name: string, value: string): Matcher => ({ name, op: '=', value })
const like = (name: string, value: string): Matcher => ({ name, op: '=~', value })
const unlike = (name: string, value: string): Matcher => ({ name, op: '!~', value })

export interface Route {
  readonly receiver: string
  readonly matchers: readonly Matcher[]
  readonly continue?: boolean
  readonly routes?: readonly Route[]
}

/** Thirty endpoints of one team are one notification, sent within a minute of the report. */
export const GROUPING = {
  by: ['namespace', 'job', 'team'],
  wait: '10s',
  interval: '1m',
  repeat: '4h',
} as const

/** An example: `sales` is a team with its own channels. */
export const ROUTE: Route = {
  receiver: 'webhooks-chat',
  matchers: [like('alertname', 'Webhook.+')],
  routes: [
    {
      receiver: 'sales-chat',
      matchers: [is('team', 'sales')],
      routes: [{ receiver: 'sales-pager', matchers: [is('severity', 'critical')] }],
    },
    { receiver: 'webhooks-pager', matchers: [is('severity', 'critical')] },
  ],
}

export interface Inhibition {
  readonly why: string
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}

const RELEASE = ['namespace', 'job'] as const
const ENDPOINT = ['namespace', 'job', 'endpoint'] as const
const named = (pattern: string): Matcher => like('alertname', pattern)

export const INHIBITIONS: readonly Inhibition[] = [
  {
    why: 'A receiver that is down knows nothing new: every other alert is a symptom, except incidents that were already open.',
    source: [named('WebhookReceiver(Down|Absent)')],
    target: [
      named('Webhook.+'),
      unlike('alertname', 'WebhookReceiver(Down|Absent)|WebhookEndpointFailing|WebhookManyEndpointsFailing'),
    ],
    equal: RELEASE,
  },
  {
    why: 'Without a journal, nothing can be recorded.',
    source: [is('alertname', 'WebhookJournalDown')],
    target: [
      named('WebhookReportsNotRecorded|WebhookJournalSlow|WebhookJournalVolumeNearlyFull|WebhookCheckpointFailing'),
    ],
    equal: RELEASE,
  },
  {
    why: 'Many endpoints at once share one fault; later alerts for single endpoints add nothing.',
    source: [is('alertname', 'WebhookManyEndpointsFailing')],
    target: [named('WebhookEndpointFailing|WebhookEndpointDown|WebhookFailuresIncreasing|WebhookAvailabilityBurn.+')],
    equal: RELEASE,
  },
  {
    why: 'Failing deliveries matter more than failing probes; an expired certificate is their cause, not another incident.',
    source: [is('alertname', 'WebhookEndpointFailing')],
    target: [named('WebhookEndpointDown|WebhookAvailabilityBurn.+|WebhookCertificateExpires.+')],
    equal: ENDPOINT,
  },
  {
    why: 'An endpoint that is down now matters more than its error budget.',
    source: [is('alertname', 'WebhookEndpointDown')],
    target: [named('WebhookAvailabilityBurn.+')],
    equal: ENDPOINT,
  },
  {
    why: 'Fast burn implies slow burn.',
    source: [is('alertname', 'WebhookAvailabilityBurnFast')],
    target: [is('alertname', 'WebhookAvailabilityBurnSlow')],
    equal: ENDPOINT,
  },
  {
    why: 'The shortest deadline implies the longer ones.',
    source: [is('alertname', 'WebhookCertificateExpiresIn1Day')],
    target: [named('WebhookCertificateExpiresIn(7|21)Days')],
    equal: ENDPOINT,
  },
  {
    why: 'The shortest deadline implies the longer ones.',
    source: [is('alertname', 'WebhookCertificateExpiresIn7Days')],
    target: [is('alertname', 'WebhookCertificateExpiresIn21Days')],
    equal: ENDPOINT,
  },
  {
    why: 'Without any token, every request is refused.',
    source: [is('alertname', 'WebhookNoCredentials')],
    target: [is('alertname', 'WebhookRequestsRefused')],
    equal: RELEASE,
  },
]
