import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { addressOf, close, listen } from '../rules/live.ts'
import type { Message } from './score.ts'

const DOCS = join(import.meta.dirname, '../../docs/alertmanager')

/** A message as people read it in chat. */
export interface Text {
  readonly at: number
  readonly receiver: string
  readonly title: string
  readonly text: string
}

export interface Sink {
  readonly url: string
  /** In order of arrival. */
  messages(): readonly Message[]
  readonly texts: readonly Text[]
  close(): Promise<void>
}

/** Takes what Alertmanager sends: to /RECEIVER its webhook format, to /text/RECEIVER Slack's. */
export async function startSink(): Promise<Sink> {
  const messages: Omit<Message, 'text'>[] = []
  const texts: Text[] = []
  const server = await listen(
    createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const receiver = request.url!.split('/').at(-1)!
        if (request.url!.startsWith('/text/')) {
          const [{ title, text }] = JSON.parse(body).attachments
          texts.push({ at: Date.now(), receiver, title, text })
        } else messages.push({ at: Date.now(), receiver, alerts: JSON.parse(body).alerts })
        response.end('ok')
      })
    }),
  )
  /** Both forms of one notification leave at the same time. */
  const textOf = ({ at, receiver }: Omit<Message, 'text'>): string => {
    const near = texts.filter((it) => it.receiver === receiver && Math.abs(it.at - at) < 3_000)
    return near.map(({ title, text }) => `${title}\n${text}`).join('\n')
  }
  return {
    url: addressOf(server),
    messages: () => messages.map((message) => ({ ...message, text: textOf(message) })),
    texts,
    close: () => close(server),
  }
}

/**
 * docs/alertmanager/alertmanager.yaml as a user with these teams would have it: one route and its receivers per team, at
 * the intervals of the example; each receiver is a webhook and a chat of the sink.
 */
export function routing(teams: readonly string[], sink: string): string {
  const config = parse(readFileSync(join(DOCS, 'alertmanager.yaml'), 'utf8'))
  const [webhooks] = config.route.routes
  const perTeam = (routes: unknown[]): unknown[] =>
    routes.flatMap((route) => {
      const text = JSON.stringify(route)
      return text.includes('sales') ? teams.map((team) => JSON.parse(text.replaceAll('sales', team))) : [route]
    })
  webhooks.routes = perTeam(webhooks.routes)
  const receivers = perTeam(config.receivers.map(({ name }: { name: string }) => ({ name }))) as { name: string }[]
  return stringify({
    ...config,
    templates: [join(DOCS, 'webhooks.tmpl')],
    receivers: receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url: `${sink}/${name}`, send_resolved: true }],
      slack_configs: [
        {
          api_url: `${sink}/text/${name}`,
          channel: '#stage',
          send_resolved: true,
          title: '{{ template "webhooks.title" . }}',
          text: '{{ template "webhooks.slack" . }}',
        },
      ],
    })),
  })
}
