import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface SentRequest {
  readonly url: string | URL
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until the answer must be whole. */
  readonly timeout: number
  /** PEM of every authority to trust; the usual ones if undefined. */
  readonly ca?: string | readonly string[] | undefined
}

/** What became of a request: an answer, or the reason why there is none. */
export type Sent = { readonly milliseconds: number } & (
  | { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, unknown>> }
  | { readonly status: 0; readonly error: string }
)

/** Bytes of an answer that are read. */
const LONGEST = 4 * 2 ** 20

/** Sends one request on its own connection; follows no redirect. Never rejects. */
export async function send({ url, method = 'POST', headers = {}, body = '', timeout, ca }: SentRequest): Promise<Sent> {
  const begun = performance.now()
  const since = () => Math.round(performance.now() - begun)
  const signal = AbortSignal.timeout(timeout)
  const target = new URL(url)
  try {
    const client = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
      method,
      agent: false,
      signal,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      ...(ca !== undefined && { ca: [ca].flat() }),
    })
    // `once` rejects for an error before the answer; a later one ends the loop below.
    client.on('error', () => {}).end(body)
    const [response] = (await once(client, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response) {
      size += chunk.length
      if (size <= LONGEST) chunks.push(chunk)
    }
    const { statusCode = 0 } = response
    const text = Buffer.concat(chunks).toString()
    return { status: statusCode, body: text, headers: response.headers, milliseconds: since() }
  } catch (error) {
    const text = signal.aborted ? `no answer within ${timeout} ms` : textOf(error as NodeJS.ErrnoException)
    return { status: 0, error: text, milliseconds: since() }
  }
}

/** Some errors of sockets have an empty message. */
function textOf({ message, code, errors }: NodeJS.ErrnoException & { readonly errors?: readonly Error[] }): string {
  return message || errors?.[0]?.message || code || 'the connection failed'
}
