import { send } from '../simulate/send.ts'
import { HopError } from './hop.ts'

/** Milliseconds for one request. */
const TIMEOUT = 10_000

/** A server that verification asks. */
export interface Client {
  /** As in messages: `Prometheus`. */
  readonly name: string
  readonly url: string
  /** @throws HopError for no answer, an answer that denies access, or one of another status */
  get(path: string): Promise<string>
  /** The same, parsed. */
  json<T>(path: string): Promise<T>
  post(path: string, body: object): Promise<string>
}

export interface ClientOptions {
  readonly name: string
  /** The option that names its URL, for messages. */
  readonly flag: string
  readonly url: string
  readonly token?: string | undefined
  /** The option that names its token. */
  readonly tokenFlag: string
  readonly ca?: string | readonly string[] | undefined
  /** Milliseconds for one request, if it may take less than 10 s. */
  readonly timeout: number
}

/** A client with errors that say what is wrong and how to fix it. Paths are appended to the URL's own path, such as a route prefix. */
export function verifyClient({ name, flag, url, token, tokenFlag, ca, timeout }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '')
  async function ask(path: string, body?: object): Promise<string> {
    const sent = await send({
      url: `${base}${path}`,
      method: body ? 'POST' : 'GET',
      headers: {
        accept: 'application/json, text/plain',
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body ? JSON.stringify(body) : '',
      timeout: Math.min(timeout, TIMEOUT),
      ca,
    })
    if ('error' in sent)
      throw new HopError(`${name} does not answer at ${base}: ${sent.error}`, `start ${name}, or correct ${flag}`, {
        isFinal: true,
      })
    const { status } = sent
    if (status === 401 || status === 403)
      throw new HopError(`${name} denied access: it answered ${status}`, `give its token with ${tokenFlag}`, {
        isFinal: true,
      })
    if (status < 200 || status > 299)
      throw new HopError(
        `${name} answered ${status} to ${path.split('?')[0]}`,
        `check that ${flag} is the URL of ${name}`,
        {
          isFinal: status !== 404 && status < 500,
        },
      )
    return sent.body
  }
  return {
    name,
    url: base,
    get: (path) => ask(path),
    post: ask,
    async json<T>(path: string) {
      const text = await ask(path)
      try {
        return JSON.parse(text) as T
      } catch {
        throw new HopError(`${name} did not answer with JSON`, `check that ${flag} is the URL of ${name}`, {
          isFinal: true,
        })
      }
    },
  }
}
