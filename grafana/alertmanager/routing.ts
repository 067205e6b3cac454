/** Routing, defined once; rendered as an Alertmanager configuration and as the chart's AlertmanagerConfig values. */
export interface Matcher {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

const is = (name: string, value: string): Matcher => ({ name, op: '=', value })
const like = (name: string, value: string): Matcher => ({ name, op: '=~', value })

export interface Route {
  readonly receiver: string
  readonly matchers: readonly Matcher[]
  readonly why?: string
  readonly groupBy?: readonly string[]
  readonly routes?: readonly Route[]
}

/** A receiver that sends nothing. */
export const NO_RECEIVER = 'none'

/**
 * All that fails for a team within a minute and a half is at most two notifications, the first within a minute of the report.
 * Prometheus sends a resolved alert again every 75 s for a quarter of an hour: with a shorter interval Alertmanager would
 * notify of it again and again. Groups hold one alert name each: an alert that was inhibited while it fired would otherwise
 * be announced as resolved in the next message of its group.
 */
export const GROUPING = {
  by: ['cluster', 'namespace', 'job', 'team', 'alertname'],
  wait: '10s',
  interval: '90s',
  repeat: '4h',
} as const

/** An example: `sales` is a team with its own channels. */
export const ROUTE: Route = {
  receiver: 'webhooks-chat',
  matchers: [like('alertname', 'Webhook.+')],
  routes: [
    {
      why: 'Acceptance tests alert like anything else, and notify no one.',
      receiver: NO_RECEIVER,
      matchers: [is('severity', 'none')],
    },
    {
      why: 'Endpoints that are not configured (their name is a URL or SOURCE:REF) are a group of their own: anyone with a token can invent them.',
      receiver: 'webhooks-chat',
      matchers: [like('endpoint', '.+:.+')],
      groupBy: ['cluster', 'namespace', 'job', 'alertname'],
      routes: [{ receiver: 'webhooks-pager', matchers: [is('severity', 'critical')] }],
    },
    {
      receiver: 'sales-chat',
      matchers: [is('team', 'sales')],
      routes: [{ receiver: 'sales-pager', matchers: [is('severity', 'critical')] }],
    },
    { receiver: 'webhooks-pager', matchers: [is('severity', 'critical')] },
  ],
}
