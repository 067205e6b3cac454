import { createServer, type Server } from 'node:http'

interface Notification {
  readonly alerts?: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

/** Receives what Alertmanager sends, in place of a pager. `newest` is the text of the newest firing alert. */
export function notificationSink(): { readonly server: Server; readonly newest: () => string | undefined } {
  let newest: string | undefined
  const take = (text: string) => {
    const { alerts = [] } = JSON.parse(text) as Notification
    const firing = alerts.find(({ status }) => status === 'firing')
    if (firing) newest = firing.annotations['headline'] ?? firing.annotations['summary'] ?? firing.labels['alertname']
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      try {
        take(Buffer.concat(chunks).toString())
        response.end()
      } catch {
        response.writeHead(400).end()
      }
    })
  })
  return { server, newest: () => newest }
}
