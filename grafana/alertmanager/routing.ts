/** Routing and inhibition, once; rendered as Alertmanager's own file and as values of the chart's AlertmanagerConfig. */
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

/** Thirty endpoints of one team are one notification; report → notification within a minute. */
export const GROUPING = {
  by: ['namespace', 'job', 'team'],
  wait: '10s',
  interval: '1m',
  repeat: '4h',
} as const

/** An example: `sales` stands for a team with channels of its own. */
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
    why: 'A receiver that is down says nothing new: all but what was known before is about itself.',
    source: [named('WebhookReceiver(Down|Absent)')],
    target: [
      named('Webhook.+'),
      unlike('alertname', 'WebhookReceiver(Down|Absent)|WebhookEndpointFailing|WebhookManyEndpointsFailing'),
    ],
    equal: RELEASE,
  },
  {
    why: 'Without a journal nothing can be recorded.',
    source: [is('alertname', 'WebhookJournalDown')],
    target: [
      named('WebhookReportsNotRecorded|WebhookJournalSlow|WebhookJournalVolumeNearlyFull|WebhookCheckpointFailing'),
    ],
    equal: RELEASE,
  },
  {
    why: 'Many at once is one fault; single ones that come later add nothing.',
    source: [is('alertname', 'WebhookManyEndpointsFailing')],
    target: [named('WebhookEndpointFailing|WebhookEndpointDown|WebhookFailuresIncreasing|WebhookAvailabilityBurn.+')],
    equal: RELEASE,
  },
  {
    why: 'Deliveries that fail say more than probes that do; a certificate that ended is why they fail.',
    source: [is('alertname', 'WebhookEndpointFailing')],
    target: [named('WebhookEndpointDown|WebhookAvailabilityBurn.+|WebhookCertificateExpires.+')],
    equal: ENDPOINT,
  },
  {
    why: 'Down now says more than a budget that is spent.',
    source: [is('alertname', 'WebhookEndpointDown')],
    target: [named('WebhookAvailabilityBurn.+')],
    equal: ENDPOINT,
  },
  {
    why: 'Fast includes slow.',
    source: [is('alertname', 'WebhookAvailabilityBurnFast')],
    target: [is('alertname', 'WebhookAvailabilityBurnSlow')],
    equal: ENDPOINT,
  },
  {
    why: 'A day includes a week includes three.',
    source: [is('alertname', 'WebhookCertificateExpiresIn1Day')],
    target: [named('WebhookCertificateExpiresIn(7|21)Days')],
    equal: ENDPOINT,
  },
  {
    why: 'A day includes a week includes three.',
    source: [is('alertname', 'WebhookCertificateExpiresIn7Days')],
    target: [is('alertname', 'WebhookCertificateExpiresIn21Days')],
    equal: ENDPOINT,
  },
  {
    why: 'Without any token everything is refused.',
    source: [is('alertname', 'WebhookNoCredentials')],
    target: [is('alertname', 'WebhookRequestsRefused')],
    equal: RELEASE,
  },
]
