import { request as httpRequest } from 'node:http'
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
export function send({ url, method = 'POST', headers = {}, body = '', timeout, ca }: SentRequest): Promise<Sent> {
  const begun = performance.now()
  const since = () => Math.round(performance.now() - begun)
  return new Promise((resolve) => {
    const fail = (error: string) => {
      resolve({ status: 0, error, milliseconds: since() })
      client.destroy()
    }
    const target = new URL(url)
    const options = {
      method,
      agent: false as const,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
    }
    const client =
      target.protocol === 'https:'
        ? httpsRequest(target, { ...options, ...(ca !== undefined && { ca: [ca].flat() }) })
        : httpRequest(target, options)
    const timer = setTimeout(() => fail(`no answer within ${timeout} ms`), timeout)
    client.on('error', (error: NodeJS.ErrnoException) => fail(textOf(error)))
    client.on('close', () => clearTimeout(timer))
    client.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= LONGEST) chunks.push(chunk)
      })
      response.on('error', (error) => fail(textOf(error)))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers, milliseconds: since() })
      })
    })
    client.end(body)
  })
}

/** Some errors of sockets have an empty message. */
function textOf({ message, code, errors }: NodeJS.ErrnoException & { readonly errors?: readonly Error[] }): string {
  return message || errors?.[0]?.message || code || 'the connection failed'
}
