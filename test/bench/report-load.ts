import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  readonly milliseconds: number
  /** Seconds; 0 if the answer has no Retry-After. */
  readonly retryAfter: number
}

export interface Load {
  readonly answers: readonly Answer[]
}

export interface SendOptions {
  /** Sent in turn. */
  readonly bodies: readonly string[]
  readonly connections: number
  /** No report is sent later than this. No limit by default. */
  readonly seconds?: number
  /** No more reports than these are sent. No limit by default. */
  readonly reports?: number
}

/** Sends reports over keep-alive connections, on each the next one as soon as the last one is answered, whatever the answer. */
export async function sendReports(ingest: string, options: SendOptions): Promise<Load> {
  const { seconds = Number.POSITIVE_INFINITY, reports = Number.POSITIVE_INFINITY } = options
  const requests = options.bodies.map((text) => {
    const body = Buffer.from(text)
    const head = `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  })
  let sent = 0
  const answers: Answer[] = []
  const until = performance.now() + seconds * 1_000
  const port = Number(new URL(ingest).port)
  const client = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true)
      let sentAt = 0
      let text = ''
      const send = () => {
        if (sent >= reports || performance.now() >= until) {
          socket.end()
          return
        }
        sentAt = performance.now()
        socket.write(requests[sent++ % requests.length]!)
      }
      socket.on('connect', send).on('error', reject)
      socket.on('close', () => resolve())
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const head = text.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
        if (head < 0 || text.length < head + 4 + length) return
        answers.push({
          status: Number(text.slice(9, 12)),
          milliseconds: performance.now() - sentAt,
          retryAfter: Number(/retry-after: (\d+)/i.exec(text)?.[1] ?? 0),
        })
        text = ''
        send()
      })
    })
  await Promise.all(Array.from({ length: options.connections }, client))
  return { answers }
}
