import type { IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { http, type Listening } from './sockets.ts'

export const HOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`

export interface ReceivedEvent {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a parsed body is looked at field by field
  readonly body: any
  readonly id: string
}

export interface HookReceiver extends Pick<Listening, 'close'> {
  readonly url: string
  /** Every event whose signature is right, also repeated ones. */
  readonly events: readonly ReceivedEvent[]
  /** How many requests had no valid signature. */
  invalid(): number
}

/** A receiver of hooks. It verifies each event with the library `standardwebhooks`. @param answer the status; 202 by default */
export async function hookReceiver(
  answer: (event: ReceivedEvent, count: number) => number | Promise<number> = () => 202,
): Promise<HookReceiver> {
  const events: ReceivedEvent[] = []
  let invalid = 0
  const server = await http(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { headers } = request
    try {
      const body = new Webhook(HOOK_SECRET).verify(text, headers as Record<string, string>)
      const event = { headers, text, body, id: String(headers['webhook-id']) }
      events.push(event)
      response.writeHead(await answer(event, events.length)).end()
    } catch {
      invalid++
      response.writeHead(401).end()
    }
  })
  return { url: `http://127.0.0.1:${server.port}/events`, events, invalid: () => invalid, close: () => server.close() }
}
