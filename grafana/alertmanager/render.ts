import { Document, isMap, type YAMLSeq } from 'yaml'
import { GROUPING, INHIBITIONS, type Inhibition, type Matcher, ROUTE, type Route } from './routing.ts'
import { TEMPLATES } from './templates.ts'

const HEAD = ' Made by grafana/generate.ts; do not edit, copy.'
const text = ({ name, op, value }: Matcher): string => `${name}${op}"${value}"`
const object = ({ name, op, value }: Matcher) => ({ name, matchType: op, value })
const named = (name: string): string => `{{ template "webhooks.${name}" . }}`

const route = <M>({ receiver, matchers, routes }: Route, write: (matcher: Matcher) => M): object => ({
  matchers: matchers.map(write),
  receiver,
  ...(routes && { routes: routes.map((it) => route(it, write)) }),
})

/** Alertmanager's own configuration: an example that is valid as it stands. */
export function alertmanagerFile(): string {
  const document = new Document({
    global: { smtp_smarthost: 'mail.example.com:587', smtp_from: 'alertmanager@example.com' },
    templates: ['webhooks.tmpl'],
    route: {
      receiver: 'default',
      routes: [
        {
          ...route(ROUTE, text),
          group_by: [...GROUPING.by],
          group_wait: GROUPING.wait,
          group_interval: GROUPING.interval,
          repeat_interval: GROUPING.repeat,
        },
      ],
    },
    inhibit_rules: INHIBITIONS.map(({ source, target, equal }) => ({
      source_matchers: source.map(text),
      target_matchers: target.map(text),
      equal: [...equal],
    })),
    receivers: [
      { name: 'default' },
      { name: 'webhooks-chat', slack_configs: [slack('#webhooks')] },
      { name: 'sales-chat', slack_configs: [slack('#sales')] },
      {
        name: 'sales-pager',
        email_configs: [
          {
            to: 'sales-on-call@example.com',
            send_resolved: true,
            headers: { Subject: named('title') },
            text: named('plain'),
            html: named('html'),
          },
        ],
      },
      {
        name: 'webhooks-pager',
        // Takes the whole of it as JSON, annotations included.
        webhook_configs: [{ url_file: '/etc/alertmanager/secrets/pager-url', send_resolved: true }],
      },
    ],
  })
  document.commentBefore = `${HEAD} Put routes and inhibit_rules into your own file, and webhooks.tmpl beside it.`
  explain(document.get('inhibit_rules') as YAMLSeq, INHIBITIONS)
  return document.toString({ lineWidth: 0 })
}

/** What fires first; of what is over the first. */
const TITLE_LINK =
  '{{ if .Alerts.Firing }}{{ (index .Alerts.Firing 0).Annotations.runbook_url }}{{ else }}{{ (index .Alerts 0).Annotations.runbook_url }}{{ end }}'

const slack = (channel: string) => ({
  channel,
  api_url_file: '/etc/alertmanager/secrets/slack-url',
  send_resolved: true,
  title: named('title'),
  title_link: TITLE_LINK,
  text: named('slack'),
})

/** Values for the chart, which makes an AlertmanagerConfig of them. */
export function chartValues(): string {
  const chat = (name: string, channel: string) => ({
    name,
    slackConfigs: [
      {
        channel,
        apiURL: { name: 'alertmanager-slack', key: 'url' },
        sendResolved: true,
        title: TEMPLATES.title,
        titleLink: TITLE_LINK,
        text: TEMPLATES.slack,
      },
    ],
  })
  const document = new Document({
    alertmanagerConfig: {
      enabled: true,
      route: {
        ...route(ROUTE, object),
        groupBy: [...GROUPING.by],
        groupWait: GROUPING.wait,
        groupInterval: GROUPING.interval,
        repeatInterval: GROUPING.repeat,
      },
      inhibitRules: INHIBITIONS.map(({ source, target, equal }) => ({
        sourceMatch: source.map(object),
        targetMatch: target.map(object),
        equal: [...equal],
      })),
      receivers: [
        chat('webhooks-chat', '#webhooks'),
        chat('sales-chat', '#sales'),
        {
          name: 'sales-pager',
          emailConfigs: [
            {
              to: 'sales-on-call@example.com',
              sendResolved: true,
              headers: [{ key: 'Subject', value: TEMPLATES.title }],
              text: TEMPLATES.plain,
              html: TEMPLATES.html,
            },
          ],
        },
        {
          name: 'webhooks-pager',
          webhookConfigs: [{ urlSecret: { name: 'alertmanager-pager', key: 'url' }, sendResolved: true }],
        },
      ],
    },
  })
  document.commentBefore = `${HEAD} For \`helm upgrade --values\`: the chart makes an AlertmanagerConfig of it.`
  explain(document.getIn(['alertmanagerConfig', 'inhibitRules']) as YAMLSeq, INHIBITIONS)
  return document.toString({ lineWidth: 0 })
}

function explain(list: YAMLSeq, rules: readonly Inhibition[]): void {
  for (const [index, node] of list.items.entries()) if (isMap(node)) node.commentBefore = ` ${rules[index]!.why}`
}
