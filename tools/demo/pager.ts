import { createServer, type Server } from 'node:http'

interface Notification {
  readonly alerts?: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

type Status = 'firing' | 'resolved'

export interface NotificationSink {
  readonly server: Server
  readonly newest: (status: Status) => string | undefined
  readonly close: () => Promise<void>
}

/** Receives what Alertmanager sends, in place of a pager. `newest` is the text of the newest alert of that status. */
export function notificationSink(): NotificationSink {
  const newest = new Map<string, string | undefined>()
  const take = (text: string) => {
    const { alerts = [] } = JSON.parse(text) as Notification
    for (const { status, annotations, labels } of alerts)
      newest.set(status, annotations['headline'] ?? annotations['summary'] ?? labels['alertname'])
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
  return {
    server,
    newest: (status) => newest.get(status),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
